"""A message's facts, formatted once for its reader; every part of the message copies from here.

Formatting first makes the parts agree to the letter and keeps rendering fast: the templates below only
place strings. Control and private-use characters leave the values here, so that none of them can end a
header or pass for one of our own markers.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from dunning.documents import figures as formats
from dunning.documents.labels import Labels
from dunning.documents.more_labels import message_labels
from dunning.rules.content import (
    ContentLine,
    Creditor,
    LineKind,
    Register,
    ReminderContent,
    Section,
)
from kernel.money import Money
from ledger.rules.payment_codes import (
    TransferRequest,
    UnpayableError,
    epc_payload,
    grouped,
    is_creditor_reference,
)

_SINCE = {"fr": "depuis le", "de": "seit", "es": "desde el", "it": "dal", "nl": "sinds"}
_BLANKS = re.compile(" {2,}")
_DROPPED_CATEGORIES = frozenset({"Cc", "Cs", "Co", "Cn", "Zl", "Zp"})


@dataclass(frozen=True, slots=True)
class LineView:
    """One line as it reads; `claimed` is what the message asks of it, `open` what it still owes."""

    number: str
    order: str
    issued: str
    due: str
    late: str
    is_late: bool
    original: str
    open: str
    claimed: str
    disputed: str
    notes: tuple[str, ...]
    section: Section
    open_amount: Decimal
    claimed_amount: Decimal
    days_late: int
    interest: str = ""
    fixed_charge: str = ""

    @property
    def note(self) -> str:
        return ", ".join(self.notes)


@dataclass(frozen=True, slots=True)
class PenaltyView:
    """Late interest as it reads; blank where the step does not compute it yet."""

    interest: str
    fixed_indemnity: str
    total: str
    rates: str
    grand_total: str
    is_claimed: bool


@dataclass(frozen=True, slots=True)
class MessageView:
    """Everything a template may show, as text."""

    content: ReminderContent
    labels: Labels
    claimed: tuple[LineView, ...]
    disputed: tuple[LineView, ...]
    not_due: tuple[LineView, ...]
    net: str
    total_not_due: str
    total_disputed: str
    today: str
    today_full: str
    previous_message: str
    portal_valid_until: str
    iban: str
    reference: str
    penalties: PenaltyView | None
    epc_payload: str
    """The text of the transfer code; empty when the amount or the account makes no SEPA transfer."""

    @property
    def language(self) -> str:
        return self.labels.language

    @property
    def is_before_due(self) -> bool:
        return self.content.step.register is Register.BEFORE_DUE

    def money(self, amount: Decimal) -> str:
        return formats.money(Money(amount, self.content.currency), self.language)


def clean(text: str) -> str:
    """Return `text` on one line, without control, private-use or unassigned characters."""
    if text.isascii() and text.isprintable():
        return text.strip()
    kept = (
        character if unicodedata.category(character) not in _DROPPED_CATEGORIES else " "
        for character in unicodedata.normalize("NFC", text)
    )
    # Only plain blanks are folded: U+00A0 and U+202F belong to French figures.
    return _BLANKS.sub(" ", "".join(kept)).strip()


def account_holder(creditor: Creditor) -> str:
    """Return the name a transfer is made out to."""
    return clean(creditor.account_holder or creditor.entity_name)


def message_view(content: ReminderContent) -> MessageView:
    labels = message_labels(content.language)
    language = labels.language
    previous = content.step.previous_message_date
    until = content.portal_valid_until
    sections = _lines_by_section(content, labels)
    claims_coming = content.step.register is Register.BEFORE_DUE
    claimed = sections[Section.NOT_DUE] if claims_coming else sections[Section.LATE]
    return MessageView(
        content=content,
        labels=labels,
        claimed=(*claimed, *sections[Section.CREDIT]),
        disputed=sections[Section.DISPUTED],
        not_due=() if claims_coming else sections[Section.NOT_DUE],
        net=formats.money(Money(content.totals.net, content.currency), language),
        total_not_due=_amount_or_blank(content, content.totals.not_due, language),
        total_disputed=_amount_or_blank(content, content.totals.disputed, language),
        today=formats.day(content.as_of_date, language),
        today_full=formats.day_full(content.as_of_date, language),
        previous_message=formats.day_full(previous, language) if previous else "",
        portal_valid_until=formats.day_full(until, language) if until else "",
        iban=grouped(content.creditor.iban) if content.creditor.iban else "",
        reference=_readable_reference(content.payment_reference),
        penalties=_penalties(content, language),
        epc_payload=_epc_payload(content),
    )


def _lines_by_section(
    content: ReminderContent,
    labels: Labels,
) -> dict[Section, tuple[LineView, ...]]:
    found: dict[Section, list[LineView]] = {section: [] for section in Section}
    for line in content.lines:
        found[line.section].append(_line_view(line, content.currency, labels))
    return {section: tuple(lines) for section, lines in found.items()}


def _line_view(line: ContentLine, currency: str, labels: Labels) -> LineView:
    language = labels.language

    def money(amount: Decimal) -> str:
        return formats.money(Money(amount, currency), language)

    is_late = line.kind is LineKind.INVOICE and line.days_late > 0
    is_disputed_whole = line.section is Section.DISPUTED
    claimed = Decimal(0) if is_disputed_whole else line.open_amount - line.disputed_amount
    return LineView(
        number=clean(line.document_number),
        order=clean(line.order_number),
        issued=formats.day(line.issue_date, language),
        due=formats.day(line.due_date, language) if line.kind is LineKind.INVOICE else "",
        late=formats.days(line.days_late, language) if is_late else "",
        is_late=is_late,
        original=money(line.original_amount),
        open=money(line.open_amount),
        claimed=money(claimed),
        disputed=money(line.disputed_amount),
        notes=tuple(_notes(line, labels, money(line.original_amount), money(line.disputed_amount))),
        section=line.section,
        open_amount=line.open_amount,
        claimed_amount=claimed,
        days_late=line.days_late,
        interest="" if line.interest is None else money(line.interest),
        fixed_charge=money(line.fixed_charge) if line.fixed_charge else "",
    )


def _notes(line: ContentLine, labels: Labels, original: str, disputed: str) -> Iterable[str]:
    if line.order_number:
        yield labels.order % clean(line.order_number)
    if line.kind is LineKind.CREDIT_NOTE:
        yield labels.credit_note
    elif line.kind is LineKind.PAYMENT:
        yield labels.unallocated_payment
    elif line.open_amount != line.original_amount:
        yield labels.rest_of % original
    if line.disputed_amount and line.section is not Section.DISPUTED:
        yield labels.disputed_part % disputed
    if line.is_due_date_estimated:
        yield labels.estimated_due_date


def _amount_or_blank(content: ReminderContent, amount: Decimal, language: str) -> str:
    return formats.money(Money(amount, content.currency), language) if amount else ""


def _readable_reference(reference: str) -> str:
    plain = clean(reference)
    return grouped(plain) if is_creditor_reference(plain) else plain


def _penalties(content: ReminderContent, language: str) -> PenaltyView | None:
    if content.penalties is None:
        return None
    interest = content.penalties.interest
    indemnity = content.penalties.fixed_indemnity

    def shown(amount: Decimal | None) -> str:
        return "" if amount is None else formats.money(Money(amount, content.currency), language)

    both = None if interest is None or indemnity is None else interest + indemnity
    since = _SINCE.get(language, "since")
    return PenaltyView(
        interest=shown(interest),
        fixed_indemnity=shown(indemnity),
        total=shown(both),
        rates=", ".join(
            f"{formats.percent(rate, language, decimals=2)} {since} {formats.day(day, language)}"
            for day, rate in content.penalties.rates
        ),
        grand_total=shown(None if both is None else both + content.totals.net),
        is_claimed=content.penalties.is_claimed,
    )


def _epc_payload(content: ReminderContent) -> str:
    """Return the transfer code's text; empty outside euros or when no transfer can be written."""
    if not content.creditor.iban or content.currency != "EUR":
        return ""
    request = TransferRequest(
        creditor_name=account_holder(content.creditor),
        iban=content.creditor.iban,
        amount=Money(content.totals.net, "EUR").rounded().amount,
        reference=clean(content.payment_reference),
        bic=content.creditor.bic,
    )
    try:
        return epc_payload(request)
    except UnpayableError:
        return ""
