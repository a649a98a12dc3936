"""Writes a year of French books as a FEC, from a seed: what a small industrial company exports.

Opening balances customer by customer and item by item, sales with two VAT rates, exports without,
credit notes, part payments, payments of several invoices at once, unpaid direct debits, bills
(413), doubtful customers (416), deposits (4191), write-offs, purchases, payroll, bank charges.
Lettering is there for what is settled and missing for what is not.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

COLUMNS = (
    "JournalCode",
    "JournalLib",
    "EcritureNum",
    "EcritureDate",
    "CompteNum",
    "CompteLib",
    "CompAuxNum",
    "CompAuxLib",
    "PieceRef",
    "PieceDate",
    "EcritureLib",
    "Debit",
    "Credit",
    "EcritureLet",
    "DateLet",
    "ValidDate",
    "Montantdevise",
    "Idevise",
)
JOURNALS = {
    "AN": "A nouveaux",
    "VE": "Ventes",
    "BQ1": "Banque Crédit Fictif",
    "BQ2": "Banque des Échanges",
    "CA": "Caisse",
    "AC": "Achats",
    "OD": "Opérations diverses",
    "PAIE": "Salaires",
    "EF": "Effets à recevoir",
}
ACCOUNTS = {
    "101000": "Capital",
    "401000": "Fournisseurs",
    "411000": "Clients",
    "413000": "Clients, effets à recevoir",
    "416000": "Clients douteux",
    "419100": "Clients, acomptes reçus",
    "421000": "Personnel, rémunérations dues",
    "445660": "TVA déductible",
    "445710": "TVA collectée 20 %",
    "445711": "TVA collectée 10 %",
    "512100": "Banque Crédit Fictif",
    "512200": "Banque des Échanges",
    "530000": "Caisse",
    "607000": "Achats de marchandises",
    "627000": "Services bancaires",
    "641000": "Rémunérations",
    "654000": "Pertes sur créances",
    "701000": "Ventes de produits finis",
    "707000": "Ventes à l'exportation",
    "709000": "Rabais, remises",
}
WORDS = "Bâti Loire Acier Énergie Forêt Océan Pôle Garçon Señor Müller Œuvre Été Nord Sud".split()  # noqa: SIM905
FORMS = ("SARL", "SAS", "SA", "& Fils", "GmbH")
CENT = Decimal("0.01")
ZERO = Decimal(0)


@dataclass(frozen=True)
class BookLine:
    """One line of the books before it is written."""

    account: str
    debit: Decimal = Decimal(0)
    credit: Decimal = Decimal(0)
    customer: int | None = None
    letter: str = ""
    letter_date: date | None = None


@dataclass(frozen=True)
class Sale:
    """An invoice and when it is paid, if ever; `letter` is empty for what stays open."""

    piece: str
    day: date
    pay_day: date
    customer: int
    gross: Decimal
    tax: Decimal
    letter: str
    fate: float


@dataclass
class Books:
    """The books in the making; `entries` are (journal, day, piece, piece day, label, lines)."""

    seed: int
    first_day: date
    dice: random.Random = field(init=False)
    entries: list[tuple[str, date, str, date, str, list[BookLine]]] = field(default_factory=list)
    letters: int = 0

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)  # noqa: S311  made-up books, not secrets

    def add(
        self,
        journal: str,
        day: date,
        piece: str,
        label: str,
        *lines: BookLine,
        piece_day: date | None = None,
    ) -> None:
        """Record one entry."""
        self.entries.append((journal, day, piece, piece_day or day, label, list(lines)))

    def next_letter(self) -> str:
        """Return the next lettering code: AAA, AAB…"""
        number, code = self.letters, ""
        for _ in range(4):
            number, digit = divmod(number, 26)
            code = chr(65 + digit) + code
        self.letters += 1
        return code

    def amount(self, low: int, high: int) -> Decimal:
        """Return a round-looking amount without tax."""
        return Decimal(self.dice.randrange(low * 100, high * 100)) / 100


def make_books(
    *, seed: int = 7, year: int = 2025, lines: int = 40_000, customers: int = 320
) -> list[dict[str, str]]:
    """Return about `lines` lines of a year's books as the columns of a FEC, in the order of entry."""
    books = Books(seed, date(year, 1, 1))
    _open(books, customers)
    sales = _days_of_sales(books, lines, customers)
    for number, (day, customer) in enumerate(sales, start=1):
        _one_sale(books, number, day, customer)
    _daily_life(books, lines)
    books.entries.sort(key=lambda entry: (entry[1], entry[0]))
    return list(_written(books))


