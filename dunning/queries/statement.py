"""What a customer owes as the chase claims it, so that page, message and statement agree."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from uuid import UUID

from accounts.models import Membership
from dunning.queries.lines import euro_rates, open_lines_of
from dunning.rules.content import LineKind, Section
from dunning.rules.grouping import Exclusion, LineStanding, line_standing
from dunning.rules.policy import DEFAULT_POLICY
from kernel.money import Money, total
from ledger.models import Customer, DueLine, Entity, Perimeter
from ledger.rules.payment_codes import (
    TransferRequest,
    UnpayableError,
    epc_payload,
    grouped,
    is_creditor_reference,
    selection_reference,
)


@dataclass(frozen=True, slots=True)
class PortalLine:
    """One open line. Amounts are signed, tax included; `claimed` is what is asked for now or when due.

    `days_late` is 0 on the due date and negative before it. `is_unclaimed` marks a line that is late and
    not asked for at present: its reminders are paused, it will be debited, or it is too small to chase.
    """

    id: UUID
    number: str
    order_number: str
    kind: LineKind
    section: Section
    issue_date: date
    due_date: date
    days_late: int
    original: Money
    open: Money
    disputed: Money
    claimed: Money
    is_estimated: bool
    is_unclaimed: bool


@dataclass(frozen=True)
class StatementPart:
    """What is open towards one legal entity in one currency: nothing is converted, nothing mixed."""

    entity: Entity
    currency: str
    lines: tuple[PortalLine, ...]
    reference: str

    @cached_property
    def late(self) -> tuple[PortalLine, ...]:
        """The lines asked for now, the oldest due first."""
        return self._in_section(Section.LATE)

    @cached_property
    def not_due(self) -> tuple[PortalLine, ...]:
        """The lines that fall due later, the next first."""
        return tuple(line for line in self._in_section(Section.NOT_DUE) if not line.is_unclaimed)

    @cached_property
    def unclaimed(self) -> tuple[PortalLine, ...]:
        """The lines that are late and not asked for at present."""
        return tuple(line for line in self._in_section(Section.NOT_DUE) if line.is_unclaimed)

    @cached_property
    def disputed(self) -> tuple[PortalLine, ...]:
        """The lines disputed as a whole; what is disputed of others is in `total_disputed`."""
        return self._in_section(Section.DISPUTED)

    @cached_property
    def credits(self) -> tuple[PortalLine, ...]:
        """The credit notes and payments still to be deducted."""
        return self._in_section(Section.CREDIT)

    @cached_property
    def total_due(self) -> Money:
        """What is late and undisputed, before credits."""
        return self._sum(line.claimed for line in self.late)

    @cached_property
    def total_credits(self) -> Money:
        """Credit notes and payments to be deducted, zero or negative."""
        return self._sum(line.open for line in self.credits)

    @cached_property
    def to_pay(self) -> Money:
        """What is asked for now: late and undisputed, less credits. The message's `totals.net`."""
        return self.total_due + self.total_credits

    @cached_property
    def total_not_due(self) -> Money:
        """What falls due later, undisputed."""
        return self._sum(line.claimed for line in self.not_due)

    @cached_property
    def total_unclaimed(self) -> Money:
        """What is late and not asked for at present."""
        return self._sum(line.claimed for line in self.unclaimed)

    @cached_property
    def total_disputed(self) -> Money:
        """What is disputed, whole lines and parts of others."""
        return self._sum(line.disputed for line in self.lines)

    @cached_property
    def balance(self) -> Money:
        """All that is open, signed: the sum of the five totals."""
        return self._sum(line.open for line in self.lines)

    @property
    def is_payable(self) -> bool:
        """Whether there is something to pay now."""
        return self.to_pay.amount > 0

    @property
    def oldest_days_late(self) -> int:
        """Days since the oldest late line fell due; 0 when nothing is late."""
        return max((line.days_late for line in self.late), default=0)

    @property
    def next_due_date(self) -> date | None:
        """When the next line falls due; None when none does."""
        return min((line.due_date for line in self.not_due), default=None)

    @property
    def account_holder(self) -> str:
        """The name a transfer is made out to, as the bank knows it."""
        return self.entity.account_holder or self.entity.name

    @property
    def iban_shown(self) -> str:
        """The account in blocks of four; empty when none is known."""
        return grouped(self.entity.iban) if self.entity.iban else ""

    @property
    def reference_shown(self) -> str:
        """The payment reference, in blocks of four when it is an RF reference."""
        is_structured = is_creditor_reference(self.reference)
        return grouped(self.reference) if is_structured else self.reference

    @cached_property
    def epc_payload(self) -> str:
        """The text of the transfer code; empty outside euros, without an account or with nothing to pay."""
        if not self.is_payable or not self.entity.iban or self.currency != "EUR":
            return ""
        request = TransferRequest(
            creditor_name=self.account_holder,
            iban=self.entity.iban,
            amount=self.to_pay.rounded().amount,
            reference=self.reference,
            bic=self.entity.bic,
        )
        try:
            return epc_payload(request)
        except UnpayableError:
            return ""

    def _in_section(self, section: Section) -> tuple[PortalLine, ...]:
        return tuple(line for line in self.lines if line.section is section)

    def _sum(self, amounts: Iterable[Money]) -> Money:
        return total(amounts, currency=self.currency)


