"""What the small pages behind a link in a message share: which message, in whose language, kept out of the way."""

from collections.abc import Mapping
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation

from accounts.models import Tenant
from dunning.models import Reminder
from dunning.queries.replies import tenant_of_message
from dunning.rules.content import SHIPPED_LANGUAGES
from dunning.services.reply_addresses import name_in
from kernel.tenancy import current_tenant_id
from ledger.models import Contact


def message_behind(token: str, *, kind: str) -> tuple[UUID, UUID] | None:
    """Return the tenant and the reminder that a token of this kind was made for; None when it was not made by us."""
    name = name_in(token, kind=kind)
    return tenant_of_message(name) if name else None


def unknown(request: HttpRequest) -> HttpResponse:
    """Say that there is nothing here, without saying whose it is not."""
    return render(request, "portal/unknown.html", {"brand_name": "Échéo"}, status=404)


def shown(
    request: HttpRequest, template: str, context: Mapping[str, object], *, reminder: Reminder
) -> HttpResponse:
    """Return a page in the language of who got the message, told to no other site and no search engine."""
    contact: Contact | None = reminder.contact
    language = (contact.language if contact else "") or reminder.customer.language
    brand = {"brand_name": Tenant.objects.get(pk=current_tenant_id()).name}
    with translation.override(language if language in SHIPPED_LANGUAGES else "en"):
        response = render(request, template, {**brand, **context})
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex"
    return response
