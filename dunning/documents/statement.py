"""The statement of account: four sums, the age of the balance, every open line, how to pay."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

from django.utils.translation import gettext as _

from dunning.documents.letterhead import letterhead, render_layout
from dunning.documents.rendering import render_pdf
from dunning.documents.view import LineView, MessageView, account_holder, clean
from dunning.rules.content import Section
from kernel import formats
from kernel.errors import Refused
from ledger.rules.payment_codes import qr_png

LINES_PER_PDF = 1_000
"""2.7 s and 132 MB; 5,000 lines took 15 s and 435 MB (RELIABILITY D13). More goes to a sheet."""

_COLOURS = ("#BFE0DC", "#BC7F08", "#B0450F", "#871F16", "#4B0A23")
_LAST_DAYS = (0, 30, 60, 90)
_GAP_PERCENT = Decimal("0.4")
_HUNDREDTH = Decimal("0.01")


class DocumentTooLong(Refused):
    """More lines than one PDF may hold."""

    code: ClassVar[str] = "document_too_long"


@dataclass(frozen=True, slots=True)
class StatementRow:
    """One printed line; `open` counts towards its group's total."""

    number: str
    issued: str
    due: str
    late: str
    original: str
    open: str
    note: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class StatementGroup:
    """Lines under one heading, with their sum."""

    name: str
    total: str
    rows: tuple[StatementRow, ...]


@dataclass(frozen=True, slots=True)
class AgeBar:
    """One rectangle of the ageing bar; start and width in per cent."""

    colour: str
    start: Decimal
    width: Decimal


def statement_pdf(view: MessageView, *, most_lines: int | None = None) -> bytes:
    """Return the statement as PDF, of at most `most_lines` lines (by default LINES_PER_PDF).

    Raises DocumentTooLong, PdfUnavailable, SandboxRefused.
    """
    count = len(view.content.lines)
    limit = LINES_PER_PDF if most_lines is None else most_lines
    if count > limit:
        raise DocumentTooLong(
            _(
                "A PDF holds %(limit)s lines and this account has %(count)s. "
                "Take the spreadsheet, which has them all.",
            )
            % {"limit": limit, "count": count},
            lines=count,
            limit=limit,
        )
    return render_pdf(statement_html(view))


def statement_html(view: MessageView) -> str:
    """Return the statement as the HTML that becomes the PDF."""
    content, labels = view.content, view.labels
    totals = content.totals
    balance = totals.net + totals.disputed + (0 if view.is_before_due else totals.not_due)
    unclaimed = sum((line.claimed_amount for line in unclaimed_lines(view)), start=Decimal(0))
    facts = letterhead(view) | {
        "as_of": labels.statement_at % view.today_full,
        "account": labels.account % clean(content.customer.code),
        "amounts_in": labels.amounts_in % content.currency,
        "attention": labels.for_the_attention_of % labels.accounts_payable,
        "is_late": totals.due > 0,
        "has_disputed": bool(totals.disputed),
        "disputed": view.money(totals.disputed),
        "not_due": view.money(totals.not_due - unclaimed),
        "balance": view.money(balance),
        "buckets": list(_buckets(view)),
        "bars": list(_age_bars(ageing(view))),
        "groups": list(statement_groups(view)),
        "settle": labels.settle % view.net,
        "transfer_line": _transfer_line(view),
        "code": code_image(view),
        "code_alternative": labels.qr_alternative % view.net,
        "contact_line": labels.your_contact % _contact(view),
    }
    return render_layout("statement.html", facts)