def _open(books: Books, customers: int) -> None:
    """Bring forward last year's open items, each with its own piece and day."""
    total = ZERO
    first = books.first_day
    for customer in range(customers):
        for number in range(books.dice.randrange(3)):
            gross = books.amount(200, 9000)
            issued = first - timedelta(days=books.dice.randrange(5, 80))
            letter = books.next_letter() if books.dice.random() < 0.9 else ""
            paid = first + timedelta(days=books.dice.randrange(3, 70))
            piece = f"F{first.year - 1}-{customer:04d}{number}"
            sale = Sale(piece, issued, paid, customer, gross, ZERO, letter, 0)
            books.add("AN", first, piece, "A nouveau", _of(sale, debit=gross), piece_day=issued)
            total += gross
            if letter:
                _pay(books, sale, paid, gross)
    books.add("AN", first, "AN", "A nouveau", BookLine("101000", credit=total))


def _days_of_sales(books: Books, lines: int, customers: int) -> list[tuple[date, int]]:
    count = (
        lines * 10 // 64
    )  # what one sale and its life write, on average, and the rest of the year
    weights = [1 / (rank + 3) for rank in range(customers)]
    chosen = books.dice.choices(range(customers), weights, k=count)
    days = sorted(books.dice.randrange(365) for _ in range(count))
    return [
        (books.first_day + timedelta(days=day), customer)
        for day, customer in zip(days, chosen, strict=True)
    ]


def _one_sale(books: Books, number: int, day: date, customer: int) -> None:
    net = books.amount(80, 12_000)
    is_export = customer % 9 == 0
    rate = Decimal(0) if is_export else Decimal("0.1") if customer % 7 == 0 else Decimal("0.2")
    tax = (net * rate).quantize(CENT)
    fate = books.dice.random()
    lag = max(0, int(books.dice.gauss(38 + customer % 5 * 6, 16)))
    pay_day = day + timedelta(days=lag)
    is_paid = pay_day.year == day.year and fate < 0.9
    letter = books.next_letter() if is_paid else ""
    piece = f"F{day.year}-{number:05d}"
    sale = Sale(piece, day, pay_day, customer, net + tax, tax, letter, fate)
    lines = [_of(sale, debit=sale.gross), BookLine("707000" if is_export else "701000", credit=net)]
    if tax:
        lines.append(BookLine("445711" if rate == Decimal("0.1") else "445710", credit=tax))
    books.add("VE", day, piece, f"Facture {piece}", *lines)
    (_settled if is_paid else _unpaid)(books, sale)


def _of(
    sale: Sale,
    *,
    debit: Decimal = ZERO,
    credit: Decimal = ZERO,
    account: str = "411000",
    mark: str = "",
) -> BookLine:
    """Return a line on the customer's account, lettered when the sale is paid in the end."""
    letter = sale.letter and sale.letter + mark
    return BookLine(account, debit, credit, sale.customer, letter, sale.pay_day if letter else None)


def _unpaid(books: Books, sale: Sale) -> None:
    """Let an open invoice age, be paid in part without lettering, or become doubtful."""
    later = sale.day + timedelta(days=books.dice.randrange(40, 90))
    if later.year != sale.day.year:
        return
    if sale.fate > 0.985:
        lines = _of(sale, debit=sale.gross, account="416000"), _of(sale, credit=sale.gross)
        books.add("OD", later, sale.piece, "Créance douteuse", *lines)
    elif sale.fate > 0.95:
        _pay(books, sale, later, (sale.gross / 3).quantize(CENT))


def _settled(books: Books, sale: Sale) -> None:
    ways = [
        _by_credit_note,
        _in_two_parts,
        _by_bill,
        _at_the_second_try,
        _but_for_a_little,
        _at_once,
    ]
    (way,) = books.dice.choices(ways, [6, 10, 4, 3, 1, 76])
    way(books, sale)


def _by_credit_note(books: Books, sale: Sale) -> None:
    back, back_tax = (sale.gross / 5).quantize(CENT), (sale.tax / 5).quantize(CENT)
    day = min(sale.day + timedelta(days=9), sale.pay_day)
    lines = [BookLine("709000", debit=back - back_tax), _of(sale, credit=back)]
    if back_tax:
        lines.append(BookLine("445710", debit=back_tax))
    books.add("VE", day, f"A{sale.piece[1:]}", f"Avoir sur {sale.piece}", *lines)
    _pay(books, sale, sale.pay_day, sale.gross - back)


def _in_two_parts(books: Books, sale: Sale) -> None:
    first = (sale.gross / 2).quantize(CENT)
    _pay(books, sale, sale.day + (sale.pay_day - sale.day) / 2, first)
    _pay(books, sale, sale.pay_day, sale.gross - first)


def _by_bill(books: Books, sale: Sale) -> None:
    day = min(sale.day + timedelta(days=2), sale.pay_day)
    bill = _of(sale, debit=sale.gross, account="413000", mark="E")
    books.add("EF", day, sale.piece, "Effet accepté", bill, _of(sale, credit=sale.gross))
    _pay(books, sale, sale.pay_day, sale.gross, account="413000", mark="E")


def _at_the_second_try(books: Books, sale: Sale) -> None:
    first = sale.day + (sale.pay_day - sale.day) / 2
    _pay(books, sale, first, sale.gross)
    back = min(first + timedelta(days=5), sale.pay_day)
    lines = _of(sale, debit=sale.gross), BookLine("512100", credit=sale.gross)
    books.add("BQ1", back, "IMP", f"Impayé {sale.piece}", *lines)
    _pay(books, sale, sale.pay_day, sale.gross)


