"""Invoices on the insurers' clocks: which are to be declared, until when, and what was told already."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from django.db.models import Min, Sum

from credit.models.insurance import (
    DeclarationKind,
    DeclaredInvoice,
    InsuranceDeclaration,
    InsurerPolicy,
)
from credit.permissions import SEE_OPINIONS
from credit.queries.insurance import insured_on, policies_on, times_of, told_about
from credit.rules.insurance import ALERT_DAYS, Clock
from kernel.money import Money
from kernel.permissions import Actor
from ledger.models import Customer, DocumentKind, DueLine

SHOWN = 200


@dataclass(frozen=True, slots=True)
class Ticking:
    """An overdue invoice of an insured customer with its clock; `told` are kinds of what the insurer heard."""

    document_id: UUID
    number: str
    customer: Customer
    policy: InsurerPolicy
    invoice_date: date
    due_date: date
    open: Money
    times: Clock
    told: frozenset[str]
    today: date
    reference: str = ""  # the insurer's, of the cover

    @property
    def is_declared(self) -> bool:
        """Return whether the overdue was declared."""
        return DeclarationKind.OVERDUE.value in self.told

    @property
    def is_extended(self) -> bool:
        """Return whether an extension was asked for."""
        return DeclarationKind.EXTENSION.value in self.told

    @property
    def days_left(self) -> int:
        """Return the days left to declare; negative once it is too late."""
        return (self.times.declare_by - self.today).days

    @property
    def is_due(self) -> bool:
        """Return whether it is to be declared within the first alert."""
        return not self.is_declared and self.days_left <= max(ALERT_DAYS)

    @property
    def told_labels(self) -> list[str]:
        """Return what the insurer heard, in words."""
        return [str(DeclarationKind(kind).label) for kind in sorted(self.told)]


def ticking(
    *, today: date, actor: Actor | None = None, documents: Iterable[UUID] | None = None
) -> list[Ticking]:
    """Return the overdue invoices of insured customers over their policy's threshold, the first to declare first.

    Those whom `actor` sees, all without one. A fixed number of statements, whatever the number of invoices.
    """
    policies = policies_on(today)
    if not policies:
        return []
    lines = DueLine.objects.filter(
        kind=DocumentKind.INVOICE,
        is_open=True,
        due_date__lt=today,
        document__amount__gte=min(one.threshold for one in policies),
    )
    if actor is not None:
        lines = lines.filter(customer__in=Customer.objects.visible_to(actor, SEE_OPINIONS))
    if documents is not None:
        lines = lines.filter(document__in=list(documents))
    rows = list(
        lines.values(
            "document_id", "document__number", "document__amount", "customer_id", "issue_date",
            "currency", "entity__country", "customer__country",
        ).annotate(owed=Sum("open_amount"), due=Min("due_date"))
    )  # fmt: skip
    insured = insured_on({row["customer_id"] for row in rows}, today, policies)
    customers = {
        one.pk: one
        for one in Customer.objects.filter(pk__in=list(insured)).select_related(
            "risk_owner", "collector"
        )
    }
    told = told_about(row["document_id"] for row in rows)
    found = []
    for row in rows:
        stand = insured.get(row["customer_id"])
        if (
            stand is None
            or _is_nothing(stand.amount)
            or row["document__amount"] < stand.policy.threshold
        ):
            continue
        kinds = told.get(row["document_id"], frozenset())
        found.append(
            Ticking(
                document_id=row["document_id"],
                number=row["document__number"],
                customer=customers[row["customer_id"]],
                policy=stand.policy,
                invoice_date=row["issue_date"],
                due_date=row["due"],
                open=Money(row["owed"], row["currency"]),
                times=times_of(
                    row["issue_date"],
                    stand.policy,
                    is_export=row["customer__country"] != row["entity__country"],
                    told=kinds,
                ),
                told=kinds,
                today=today,
                reference=stand.cover.reference if stand.cover else "",
            )
        )
    return sorted(found, key=lambda one: (one.is_declared, one.times.declare_by, one.number))


def _is_nothing(money: Money) -> bool:
    return money.amount <= Decimal(0)


def told_on(documents: Iterable[UUID], kind: DeclarationKind) -> dict[UUID, InsuranceDeclaration]:
    """Return by which declaration each document was told about in one way; absent: it was not."""
    rows = DeclaredInvoice.objects.filter(document__in=list(documents), kind=kind)
    return {row.document_id: row.declaration for row in rows.select_related("declaration")}
