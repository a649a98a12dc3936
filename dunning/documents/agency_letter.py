"""The first letter of a collection agency, with what CPCE R.124-4 makes it say."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from dunning.documents.labels import labels_for
from dunning.documents.letterhead import render_layout
from dunning.documents.rendering import render_pdf
from dunning.documents.view import clean
from kernel import formats
from kernel.money import Money
from ledger.rules.payment_codes import grouped


@dataclass(frozen=True, slots=True)
class AgencyLetter:
    """Everything the letter says; amounts in one currency, those given up or barred left out."""

    language: str
    day: date
    file_name: str
    agency_name: str
    agency_lines: tuple[str, ...]
    agency_iban: str
    agency_insurance: str
    mandate_number: str
    mandate_date: date
    creditor_name: str
    creditor_lines: tuple[str, ...]
    customer_name: str
    customer_lines: tuple[str, ...]
    documents: tuple[tuple[str, date, date, Money], ...]  # number, issued, due, still owed
    principal: Money
    interest: Money
    fixed_charge: Money

    @property
    def total(self) -> Money:
        """What is asked in all; the agency's own fee is the creditor's and never in it."""
        return self.principal + self.interest + self.fixed_charge


def agency_letter_pdf(letter: AgencyLetter) -> bytes:
    """Return the letter as PDF. Raises PdfUnavailable, SandboxRefused."""
    return render_pdf(agency_letter_html(letter))


def agency_letter_html(letter: AgencyLetter) -> str:
    """Return the letter as the HTML that becomes the PDF."""
    labels = labels_for(letter.language)
    language = labels.language

    def money(amount: Money) -> str:
        return formats.money(amount, language)

    facts = {
        "labels": labels,
        "file_name": letter.file_name,
        "agency_name": clean(letter.agency_name),
        "initial": clean(letter.agency_name)[:1].upper(),
        "sender_lines": [clean(line) for line in letter.agency_lines],
        "insurance": clean(letter.agency_insurance),
        "mandate": clean(letter.mandate_number),
        "mandate_day": formats.day_full(letter.mandate_date, language),
        "creditor_name": clean(letter.creditor_name),
        "creditor_address": ", ".join(clean(line) for line in letter.creditor_lines),
        "customer_name": clean(letter.customer_name),
        "address": [clean(line) for line in letter.customer_lines],
        "place_and_date": labels.notice_place % formats.day_full(letter.day, language),
        "rows": [
            {
                "number": clean(number),
                "issued": formats.day(issued, language),
                "due": formats.day(due, language),
                "open": money(owed),
            }
            for number, issued, due, owed in letter.documents
        ],
        "principal": money(letter.principal),
        "interest": money(letter.interest),
        "fixed_charge": money(letter.fixed_charge),
        "total": money(letter.total),
        "iban": grouped(letter.agency_iban),
    }
    return render_layout(f"agency_letter.{language}.html", facts)