def _but_for_a_little(books: Books, sale: Sale) -> None:
    rest = Decimal("1.50")
    _pay(books, sale, sale.pay_day, sale.gross - rest)
    lines = BookLine("654000", debit=rest), _of(sale, credit=rest)
    books.add("OD", sale.pay_day, sale.piece, "Écart de règlement", *lines)


def _at_once(books: Books, sale: Sale) -> None:
    _pay(books, sale, sale.pay_day, sale.gross)


def _pay(
    books: Books, sale: Sale, day: date, amount: Decimal, *, account: str = "411000", mark: str = ""
) -> None:
    journal, bank = books.dice.choice(
        [("BQ1", "512100"), ("BQ1", "512100"), ("BQ2", "512200"), ("CA", "530000")]
    )
    lines = BookLine(bank, debit=amount), _of(sale, credit=amount, account=account, mark=mark)
    books.add(journal, day, "VIR", f"Règlement client {sale.customer:04d}", *lines)


def _daily_life(books: Books, lines: int) -> None:
    """Purchases, salaries, bank charges and deposits: what stands beside the customers' accounts."""
    for number in range(lines // 16):
        day = books.first_day + timedelta(days=books.dice.randrange(365))
        net = books.amount(50, 5000)
        tax = (net * Decimal("0.2")).quantize(CENT)
        books.add(
            "AC",
            day,
            f"FF{number}",
            "Achat",
            BookLine("607000", debit=net),
            BookLine("445660", debit=tax),
            BookLine("401000", credit=net + tax),
        )
    for month in range(12):
        day = (books.first_day + timedelta(days=31 * month)).replace(day=25)
        wages = books.amount(80_000, 90_000)
        books.add(
            "PAIE",
            day,
            f"PAIE{month}",
            "Salaires",
            BookLine("641000", debit=wages),
            BookLine("421000", credit=wages),
        )
        fee = books.amount(20, 60)
        books.add(
            "BQ1",
            day,
            "FRAIS",
            "Frais bancaires",
            BookLine("627000", debit=fee),
            BookLine("512100", credit=fee),
        )
        deposit = books.amount(500, 900)
        books.add(
            "BQ2",
            day,
            "ACOMPTE",
            "Acompte client",
            BookLine("512200", debit=deposit),
            BookLine("419100", credit=deposit, customer=month),
        )


def _written(books: Books) -> Iterator[dict[str, str]]:
    """Number the entries per journal; all that is brought forward is one entry."""
    counters: dict[str, int] = {}
    for journal, day, piece, piece_day, label, lines in books.entries:
        counters[journal] = 1 if journal == "AN" else counters.get(journal, 0) + 1
        head = journal, JOURNALS[journal], str(counters[journal]), f"{day:%Y%m%d}"
        paper = piece, f"{piece_day:%Y%m%d}", label
        for line in lines:
            cells = (
                *head,
                *_account_cells(line),
                *paper,
                *_amount_cells(line),
                f"{day:%Y%m%d}",
                "",
                "",
            )
            yield dict(zip(COLUMNS, cells, strict=True))


def _account_cells(line: BookLine) -> tuple[str, str, str, str]:
    account = line.account, ACCOUNTS[line.account]
    if line.customer is None:
        return (*account, "", "")
    return (*account, f"C{line.customer:04d}", customer_name(line.customer))


def _amount_cells(line: BookLine) -> tuple[str, str, str, str]:
    lettered = f"{line.letter_date:%Y%m%d}" if line.letter_date else ""
    return _comma(line.debit), _comma(line.credit), line.letter, lettered


def customer_name(customer: int) -> str:
    """Return the name of a customer by his number; most have an accent."""
    first = WORDS[customer % len(WORDS)]
    second = WORDS[customer * 5 // len(WORDS) % len(WORDS)]
    return f"{first} {second} {customer:04d} {FORMS[customer % len(FORMS)]}"


def _comma(amount: Decimal) -> str:
    return f"{amount:.2f}".replace(".", ",")


def write_fec(
    rows: list[dict[str, str]],
    path: Path,
    *,
    encoding: str = "utf-8",
    separator: str = "\t",
    has_sides: bool = False,
) -> None:
    """Write rows as a FEC; `has_sides` uses the layout Montant and Sens instead of Debit and Credit."""
    columns = [*COLUMNS]
    if has_sides:
        columns[11:13] = ["Montant", "Sens"]
    written = [separator.join(columns)]
    for row in rows:
        cells = [row[name] for name in COLUMNS]
        if has_sides:
            is_debit = row["Debit"] != "0,00"
            cells[11:13] = [row["Debit"] if is_debit else row["Credit"], "D" if is_debit else "C"]
        written.append(separator.join(cells))
    path.write_bytes(("\r\n".join(written) + "\r\n").encode(encoding))
