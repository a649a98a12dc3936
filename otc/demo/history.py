"""What happened between a demo company and its customers, month by month.

Pure: values in, values out. Each customer and month has dice of its own, so that a month which has only begun
changes nothing in the others.
"""

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from kernel.periods import days_in_month, months_back
from ledger.models import DocumentKind
from ledger.rules.terms import Terms, due_date
from otc.demo.customers import Client, weighted
from otc.demo.papers import Book, Line, Paper, Tax, cents, working_day
from otc.demo.plans import draw_plan
from otc.demo.shape import Company
from otc.demo.writer import Writer

AMOUNT_SPREAD = 0.62
ACTIVITY = 0.85  # scales every portfolio's invoices to about 15,000 documents in all
PRICE_RISE_A_YEAR = 0.03
_TWO_TAX_RATES, _FROM_ELSEWHERE, _KEPT = 0.06, 0.2, 0.6
_INSTALMENTS_FROM, _INSTALMENTS = Decimal(12_000), 0.30
_REBATES_A_MONTH = 0.012
_LAST_MONTH_OF_DOUBTFUL = -9


class Months:
    """Writes the months of one client: invoices, and now and then a rebate."""

    def __init__(self, writer: Writer) -> None:
        self.writer = writer
        self.company, self.client = writer.company, writer.client
        self.today = writer.today

    def write(self) -> None:
        """Write every month up to today, then what the client paid."""
        last = self.client.last_month
        if self.client.is_doubtful:
            last = min(last, _LAST_MONTH_OF_DOUBTFUL)
        for month in range(self.client.first_month, last + 1):
            dice = Random(f"{self.company.seed}/{self.client.code}/{month}")  # noqa: S311  invented data, no secret
            self._month(month, dice)
        self.writer.pay()

    def _month(self, month: int, dice: Random) -> None:
        rate = self.client.portfolio.invoices_a_month * ACTIVITY * self.client.size**0.35
        for _ in range(_count(dice, rate)):
            self._invoice(month, Random(dice.random()))  # noqa: S311  as above
        if dice.random() < _REBATES_A_MONTH:
            self._rebate(month, dice)

    def _day(self, month: int, dice: Random) -> date:
        first = months_back(self.today, -month)
        day = working_day(first.replace(day=min(dice.randint(1, 30), days_in_month(first))))
        return day if day.month == first.month else day - timedelta(days=3)

    def _invoice(self, month: int, dice: Random) -> None:
        day = self._day(month, dice)
        median = Decimal(self.client.portfolio.median_amount)
        factor = dice.lognormvariate(0, AMOUNT_SPREAD) * self.client.size**0.65
        factor *= 1 + PRICE_RISE_A_YEAR * month / 12
        excl_tax = cents(median * Decimal(factor))
        tax = self._tax(excl_tax, dice)
        gross = excl_tax + sum((part[2] for part in tax), start=Decimal(0))
        is_elsewhere = bool(self.client.second_firm) and dice.random() < _FROM_ELSEWHERE
        firm = self.client.second_firm if is_elsewhere else self.client.portfolio.firm
        paper = Paper(
            client=self.client,
            kind=DocumentKind.INVOICE,
            firm=firm,
            day=day,
            amount=gross,
            excl_tax=excl_tax,
            tax=tax,
            lines=self._instalments(day, gross, dice),
            order_number=f"BC{dice.randint(40_000, 99_999)}",
        )
        plans = [draw_plan(paper, n, month, dice) for n in range(len(paper.lines))]
        if day > self.today:
            return
        self.writer.book.papers.append(paper)
        for plan in plans:
            plan.apply(self.writer)

    def _tax(self, excl_tax: Decimal, dice: Random) -> Tax:
        rate = weighted(dice, self.company.tax_rates)
        second = self.company.tax_rates[-1][0] if dice.random() < _TWO_TAX_RATES else rate
        if self.client.country != self.company.country:
            return ((Decimal(0), excl_tax, Decimal(0)),)
        if second == rate:
            return ((rate, excl_tax, cents(excl_tax * rate)),)
        small = cents(excl_tax / 5)
        parts = ((rate, excl_tax - small), (second, small))
        return tuple((tax_rate, base, cents(base * tax_rate)) for tax_rate, base in parts)

    def _instalments(self, day: date, gross: Decimal, dice: Random) -> list[Line]:
        chance = dice.random()
        terms = self.writer.terms
        first = due_date(day, terms)
        if gross < _INSTALMENTS_FROM or chance > _INSTALMENTS or not terms.days:
            return [Line(first, gross, gross)]
        half = cents(gross / 2)
        early = day + timedelta(days=max(10, terms.days // 2))
        return [Line(early, half, half), Line(max(first, early), gross - half, gross - half)]

    def _rebate(self, month: int, dice: Random) -> None:
        day = self._day(month, dice)
        excl_tax = cents(
            Decimal(self.client.portfolio.median_amount) / 8 * Decimal(dice.uniform(0.5, 1.5))
        )
        is_kept = dice.random() < _KEPT
        tax = self._tax(excl_tax, dice)
        if day > self.today:
            return
        note = self.writer.credit_note(
            day, excl_tax, tax, firm=self.client.portfolio.firm, linked=None
        )
        self.writer.use_rebate(note, is_kept=is_kept)


def _count(dice: Random, rate: float) -> int:
    """Return how many things happen at that rate: a draw of Poisson by its sum of waiting times."""
    count, waited = 0, dice.expovariate(1)
    while waited < rate:
        count += 1
        waited += dice.expovariate(1)
    return count


def numbered(company: Company, papers: list[Paper]) -> None:
    """Give the papers of each entity their numbers, in the order of their days and without gaps."""
    prefixes = {firm.code: firm.prefix for firm in company.firms}
    counters: dict[tuple[str, str], int] = defaultdict(int)
    for paper in sorted(papers, key=lambda p: (p.day, p.client.index, p.kind, p.amount)):
        stem = _stem(company, paper, prefixes)
        counters[paper.firm, stem] += 1
        paper.number = f"{stem}{counters[paper.firm, stem]:04d}"


def _stem(company: Company, paper: Paper, prefixes: dict[str, str]) -> str:
    if paper.kind == DocumentKind.PAYMENT:
        return f"{company.payment_prefix}-{paper.day:%y%m%d}-"
    if paper.kind == DocumentKind.CREDIT_NOTE:
        return f"{company.credit_prefix}{prefixes[paper.firm][-1]}-{paper.day:%y%m}-"
    return f"{prefixes[paper.firm]}-{paper.day:%y%m}-"


def history(company: Company, clients: list[Client], terms: dict[str, Terms], today: date) -> Book:
    """Return everything that happened between `company` and its clients up to `today`."""
    book = Book()
    for client in clients:
        Months(Writer(company, client, terms[client.terms], book, today)).write()
    numbered(company, book.papers)
    return book
