"""An export of receivables as an accounting package writes it: French headers, ISO-8859-15, semicolons."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

HEADERS = (
    "Code interne", "Raison sociale", "N° pièce", "Date pièce", "Échéance", "Montant TTC",
    "Montant HT", "E-mail", "Pays", "Langue",
)  # fmt: skip
CUSTOMERS = (
    ("ŒNO", "Œnologie Fictive SARL"),
    ("BÂTI", "Bâti-Loire Fictif SAS"),
    ("MARB", "Marbrerie Fictive"),
    ("TUIL", "Tuilerie Fictive"),
    ("QUIN", "Quincaillerie Fictive"),
    ("NÉGO", "Négoce Fictif"),
)
REMINDED = CUSTOMERS[0][1]
DAYS_LATE = (
    12,
    11,
    -10,
    -25,
    -40,
)  # of each customer: late enough for a statement to go with the reminder


@dataclass(frozen=True)
class Row:
    """A row of the export; an invoice with its due date."""

    code: str
    name: str
    number: str
    due_date: date
    amount: Decimal

    def text(self) -> str:
        issued = self.due_date - timedelta(days=30)
        without_tax = self.amount / Decimal("1.2")
        cells = [
            self.code, self.name, self.number, f"{issued:%d/%m/%Y}", f"{self.due_date:%d/%m/%Y}",
            french(self.amount), french(without_tax), address_of(self.code), "FR", "fr",
        ]  # fmt: skip
        return ";".join(cells)


def french(amount: Decimal) -> str:
    """Return an amount as a French export writes it: 1 234,56."""
    return f"{amount:,.2f}".replace(",", " ").replace(".", ",")


def address_of(code: str) -> str:
    position = [known for known, _ in CUSTOMERS].index(code)
    return f"compta{position}@client.example"


def rows(today: date) -> list[Row]:
    """Return thirty invoices of six customers; two of each are late."""
    return [
        Row(
            code,
            name,
            f"FA-{place}{number}",
            today - timedelta(days=late),
            Decimal(1200 + 100 * place + 10 * number) + Decimal("0.24"),
        )
        for place, (code, name) in enumerate(CUSTOMERS)
        for number, late in enumerate(DAYS_LATE)
    ]


def export(today: date, *, headers: tuple[str, ...] = HEADERS) -> bytes:
    """Return the file: thirty good rows and the last one with a day that does not exist."""
    bad = "MARB;Marbrerie Fictive;FA-99;01/10/2026;31/11/2026;10,00;8,33;;FR;fr"
    lines = [";".join(headers), *(row.text() for row in rows(today)), bad]
    return ("\r\n".join(lines) + "\r\n").encode("iso-8859-15")


def overdue(today: date) -> Decimal:
    """Return what is late on `today`: the sum over the file, made here and nowhere else."""
    return sum((row.amount for row in rows(today) if row.due_date < today), Decimal(0))