@dataclass(frozen=True, slots=True)
class CustomerStatement:
    """A customer's account as of a day: one part per legal entity and currency with something open."""

    customer: Customer
    as_of_date: date
    parts: tuple[StatementPart, ...]
    contact: Membership | None
    """The colleague who follows the account."""


def customer_statement(customer: Customer, *, today: date) -> CustomerStatement:
    """Return what `customer` owes as of `today`, amounts tax included, never converted.

    Lines are claimed, left out and netted by the rules that messages are written by, so that a message and
    the page of the same second show the same amounts (DOMAIN 5.5, invariant 9).
    """
    rates = euro_rates(today=today)
    pairs = (
        DueLine.objects.filter(
            customer=customer,
            is_open=True,
            perimeter=Perimeter.OPERATIONAL,
            issue_date__lte=today,
        )
        .order_by("entity__code", "currency")
        .values_list("entity_id", "currency")
        .distinct()
    )
    groups = list(pairs)
    entities = Entity.objects.in_bulk([entity_id for entity_id, _currency in groups])
    return CustomerStatement(
        customer=customer,
        as_of_date=today,
        parts=tuple(
            _part(customer, entities[entity_id], currency, today, rates.get(currency, Decimal(1)))
            for entity_id, currency in groups
        ),
        contact=customer.collector,
    )


def _part(
    customer: Customer,
    entity: Entity,
    currency: str,
    today: date,
    euro_rate: Decimal,
) -> StatementPart:
    open_lines = open_lines_of(
        customer_id=customer.pk,
        entity_id=entity.pk,
        currency=currency,
        today=today,
        policy=DEFAULT_POLICY,
    )
    documents = DueLine.objects.select_related("document").in_bulk([line.id for line in open_lines])
    lines = tuple(
        _line(
            line_standing(line, euro_rate=euro_rate, policy=DEFAULT_POLICY),
            documents[line.id],
            today,
        )
        for line in open_lines
    )
    late = [line.number for line in lines if line.section is Section.LATE]
    reference = customer.payment_reference or selection_reference(customer.code, late, today)
    return StatementPart(entity, currency, lines, reference)


def _line(standing: LineStanding, row: DueLine, today: date) -> PortalLine:
    line = standing.line
    days_late = (today - line.due_date).days
    is_owed = line.kind is LineKind.INVOICE and line.open_amount > 0
    disputed = _disputed(standing) if is_owed else Decimal(0)
    section = _section(standing, is_owed=is_owed, is_late=days_late > 0, disputed=disputed)
    claimed = line.open_amount - disputed if is_owed else line.open_amount
    return PortalLine(
        id=line.id,
        number=line.document_number,
        order_number=row.document.order_number,
        kind=line.kind,
        section=section,
        issue_date=row.issue_date,
        due_date=line.due_date,
        days_late=days_late,
        original=Money(row.amount, row.currency),
        open=Money(line.open_amount, row.currency),
        disputed=Money(disputed, row.currency),
        claimed=Money(claimed, row.currency),
        is_estimated=line.is_estimated,
        is_unclaimed=section is Section.NOT_DUE and days_late > 0,
    )


def _disputed(standing: LineStanding) -> Decimal:
    """Return what is shown as disputed: with a rest too small to chase, the whole line, as in messages."""
    if standing.reason is Exclusion.DISPUTED:
        return standing.left_out
    return min(standing.line.disputed_amount, standing.line.open_amount)


def _section(
    standing: LineStanding,
    *,
    is_owed: bool,
    is_late: bool,
    disputed: Decimal,
) -> Section:
    if not is_owed:
        return Section.CREDIT
    if disputed == standing.line.open_amount:
        return Section.DISPUTED
    return Section.LATE if is_late and standing.is_claimed else Section.NOT_DUE
