"""The domain a tenant's messages leave from: enter it, copy its records, have them checked."""

from dataclasses import dataclass

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.permissions import MANAGE_KEYS
from accounts.step_up import step_up
from dunning.channels import domain_records
from dunning.models import SendingDomain
from dunning.queries.replies import complaint_standing
from dunning.rules.sending_domains import Fault, Record
from dunning.services import sending_domains as services
from kernel.http import TenantRequest, reads, writes
from kernel.permissions import Verb

FAULTS = {
    Fault.MISSING: gettext_lazy("not found"),
    Fault.SEVERAL: gettext_lazy("found more than once: keep one"),
    Fault.NOT_INCLUDED: gettext_lazy("found, but it does not let us send: add the include"),
    Fault.OTHER_KEY: gettext_lazy("found, but with another key"),
    Fault.NO_POLICY: gettext_lazy("found, but without a policy (p=)"),
}


@dataclass(frozen=True, slots=True)
class ShownRecord:
    """A record to enter, and what the last check found in its place; `is_good` is None before the first."""

    record: Record
    is_good: bool | None
    fault: str
    found: str


@reads(MANAGE_KEYS)
def sending_domain(request: TenantRequest) -> HttpResponse:
    """Show the domain with its records."""
    entered = SendingDomain.objects.first()
    context = {
        "entered": entered,
        "records": [_shown(entered, record) for record in services.records_for(entered)]
        if entered
        else [],
        "house_address": services.house_address(),
        "is_required": settings.OTC_SENDING_DOMAIN_REQUIRED,
        "per_hour": settings.OTC_MAILS_PER_HOUR,
        "complaints": complaint_standing(request.now),
    }
    return render(request, "dunning/sending_domain.html", context)


def _shown(entered: SendingDomain, record: Record) -> ShownRecord:
    finding = entered.findings.get(record.kind)
    if finding is None:
        return ShownRecord(record, None, "", "")
    fault = finding["fault"]
    words = str(FAULTS[Fault(fault)]) if fault else ""
    return ShownRecord(record, not fault, words, finding["found"])


@writes(MANAGE_KEYS, Verb.DO)
@step_up
def enter(request: TenantRequest) -> HttpResponse:
    """Enter a domain."""
    entered = services.enter_domain(
        typed=request.POST.get("domain", ""), actor=request.actor, now=request.now
    )
    messages.success(
        request,
        _("%(domain)s is entered. Add the records below where you administer it, then check.")
        % {"domain": entered.domain},
    )
    return redirect("sending_domain")


@writes(MANAGE_KEYS, Verb.DO)
@step_up
def check(request: TenantRequest) -> HttpResponse:
    """Ask whether the records are there."""
    entered = get_object_or_404(SendingDomain)
    checked = services.check_domain(
        entered=entered, records=domain_records(), actor=request.actor, now=request.now
    )
    if checked.verified_at:
        messages.success(
            request, _("Verified: messages leave from %(domain)s.") % {"domain": checked.domain}
        )
    else:
        messages.warning(
            request, _("Something is missing yet; see below. It may take an hour to be seen.")
        )
    return redirect("sending_domain")


@writes(MANAGE_KEYS, Verb.DO)
@step_up
def remove(request: TenantRequest) -> HttpResponse:
    """Forget the domain."""
    services.remove_domain(entered=get_object_or_404(SendingDomain), actor=request.actor)
    messages.success(request, _("The domain is forgotten, its key too."))
    return redirect("sending_domain")
