"""People, a confirmed policy and insurers' files for the tests of insurance."""

import io
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

from credit.models import Cover, CoverImport, InsurerPolicy
from credit.services.covers import apply_import, receive_file
from credit.services.policies import NewPolicy, confirm_policy, write_policy
from kernel.money import Money
from kernel.permissions import Actor
from ledger.models import Customer, DocumentKind, DueLine, Entity
from ledger.services import NewDocument, record_document
from tests.cast import House

TODAY = date(2026, 11, 22)
NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
SNCF, RATP = "552049447", "775663438"
HEAD = (
    "SIREN;Raison sociale;Statut;Montant accordé;Devise;Date d'effet;Date de fin;Référence assureur"
)


@dataclass
class Insured:
    """A house with a policy of Coface in force, an analyst who writes and a manager who confirms."""

    house: House
    analyst: Actor
    manager: Actor
    accountant: Actor

    def policy(self, **more: object) -> InsurerPolicy:
        """Return a policy that two people stand behind."""
        values: dict[str, object] = {
            "number": "POL-1", "insurer": "Coface", "currency": "EUR", "insured_share": Decimal("0.9"),
            "valid_from": date(2026, 1, 1), **more,
        }  # fmt: skip
        row = write_policy(NewPolicy(**values), actor=self.analyst, now=NOW)  # type: ignore[arg-type]
        return confirm_policy(policy=row, actor=self.manager, now=NOW)

    def file(self, policy: InsurerPolicy, *rows: str, head: str = HEAD) -> CoverImport:
        """Return an insurer's file as it was read, not taken in yet."""
        text = "\n".join([head, *rows]) + "\n"
        return receive_file(
            policy=policy, content=io.BytesIO(text.encode()), name="coface.csv", actor=self.analyst, now=NOW
        )  # fmt: skip

    def take(self, policy: InsurerPolicy, *rows: str) -> CoverImport:
        """Read a file and take it in."""
        return apply_import(
            batch=self.file(policy, *rows), actor=self.analyst, now=NOW, today=TODAY
        )

    def invoice(
        self, customer: Customer, number: str, amount: str, day: date, currency: str = "EUR"
    ) -> DueLine:
        """Return the one line of an invoice issued on a day."""
        document = record_document(
            NewDocument(
                Entity.objects.get(pk=self.house.entity_id),
                customer,
                DocumentKind.INVOICE,
                number,
                day,
                Money(Decimal(amount), currency),
            ),
            actor=self.accountant,
            today=TODAY,
        )
        return DueLine.objects.get(document=document)

    def covers(self) -> list[tuple[str, str, str]]:
        """Return what counts: customer, state, amount."""
        rows = (
            Cover.objects.filter(undone_at=None)
            .select_related("customer")
            .order_by("recorded_at", "customer__code", "id")
        )
        return [(one.customer.code, one.state, f"{one.amount:.0f}") for one in rows]


def insured_house(house: House) -> Insured:
    """Return the people of a house, made outside any scope."""
    return Insured(
        house, house.actor("credit_analyst"), house.actor("credit_manager"), house.actor("cash_accountant")
    )  # fmt: skip
