"""Writes what one client and the company did: credit notes, settlements and payments."""

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from kernel.periods import days_in_month
from ledger.models import DocumentKind, Perimeter
from ledger.rules.terms import Terms
from otc.demo.customers import Client
from otc.demo.papers import Book, Due, Line, Paper, Settled, Tax, working_day
from otc.demo.shape import Company

_UNALLOCATED, _UNALLOCATED_DAYS = 0.055, 24  # money not yet matched, all of it recent
_STOPPED_PAYING_DAYS = 280
_RUN_REACH = timedelta(days=5)  # a payment run takes what falls due that near to it


class Writer:
    """Writes the history of one client up to `today` into a book."""

    def __init__(
        self, company: Company, client: Client, terms: Terms, book: Book, today: date
    ) -> None:
        self.company = company
        self.client = client
        self.terms = terms
        self.book = book
        self.today = today
        self.stopped = today - timedelta(days=_STOPPED_PAYING_DAYS) if client.is_doubtful else None
        self.dues: list[Due] = []

    def use_rebate(self, note: Paper, *, is_kept: bool) -> None:
        """Set a rebate against the next payment that is large enough; a recent one may lie unused."""
        worth = -note.amount
        for due in self.dues:
            is_waiting = due.day > self.today
            fits = due.amount > worth and due.paper.firm == note.firm and due.day > note.day
            if fits and not (is_waiting and is_kept):
                due.amount -= worth
                self.settle(due.paper, due.instalment, note, worth)
                return

    def credit_note(
        self,
        day: date,
        excl_tax: Decimal,
        tax: Tax,
        *,
        firm: str,
        linked: Paper | None,
    ) -> Paper:
        """Add a credit note; amounts are given above zero and stored below."""
        gross = excl_tax + sum((part[2] for part in tax), start=Decimal(0))
        note = Paper(
            client=self.client,
            kind=DocumentKind.CREDIT_NOTE,
            firm=firm,
            day=day,
            amount=-gross,
            excl_tax=-excl_tax,
            tax=tuple((rate, -base, -part) for rate, base, part in tax),
            lines=[Line(day, -gross, -gross)],
            linked=linked,
        )
        self.book.papers.append(note)
        return note

    def settle(self, debit: Paper, instalment: int, credit: Paper, amount: Decimal) -> None:
        """Note that part of an instalment is settled, from the later of the two papers' days on."""
        debit.lines[instalment].rest -= amount
        credit.lines[0].rest += amount
        day = max(debit.day, credit.day)
        self.book.settled.append(Settled(debit, instalment, credit, amount, day))

    def intend(self, paper: Paper, instalment: int, amount: Decimal, day: date) -> None:
        """Note that the client means to pay; he may have stopped paying before, or the day lie ahead."""
        if amount > 0:
            self.dues.append(Due(paper, instalment, amount, self._run_day(day)))

    def _run_day(self, day: date) -> date:
        """Return the day of the payment run near `day`, if the client makes one; else a working day."""
        for run in self.client.run_days:
            run_day = day.replace(day=min(run, days_in_month(day)))
            if abs(run_day - day) <= _RUN_REACH:
                return working_day(run_day)
        return working_day(day)

    def pay(self) -> None:
        runs: dict[tuple[str, date], list[Due]] = defaultdict(list)
        for due in self.dues:
            has_stopped = self.stopped is not None and due.day > self.stopped
            if has_stopped:
                due.paper.perimeter = Perimeter.DOUBTFUL
            elif due.day <= self.today and due.amount > 0:
                runs[due.paper.firm, due.day].append(due)
        for (firm, day), dues in sorted(runs.items()):
            self._receive(firm, day, dues)

    def _receive(self, firm: str, day: date, dues: list[Due]) -> None:
        total = sum((due.amount for due in dues), start=Decimal(0))
        payment = Paper(
            client=self.client,
            kind=DocumentKind.PAYMENT,
            firm=firm,
            day=day,
            amount=-total,
            lines=[Line(day, -total, -total)],
        )
        self.book.papers.append(payment)
        since = (self.today - day).days
        dice = Random(f"{self.company.seed}/{self.client.code}/{total}")  # noqa: S311  invented data, no secret
        if dice.random() < _UNALLOCATED and since <= _UNALLOCATED_DAYS:
            return
        for due in dues:
            self.settle(due.paper, due.instalment, payment, due.amount)
