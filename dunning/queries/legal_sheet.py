"""The computation sheet of a customer's penalty claims, as a document is made from it."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from dunning.documents.computation import ComputationSheet, SheetDocument, SheetPeriod
from dunning.models import InterestClaim
from ledger.models import Customer, Entity


def computation_sheet(
    customer: Customer,
    entity: Entity,
    claims: Iterable[InterestClaim],
    *,
    currency: str,
    today: date,
) -> ComputationSheet:
    """Return the sheet of `claims` towards one entity in one currency, in the customer's language."""
    ids = [f"SIREN {entity.siren}"] if entity.siren else []
    return ComputationSheet(
        language=customer.language,
        creditor_name=entity.account_holder or entity.name,
        creditor_lines=_lines(entity.address),
        legal_foot=", ".join([entity.name, *ids]),
        customer_code=customer.code,
        customer_name=customer.name,
        customer_lines=_lines(customer.address),
        currency=currency,
        as_of_date=max((claim.computed_until for claim in claims), default=today),
        documents=tuple(_document(claim) for claim in claims),
    )


def _document(claim: InterestClaim) -> SheetDocument:
    paid = claim.paid_interest + claim.paid_charge
    waived = claim.waived_interest + claim.waived_charge
    left = max(claim.interest - claim.paid_interest - claim.waived_interest, Decimal(0)) + max(
        claim.fixed_charge - claim.paid_charge - claim.waived_charge, Decimal(0)
    )
    return SheetDocument(
        claim_number=claim.number,
        document_number=claim.document.number,
        issue_date=claim.document.issue_date,
        periods=tuple(_period(row) for row in claim.sheet),
        interest=claim.interest,
        fixed_charge=claim.fixed_charge,
        paid=paid,
        waived=waived,
        left=left,
    )


def _period(row: dict[str, str]) -> SheetPeriod:
    return SheetPeriod(
        first_day=date.fromisoformat(row["from"]),
        last_day=date.fromisoformat(row["to"]),
        days=int(row["days"]),
        principal=Decimal(row["principal"]),
        rate=Decimal(row["rate"]),
        interest=Decimal(row["interest"]),
        basis=row["basis"],
        source=row["source"],
    )


def _lines(address: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in address.splitlines() if line.strip())
