"""What invoices owe on top of themselves, read for many documents at once."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from django.db.models import Q, Sum

from disputes.models import Dispute
from dunning.models import ContractRate, EnteredRate
from dunning.rules.interest_claims import DocumentCharge, RateBasis, document_charge, rate_basis
from kernel.money import Money
from kernel.periods import half_year_of
from ledger.models import Allocation, DocumentKind, DueLine
from ledger.queries import current_late_payment_reference
from ledger.rules.penalties import LateCharge, PartPayment, RateMissing, late_charge
from ledger.rules.reference import HalfYearRate, LatePaymentReference

NOTHING = Decimal(0)


def late_payment_rates() -> LatePaymentReference:
    """Return the rates and rules that count for this tenant: those it entered come before the published ones."""
    entered = (
        HalfYearRate(row.country, row.kind, half_year_of(row.half_year_start), row.rate, row.source)
        for row in EnteredRate.objects.all()
    )
    return current_late_payment_reference().with_rates(entered)


@dataclass(frozen=True, slots=True)
class AgreedRate:
    """A yearly rate agreed with a customer, as a fraction, and where it stands."""

    rate: Decimal
    source: str


@dataclass(frozen=True, slots=True)
class ChargedDocument:
    """An invoice with what it owes on top; `lines` are its instalments in the order of `charge.by_line`.

    `problem` is the rate that is missing, and `charge` None then: nothing is guessed. `principal` is what is open and
    undisputed, zero once the invoice is paid.
    """

    document_id: UUID
    customer_id: UUID
    entity_id: UUID
    number: str
    currency: str
    country: str
    issue_date: date
    lines: tuple[UUID, ...]
    principal: Decimal
    agreed: AgreedRate | None
    charge: DocumentCharge | None
    problem: RateMissing | None


def charges_of_documents(
    documents: Collection[UUID],
    *,
    until: date,
    claimed: Mapping[UUID, Decimal] | None = None,
) -> dict[UUID, ChargedDocument]:
    """Return what each invoice owes on top of itself by `until`, included, in seven queries for any number of them.

    The principal of an instalment is what it owes undisputed plus what was paid of it, each payment lowering it from
    its own date; a credit note says that it was never owed. `claimed` overrides what is owed undisputed, by due line.
    An invoice in another currency than its entity's bears no interest here, and has no charge.
    """
    rows = list(
        DueLine.objects.filter(document__in=documents, kind=DocumentKind.INVOICE)
        .select_related("document", "entity")
        .order_by("document_id", "due_date", "number")
    )
    facts = _Facts.of(rows, until=until)
    reference = late_payment_rates()
    found: dict[UUID, list[DueLine]] = defaultdict(list)
    for row in rows:
        found[row.document_id].append(row)
    return {
        document_id: _charged(lines, facts, reference, until=until, claimed=claimed or {})
        for document_id, lines in found.items()
    }


@dataclass(frozen=True, slots=True)
class _Facts:
    """What was paid, contested and agreed, by due line or customer."""

    paid: Mapping[UUID, list[PartPayment]]
    disputed: Mapping[UUID, Decimal]
    agreed: Mapping[UUID, list[ContractRate]]

    @classmethod
    def of(cls, rows: Iterable[DueLine], *, until: date) -> "_Facts":
        rows = list(rows)
        ids = [row.pk for row in rows]
        paid: dict[UUID, list[PartPayment]] = defaultdict(list)
        payments = Allocation.objects.filter(debit_line__in=ids).exclude(
            credit_line__kind=DocumentKind.CREDIT_NOTE
        )
        for line_id, day, amount in payments.values_list(
            "debit_line_id", "effective_date", "amount"
        ):
            paid[line_id].append(PartPayment(day, amount))
        disputed = dict(
            Dispute.objects.filter(due_line__in=ids, opened_date__lte=until)
            .filter(Q(closed_date=None) | Q(closed_date__gt=until))
            .values("due_line_id")
            .annotate(total=Sum("amount"))
            .values_list("due_line_id", "total")
            .order_by()
        )
        agreed: dict[UUID, list[ContractRate]] = defaultdict(list)
        for rate in ContractRate.objects.filter(customer__in={row.customer_id for row in rows}):
            agreed[rate.customer_id].append(rate)
        return cls(paid, disputed, agreed)

    def rate_for(self, row: DueLine) -> AgreedRate | None:
        """Return the rate agreed when the invoice was issued; the newest first."""
        for rate in self.agreed.get(row.customer_id, ()):
            if rate.valid_from <= row.issue_date:
                return AgreedRate(rate.rate, rate.source)
        return None

    def owed(self, row: DueLine, claimed: Mapping[UUID, Decimal]) -> Decimal:
        if row.pk in claimed:
            return claimed[row.pk]
        return max(row.open_amount - self.disputed.get(row.pk, NOTHING), NOTHING)


def _charged(
    lines: list[DueLine],
    facts: _Facts,
    reference: LatePaymentReference,
    *,
    until: date,
    claimed: Mapping[UUID, Decimal],
) -> ChargedDocument:
    first = lines[0]
    agreed = facts.rate_for(first)
    problem: RateMissing | None = None
    charge: DocumentCharge | None = None
    if first.currency == first.entity.currency:
        try:
            charge = document_charge(
                [
                    _line_charge(
                        line, facts, reference, until=until, claimed=claimed, agreed=agreed
                    )
                    for line in lines
                ],
                currency=first.currency,
            )
        except RateMissing as missing:
            problem = missing
    return ChargedDocument(
        document_id=first.document_id,
        customer_id=first.customer_id,
        entity_id=first.entity_id,
        number=first.document.number,
        currency=first.currency,
        country=first.entity.country,
        issue_date=first.issue_date,
        lines=tuple(line.pk for line in lines),
        principal=sum((facts.owed(line, claimed) for line in lines), NOTHING),
        agreed=agreed,
        charge=charge,
        problem=problem,
    )


def _line_charge(
    line: DueLine,
    facts: _Facts,
    reference: LatePaymentReference,
    *,
    until: date,
    claimed: Mapping[UUID, Decimal],
    agreed: AgreedRate | None,
) -> LateCharge:
    paid = facts.paid.get(line.pk, [])
    principal = facts.owed(line, claimed) + sum((part.amount for part in paid), NOTHING)
    return late_charge(
        Money(principal, line.currency),
        line.due_date,
        until,
        reference=reference,
        payments=paid,
        contract_rate=agreed.rate if agreed else None,
        country=line.entity.country,
    )


def sheet_of(charged: ChargedDocument, reference: LatePaymentReference) -> list[dict[str, str]]:
    """Return the periods of a charge as plain rows: from, to, days, principal, rate, basis and source.

    `interest` of a row is shown with four decimals: the cent is rounded once, for the invoice.
    """
    if charged.charge is None:
        return []
    rows = []
    for period in charged.charge.periods:
        basis: RateBasis = rate_basis(
            period.half_year,
            reference=reference,
            contract_rate=charged.agreed.rate if charged.agreed else None,
            contract_source=charged.agreed.source if charged.agreed else "",
            country=charged.country,
        )
        rows.append(
            {
                "from": period.first_day.isoformat(),
                "to": period.last_day.isoformat(),
                "days": str(period.days),
                "principal": str(Money(period.principal, charged.currency).rounded().amount),
                "rate": str(period.rate),
                "interest": str((period.weight / 365).quantize(Decimal("0.0001"))),
                "basis": basis.kind.value,
                "source": basis.source,
            }
        )
    return rows