def statement_groups(view: MessageView) -> Iterator[StatementGroup]:
    """Yield the groups whose sums add up to the balance, empty ones left out.

    A line disputed in part stands in two groups: what is claimed under its age, the rest as disputed.
    """
    labels = view.labels
    lines = (*view.claimed, *view.not_due)
    late = [line for line in lines if line.section is Section.LATE]
    unclaimed = unclaimed_lines(view)
    not_due = [line for line in lines if line.section is Section.NOT_DUE and line not in unclaimed]
    credited = [line for line in lines if line.section is Section.CREDIT]
    disputed = [
        *(_row(line, line.open_amount, view) for line in view.disputed),
        *(
            _row(line, line.open_amount - line.claimed_amount, view, with_notes=False)
            for line in lines
            if line.open_amount != line.claimed_amount
        ),
    ]
    named: tuple[tuple[str, Iterable[StatementRow]], ...] = (
        (labels.group_late, (_row(line, line.claimed_amount, view) for line in late)),
        (labels.group_disputed, disputed),
        (labels.group_unclaimed, (_row(line, line.claimed_amount, view) for line in unclaimed)),
        (labels.group_not_due, (_row(line, line.claimed_amount, view) for line in not_due)),
        (labels.group_credits, (_row(line, line.claimed_amount, view) for line in credited)),
    )
    for name, found in named:
        rows = tuple(found)
        if rows:
            total = sum((row.amount for row in rows), start=Decimal(0))
            yield StatementGroup(name, view.money(total), rows)


def unclaimed_lines(view: MessageView) -> tuple[LineView, ...]:
    """Return the lines that are late and not claimed at present: paused, to be debited, too small."""
    return tuple(line for line in view.not_due if line.is_late)


def ageing(view: MessageView) -> tuple[Decimal, ...]:
    """Return what is open per bucket: not due, 1–30, 31–60, 61–90, over 90 days; credits apart."""
    sums = [Decimal(0)] * (len(_LAST_DAYS) + 1)
    for line in (*view.claimed, *view.disputed, *view.not_due):
        if line.section is not Section.CREDIT:
            sums[sum(line.days_late > last for last in _LAST_DAYS)] += line.open_amount
    return tuple(sums)


def code_image(view: MessageView) -> str:
    """Return the transfer code as a `data:` address, empty when there is none."""
    if not view.epc_payload:
        return ""
    return f"data:image/png;base64,{base64.b64encode(qr_png(view.epc_payload)).decode()}"


def _row(
    line: LineView,
    amount: Decimal,
    view: MessageView,
    *,
    with_notes: bool = True,
) -> StatementRow:
    return StatementRow(
        number=line.number,
        issued=line.issued,
        due=line.due,
        late=line.late,
        original=line.original,
        open=view.money(amount),
        note=line.note if with_notes else "",
        amount=amount,
    )


def _buckets(view: MessageView) -> Iterator[tuple[str, str]]:
    for name, amount in zip(view.labels.buckets, ageing(view), strict=True):
        yield name, view.money(amount)
    if view.content.totals.credits:
        yield view.labels.to_deduct, view.money(view.content.totals.credits)


def _age_bars(sums: tuple[Decimal, ...]) -> Iterator[AgeBar]:
    """Yield the bars, two pixels apart; a bucket too small to see is left to the figures below."""
    whole = sum(sums)
    start = Decimal(0)
    for colour, amount in zip(_COLOURS, sums, strict=True):
        if amount <= 0:
            continue
        share = 100 * amount / whole
        if share > _GAP_PERCENT:
            width = (share - _GAP_PERCENT).quantize(_HUNDREDTH)
            yield AgeBar(colour, start.quantize(_HUNDREDTH), width)
        start += share


def _transfer_line(view: MessageView) -> str:
    labels = view.labels
    holder = account_holder(view.content.creditor)
    return (
        f"{labels.holder}{labels.colon}{holder}. {labels.reference}{labels.colon}{view.reference}"
    )


def _contact(view: MessageView) -> str:
    sender = view.content.sender
    return ", ".join(clean(part) for part in (sender.name, sender.phone) if part)


def statement_filename(view: MessageView, extension: str) -> str:
    """Return the name of the file: `releve-C-10482-2026-11-19.pdf`."""
    word = "releve" if formats.is_french(view.language) else "statement"
    code = "".join(c if c.isascii() and c.isalnum() else "-" for c in view.content.customer.code)
    return f"{word}-{code}-{view.content.as_of_date:%Y-%m-%d}.{extension}"
