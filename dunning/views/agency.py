"""The agency's own page: the files entrusted to it, what it reports, and its letter."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from dunning.documents.agency_letter import AgencyLetter, agency_letter_pdf
from dunning.forms.legal import ReportForm, cleaned
from dunning.models import AgencyReportKind, HandOver
from dunning.permissions import SEND_REMINDER
from dunning.queries.legal import ShownFile, files, files_of_agency, owed_in_file
from dunning.services.agencies import NewReport, report
from kernel.http import TenantRequest, reads, writes
from kernel.money import Money


@reads(SEND_REMINDER)
def agency_files(request: TenantRequest) -> HttpResponse:
    """Show the files entrusted to the person who signs in, and no other."""
    shown = files(files_of_agency(request.actor))
    return render(request, "dunning/agency.html", {"files": shown, "today": request.today})


@reads(SEND_REMINDER)
def agency_file(request: TenantRequest, hand_over_id: UUID) -> HttpResponse:
    """Show one entrusted file: its lines, who to reach, what was reported, and a form to report."""
    shown = _shown(request, hand_over_id)
    hand_over = shown.hand_over
    context = {
        "file": shown,
        "lines": [
            (line, Money(line.due_line.open_amount, hand_over.currency))
            for line in shown.lines
            if line.ended_date is None
        ],
        "reports": [
            (
                each,
                Money(each.amount, hand_over.currency) if each.amount is not None else None,
                Money(each.fee, hand_over.currency) if each.fee is not None else None,
            )
            for each in shown.reports
        ],
        "owed": owed_in_file(hand_over),
        "contacts": hand_over.customer.contacts.filter(is_opted_out=False),
        "form": ReportForm(initial={"day": request.today}),
        "today": request.today,
    }
    return render(request, "dunning/agency_file.html", context)


def _shown(request: TenantRequest, hand_over_id: UUID) -> ShownFile:
    found = get_object_or_404(files_of_agency(request.actor).defer("file"), pk=hand_over_id)
    return files(HandOver.objects.filter(pk=found.pk))[0]


@writes(SEND_REMINDER)
def agency_report(request: TenantRequest, hand_over_id: UUID) -> HttpResponse:
    """Take down what the agency reports."""
    hand_over = get_object_or_404(files_of_agency(request.actor).defer("file"), pk=hand_over_id)
    typed = cleaned(ReportForm(request.POST))
    report(
        NewReport(
            kind=AgencyReportKind(typed["kind"]),
            day=typed["day"],
            words=typed["words"],
            amount=typed["amount"],
            reference=typed["reference"],
        ),
        hand_over=hand_over,
        actor=request.actor,
        today=request.today,
        now=request.now,
    )
    messages.success(request, _("Reported."))
    return redirect("agency_file", hand_over.pk)


@reads(SEND_REMINDER)
def agency_letter(request: TenantRequest, hand_over_id: UUID) -> HttpResponse:
    """Give the agency's first letter to the debtor, with the mentions of CPCE R.124-4."""
    shown = _shown(request, hand_over_id)
    hand_over, owed = shown.hand_over, owed_in_file(shown.hand_over)
    mandate, customer, entity = hand_over.mandate, hand_over.customer, hand_over.entity
    letter = AgencyLetter(
        language=customer.language,
        day=request.today,
        file_name=hand_over.name,
        agency_name=mandate.agency_name,
        agency_lines=tuple(mandate.agency_address.splitlines()),
        agency_iban=mandate.iban,
        agency_insurance=mandate.insurance,
        mandate_number=mandate.number,
        mandate_date=mandate.signed_date,
        creditor_name=entity.account_holder or entity.name,
        creditor_lines=tuple(entity.address.splitlines()),
        customer_name=customer.name,
        customer_lines=tuple(customer.address.splitlines()),
        documents=tuple(
            (
                line.due_line.document.number,
                line.due_line.issue_date,
                line.due_line.due_date,
                Money(line.due_line.open_amount, hand_over.currency),
            )
            for line in shown.lines
            if line.ended_date is None and line.due_line.is_open
        ),
        principal=owed.principal,
        interest=owed.interest,
        fixed_charge=owed.fixed_charge,
    )
    response = HttpResponse(agency_letter_pdf(letter), content_type="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="{hand_over.name}.pdf"'
    return response
