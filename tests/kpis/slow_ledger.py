"""The ledger in plain lists, and every sum by the definition: slow, obvious, and written apart from the SQL.

Balance as of a day = documents issued up to it less allocations whose effective date is up to it. Nothing here
knows what is open today.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property

from kernel.periods import months_to_date, window_of_months
from kpis.rules.ageing import Ageing, spread
from kpis.rules.collection import Collectable
from kpis.rules.concentration import Debtors
from kpis.rules.delays import Paid
from kpis.rules.dso import MonthSales
from kpis.rules.indicators import IndicatorInputs, Part

ZERO = Decimal(0)
_FIELDS = {
    "not_due": "not_due", "1_30": "days_1_30", "31_60": "days_31_60", "61_90": "days_61_90", "91_plus": "days_91_plus",
}  # fmt: skip


@dataclass(frozen=True)
class Line:
    due_date: date
    amount: Decimal


@dataclass(frozen=True)
class Document:
    name: str
    kind: str
    customer: str
    entity: str
    issue_date: date
    lines: tuple[Line, ...]
    currency: str = "EUR"
    linked: str = ""
    perimeter: str = "operational"
    is_opening: bool = False

    @property
    def amount(self) -> Decimal:
        return sum((line.amount for line in self.lines), ZERO)


@dataclass(frozen=True)
class Allocation:
    debit: tuple[str, int]
    credit: tuple[str, int]
    amount: Decimal
    effective_date: date


@dataclass(frozen=True)
class Contest:
    line: tuple[str, int]
    amount: Decimal
    opened_date: date
    closed_date: date | None = None


@dataclass(frozen=True)
class Debtor:
    """A customer: its code, who follows it, where it is, and the SIREN that groups it with others."""

    code: str
    siren: str = ""
    country: str = "FR"
    collector: str = ""
    sales_rep: str = ""
    group: str = ""


@dataclass
class SlowLedger:
    documents: list[Document] = field(default_factory=list)
    allocations: list[Allocation] = field(default_factory=list)
    contests: list[Contest] = field(default_factory=list)
    debtors: list[Debtor] = field(default_factory=list)
    rates: dict[str, list[tuple[date, Decimal]]] = field(default_factory=dict)
    home: str = "EUR"

    @cached_property
    def by_name(self) -> dict[str, Document]:
        return {document.name: document for document in self.documents}

    @cached_property
    def by_side(self) -> dict[tuple[str, int], list[Allocation]]:
        found = defaultdict[tuple[str, int], list[Allocation]](list)
        for allocation in self.allocations:
            found[allocation.debit].append(allocation)
            found[allocation.credit].append(allocation)
        return found

    def document(self, name: str) -> Document:
        return self.by_name[name]

    def debtor(self, code: str) -> Debtor:
        return next(debtor for debtor in self.debtors if debtor.code == code)

    def allocated(self, name: str, number: int, day: date) -> Decimal:
        return sum(
            (
                allocation.amount
                for allocation in self.by_side[name, number]
                if allocation.effective_date <= day
            ),
            ZERO,
        )

    def open_amount(self, document: Document, number: int, day: date) -> Decimal:
        if document.issue_date > day:
            return ZERO
        settled = self.allocated(document.name, number, day)
        amount = document.lines[number].amount
        return amount - settled if amount > 0 else amount + settled

    def cleared_on(self, document: Document, number: int, day: date) -> date | None:
        """The last day on which what settles the line changed, when nothing is open on `day`."""
        if self.open_amount(document, number, day):
            return None
        by_day = defaultdict[date, Decimal](lambda: ZERO)
        for allocation in self.by_side[document.name, number]:
            if allocation.effective_date <= day:
                by_day[allocation.effective_date] += allocation.amount
        return max((when for when, amount in by_day.items() if amount), default=None)

    def rate(self, currency: str, day: date) -> Decimal | None:
        if currency == self.home:
            return Decimal(1)
        known = [pair for pair in self.rates.get(currency, []) if pair[0] <= day]
        return max(known)[1] if known else None

    def value(self, amount: Decimal, currency: str, day: date) -> Decimal:
        rate = self.rate(currency, day)
        if rate is None:
            return ZERO
        if currency == self.home:
            return amount
        return (amount * rate).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)

    def ageing_date(self, document: Document, number: int) -> date | None:
        if document.lines[number].amount > 0:
            return document.lines[number].due_date
        if document.kind == "credit_note" and document.linked:
            return min(line.due_date for line in self.document(document.linked).lines)
        return None

    def inputs(
        self, day: date, keep: Callable[[Document], bool] = lambda _: True
    ) -> IndicatorInputs:
        """Every sum of the documents kept, each by a loop of its own."""
        kept = [
            document for document in self.documents if document.issue_date <= day and keep(document)
        ]
        receivables = [document for document in kept if document.perimeter == "operational"]
        sold = [document for document in kept if document.perimeter in {"operational", "doubtful"}]
        return IndicatorInputs(
            as_of=day,
            ageing=self.ageing(receivables, day),
            open_lines=sum(1 for _, _, amount in self.open_debts(receivables, day) if amount),
            overdue_lines=sum(
                1 for late, _, amount in self.open_debts(receivables, day) if amount and late > 0
            ),
            overdue_times_days=self.overdue_times_days(receivables, day),
            sales=self.sales(sold, day),
            invoiced_in_month=self.invoiced(sold, day),
            newly_disputed_in_month=self.newly_disputed(receivables, day),
            disputed=sum((amount for _, amount in self.disputed(receivables, day)), ZERO),
            disputed_overdue=sum(
                (amount for late, amount in self.disputed(receivables, day) if late > 0), ZERO
            ),
            opening_receivables=self.balance(
                receivables, day, day.replace(day=1) - timedelta(days=1)
            ),
            collectable=self.collectable(receivables, day),
            paid=self.paid(receivables, day),
            debtors=self.debtor_sums(receivables, day),
            currencies_without_rate={
                Part.OPEN: self.without_rate(receivables, day),
            },
        )

    def open_debts(
        self, documents: Iterable[Document], day: date
    ) -> list[tuple[int, Document, Decimal]]:
        return [
            ((day - line.due_date).days, document, self.open_amount(document, number, day))
            for document in documents
            for number, line in enumerate(document.lines)
            if line.amount > 0
        ]

    def placed(self, documents: Iterable[Document], day: date) -> list[tuple[date | None, Decimal]]:
        return [
            (
                self.ageing_date(document, number),
                self.value(self.open_amount(document, number, day), document.currency, day),
            )
            for document in documents
            for number in range(len(document.lines))
        ]

    def ageing(self, documents: list[Document], day: date) -> Ageing:
        placed = self.placed(documents, day)
        columns = spread([(when, amount) for when, amount in placed if when is not None], day)
        unallocated = sum((amount for when, amount in placed if when is None), ZERO)
        return Ageing(
            **{_FIELDS[key]: amount for key, amount in columns.items()}, unallocated=unallocated
        )

    def overdue_times_days(self, documents: list[Document], day: date) -> Decimal:
        return sum(
            (
                amount * (day - when).days
                for when, amount in self.placed(documents, day)
                if when and when < day
            ),
            ZERO,
        )

    def balance(self, documents: list[Document], day: date, then: date) -> Decimal:
        """What was owed net on `then`, at the rates of `day`."""
        return sum(
            (
                self.value(self.open_amount(document, number, then), document.currency, day)
                for document in documents
                for number in range(len(document.lines))
            ),
            ZERO,
        )

    def sales(self, documents: list[Document], day: date) -> list[MonthSales]:
        sold = [
            (
                self.sold_on(document, day),
                self.value(document.amount, document.currency, day),
                document.currency,
            )
            for document in documents
            if document.kind in ("invoice", "credit_note") and not document.is_opening
        ]
        if not sold:
            return []
        first = min(when for when, _, _ in sold)
        months = months_to_date(day, (day.year - first.year) * 12 + day.month - first.month + 1)
        return [
            MonthSales(
                month,
                None
                if any(
                    self.rate(currency, day) is None for when, _, currency in sold if when in month
                )
                else sum((amount for when, amount, _ in sold if when in month), ZERO),
            )
            for month in months
        ]

    def sold_on(self, document: Document, day: date) -> date:
        """The day of its invoice for a linked credit note, once that invoice exists."""
        if document.kind == "credit_note" and document.linked:
            invoiced = self.document(document.linked).issue_date
            return invoiced if invoiced <= day else document.issue_date
        return document.issue_date

    def invoiced(self, documents: list[Document], day: date) -> Decimal:
        return sum(
            (
                self.value(document.amount, document.currency, day)
                for document in documents
                if document.kind == "invoice"
                and not document.is_opening
                and document.issue_date >= day.replace(day=1)
            ),
            ZERO,
        )

    def disputed(self, documents: list[Document], day: date) -> list[tuple[int, Decimal]]:
        """Days late and disputed amount of each contested line, capped by what it owes."""
        found = []
        for document in documents:
            for number, line in enumerate(document.lines):
                contested = sum(
                    (
                        contest.amount
                        for contest in self.contests
                        if contest.line == (document.name, number)
                        and contest.opened_date <= day
                        and (contest.closed_date is None or contest.closed_date > day)
                    ),
                    ZERO,
                )
                owed = self.open_amount(document, number, day)
                amount = self.value(min(contested, max(owed, ZERO)), document.currency, day)
                found.append(((day - line.due_date).days, amount))
        return found

    def newly_disputed(self, documents: list[Document], day: date) -> Decimal:
        names = {document.name: document for document in documents}
        return sum(
            (
                self.value(contest.amount, names[contest.line[0]].currency, day)
                for contest in self.contests
                if contest.line[0] in names and day.replace(day=1) <= contest.opened_date <= day
            ),
            ZERO,
        )

    def collectable(self, documents: list[Document], day: date) -> Collectable:
        first = day.replace(day=1)
        gross, credited, collected = ZERO, ZERO, ZERO
        for document in documents:
            for number, line in enumerate(document.lines):
                if line.amount <= 0 or line.due_date > day:
                    continue
                owed = (
                    self.open_amount(document, number, first - timedelta(days=1))
                    if document.issue_date < first
                    else line.amount
                )
                gross += self.value(owed, document.currency, day)
                by_kind = {"payment": ZERO, "credit_note": ZERO}
                for allocation in self.by_side[document.name, number]:
                    if (
                        allocation.debit == (document.name, number)
                        and first <= allocation.effective_date <= day
                    ):
                        by_kind[self.document(allocation.credit[0]).kind] += allocation.amount
                credited += self.value(by_kind["credit_note"], document.currency, day)
                collected += self.value(by_kind["payment"], document.currency, day)
        return Collectable(gross, credited, collected)

    def paid(self, documents: list[Document], day: date) -> Paid:
        window = window_of_months(day, 6)
        amount, weighed, invoices = ZERO, ZERO, set[str]()
        for document in documents:
            if document.kind != "invoice":
                continue
            for number, line in enumerate(document.lines):
                cleared = self.cleared_on(document, number, day)
                if cleared is None or cleared not in window:
                    continue
                for allocation in self.by_side[document.name, number]:
                    is_payment = self.document(allocation.credit[0]).kind == "payment"
                    if (
                        is_payment
                        and allocation.debit == (document.name, number)
                        and allocation.effective_date <= day
                    ):
                        value = self.value(allocation.amount, document.currency, day)
                        amount += value
                        weighed += value * (allocation.effective_date - line.due_date).days
                        invoices.add(document.name)
        return Paid(amount, weighed, len(invoices))

    def debtor_sums(self, documents: list[Document], day: date) -> Debtors:
        owed = defaultdict[str, Decimal](lambda: ZERO)
        for document in documents:
            debtor = self.debtor(document.customer)
            for number in range(len(document.lines)):
                if self.ageing_date(document, number):
                    amount = self.value(
                        self.open_amount(document, number, day), document.currency, day
                    )
                    owed[debtor.group or debtor.siren or debtor.code] += amount
        return Debtors.of(owed.values())

    def without_rate(self, documents: list[Document], day: date) -> frozenset[str]:
        return frozenset(
            document.currency
            for document in documents
            for number in range(len(document.lines))
            if self.rate(document.currency, day) is None and self.open_amount(document, number, day)
        )
