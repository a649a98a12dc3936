"""The computation sheet: how every euro of late interest was arrived at, and who says by which rate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from dunning.documents.labels import Labels, labels_for
from dunning.documents.letterhead import render_layout
from dunning.documents.rendering import render_pdf
from dunning.documents.view import clean
from kernel import formats
from kernel.money import Money


@dataclass(frozen=True, slots=True)
class SheetPeriod:
    """A stretch over which principal and rate stay the same; both days included, `rate` a yearly fraction.

    `basis` is law, contract or floor; `interest` has four decimals, since the cent is rounded once for the invoice.
    """

    first_day: date
    last_day: date
    days: int
    principal: Decimal
    rate: Decimal
    interest: Decimal
    basis: str
    source: str


@dataclass(frozen=True, slots=True)
class SheetDocument:
    """One invoice with its periods; amounts in the sheet's currency."""

    claim_number: str
    document_number: str
    issue_date: date
    periods: tuple[SheetPeriod, ...]
    interest: Decimal
    fixed_charge: Decimal
    paid: Decimal
    waived: Decimal
    left: Decimal


@dataclass(frozen=True, slots=True)
class ComputationSheet:
    """Everything the sheet shows, as of the day each claim was last computed."""

    language: str
    creditor_name: str
    creditor_lines: tuple[str, ...]
    legal_foot: str
    customer_code: str
    customer_name: str
    customer_lines: tuple[str, ...]
    currency: str
    as_of_date: date
    documents: tuple[SheetDocument, ...]


def computation_pdf(sheet: ComputationSheet) -> bytes:
    """Return the sheet as PDF. Raises PdfUnavailable, SandboxRefused."""
    return render_pdf(computation_html(sheet))


def computation_filename(sheet: ComputationSheet) -> str:
    """Return the name of the file: `decompte-C-10482-2026-11-19.pdf`."""
    word = "decompte" if formats.is_french(sheet.language) else "computation"
    code = "".join(c if c.isascii() and c.isalnum() else "-" for c in sheet.customer_code)
    return f"{word}-{code}-{sheet.as_of_date:%Y-%m-%d}.pdf"


def computation_html(sheet: ComputationSheet) -> str:
    """Return the sheet as the HTML that becomes the PDF."""
    labels = labels_for(sheet.language)
    money = _Money(sheet.currency, labels.language)
    documents = [_document(each, labels, money) for each in sheet.documents]
    facts: dict[str, Any] = {
        "labels": labels,
        "creditor_name": clean(sheet.creditor_name),
        "initial": clean(sheet.creditor_name)[:1].upper(),
        "sender_lines": [clean(line) for line in sheet.creditor_lines],
        "legal_foot": clean(sheet.legal_foot),
        "customer_name": clean(sheet.customer_name),
        "address": [clean(line) for line in sheet.customer_lines],
        "as_of": labels.statement_at % formats.day_full(sheet.as_of_date, labels.language),
        "account": labels.account % clean(sheet.customer_code),
        "amounts_in": labels.amounts_in % sheet.currency,
        "documents": documents,
        "total_interest": money(sum((each.interest for each in sheet.documents), Decimal(0))),
        "total_charge": money(sum((each.fixed_charge for each in sheet.documents), Decimal(0))),
        "total_paid": money(sum((each.paid for each in sheet.documents), Decimal(0))),
        "total_waived": money(sum((each.waived for each in sheet.documents), Decimal(0))),
        "total_left": money(sum((each.left for each in sheet.documents), Decimal(0))),
        "sources": _sources(sheet.documents, labels),
    }
    return render_layout("computation.html", facts)


@dataclass(frozen=True, slots=True)
class _Money:
    currency: str
    language: str

    def __call__(self, amount: Decimal) -> str:
        return formats.money(Money(amount, self.currency), self.language)


def _basis(labels: Labels, basis: str) -> str:
    words = {
        "law": labels.basis_law,
        "contract": labels.basis_contract,
        "floor": labels.basis_floor,
    }
    return words[basis]


def _document(each: SheetDocument, labels: Labels, money: _Money) -> dict[str, Any]:
    language = labels.language
    return {
        "title": labels.sheet_of
        % (clean(each.document_number), formats.day(each.issue_date, language)),
        "claim_number": each.claim_number,
        "periods": [
            {
                "span": f"{formats.day(period.first_day, language)} – {formats.day(period.last_day, language)}",
                "days": str(period.days),
                "principal": money(period.principal),
                "rate": formats.percent(period.rate, language, decimals=2),
                "basis": _basis(labels, period.basis),
                "interest": _four_decimals(period.interest, language),
            }
            for period in each.periods
        ],
        "interest": money(each.interest),
        "charge": money(each.fixed_charge),
        "paid": money(each.paid) if each.paid else "",
        "waived": money(each.waived) if each.waived else "",
        "left": money(each.left),
    }


def _four_decimals(amount: Decimal, language: str) -> str:
    text = f"{amount:.4f}"
    return text.replace(".", ",") if formats.is_french(language) else text


def _sources(documents: Sequence[SheetDocument], labels: Labels) -> list[str]:
    """Return each rate with its first day of use and its sources, once."""
    found: dict[tuple[str, str], date] = {}
    for each in documents:
        for period in each.periods:
            rate = formats.percent(period.rate, labels.language, decimals=2)
            key = (rate, clean(period.source))
            found[key] = min(found.get(key, period.first_day), period.first_day)
    ordered = sorted(found.items(), key=lambda item: (item[1], item[0]))
    return [f"{rate}{labels.colon}{source}" for (rate, source), _day in ordered]
