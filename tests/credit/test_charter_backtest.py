"""The back-test says what walking the clock day by day with the live check says, and asks few questions."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.look_ups import tenant_of_slug
from accounts.models import Membership
from accounts.queries import actor_of
from credit.models import CreditLimit
from credit.queries.charter_backtest import back_test
from credit.queries.charter_facts import (
    WITHOUT_RECORD,
    converted,
    deposit_share,
    known_about,
    received_by,
    was_granted_by_somebody,
)
from credit.queries.limits import limit_on
from credit.rules.charter import Article, Check, Effect, Kind, Proposal, breaches
from credit.rules.charter_backtest import BackTest
from credit.rules.ready_charter import READY_CHARTER
from kernel.money import Money
from kernel.permissions import Actor, system_actor
from kernel.tenancy import tenant_scope
from ledger.models import Customer, Document, DocumentKind, Entity, PaymentTerms, Perimeter
from ledger.queries import home_and_rates
from ledger.services import NewDocument, NewLine, record_document
from ledger.services.allocations import allocate
from otc.demo.orvanne import ORVANNE
from otc.demo.services import make_tenant
from otc.demo.shape import Company
from otc.demo.wexcombe import WEXCOMBE
from tests.cast import TODAY, CustomerMaker, House

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 10, 31, 9, 0, tzinfo=UTC)
Row = tuple[date, str, UUID, str, tuple[int, ...]]


class Walk:
    """Somebody who lives through each day and asks the live check about what happens on it."""

    def __init__(self, articles: tuple[Article, ...], last_day: date) -> None:
        self.articles = articles
        self.first_day, self.last_day = last_day.replace(year=last_day.year - 1), last_day
        self.met: set[UUID] = set(
            Document.objects.filter(
                issue_date__lt=self.first_day,
                kind=DocumentKind.INVOICE,
                perimeter=Perimeter.OPERATIONAL,
            ).values_list("customer", flat=True)
        )
        self.seen: set[UUID] = set()
        self.brought_forward = set(
            Document.objects.filter(is_opening=True, kind=DocumentKind.INVOICE).values_list(
                "customer", flat=True
            )
        )

    def rows(self) -> list[Row]:
        found = []
        day = self.first_day
        while day <= self.last_day:
            found += list(self._day(day))
            day += timedelta(days=1)
        return sorted(found)

    def _day(self, day: date) -> Iterator[Row]:
        invoices = Document.objects.filter(
            issue_date=day, kind=DocumentKind.INVOICE, perimeter=Perimeter.OPERATIONAL
        ).order_by("number", "pk")
        for invoice in invoices.select_related("customer__terms"):
            yield from self._invoice(invoice, day)
        limits = CreditLimit.objects.filter(valid_from=day, undone_at=None)
        for limit in limits.select_related("customer__terms"):
            yield from self._asked(day, limit.customer_id, limit.pk, self._limit(limit, day))

    def _invoice(self, invoice: Document, day: date) -> Iterator[Row]:
        customer = invoice.customer
        is_new = customer.pk not in self.met and not invoice.is_opening
        self.met.add(customer.pk)
        if is_new:
            self.seen.add(customer.pk)
            yield from self._asked(day, customer.pk, invoice.pk, self._opening(invoice, day))
        elif customer.pk not in self.seen and not invoice.is_opening:
            self.seen.add(customer.pk)
            if customer.terms is not None:
                known = known_about(customer, kind=Kind.TERMS, currency="EUR", day=day)
                yield from self._asked(day, customer.pk, customer.pk, known)

    @staticmethod
    def _opening(invoice: Document, day: date) -> Proposal:
        customer = invoice.customer
        limit = limit_on(customer.pk, day)
        asked = Money(invoice.amount, invoice.currency) if limit is None else limit.amount
        known = known_about(customer, kind=Kind.OPENING, currency=asked.currency, day=day)
        return replace(
            known,
            amount=asked.amount,
            deposit_share=deposit_share(
                received_by(customer.pk, invoice.currency, day), invoice.amount
            ),
            has_finance_step=was_granted_by_somebody(customer.pk, day),
            **WITHOUT_RECORD,
        )

    @staticmethod
    def _limit(limit: CreditLimit, day: date) -> Proposal:
        kind = Kind.TEMPORARY if limit.is_temporary else Kind.LIMIT
        known = known_about(limit.customer, kind=kind, currency=limit.currency, day=day)
        before = limit_on(limit.customer_id, day - timedelta(days=1))
        _home, rates = home_and_rates(day)
        current = Decimal(0)
        if before is not None:
            current = converted(before.amount.amount, before.amount.currency, limit.currency, rates)  # type: ignore[assignment]
        return replace(
            known,
            amount=limit.amount,
            insured=limit.insured_amount,
            current_limit=current,
            **WITHOUT_RECORD,
        )

    def _asked(
        self, day: date, customer_id: UUID, object_id: UUID, proposal: Proposal
    ) -> Iterator[Row]:
        broken = tuple(
            found.article.number for found in breaches(proposal, self.articles) if not found.missing
        )
        if broken:
            yield day, str(customer_id), object_id, proposal.kind.value, broken


def rows_of(found: BackTest) -> list[Row]:
    return sorted(
        (
            one.event.day,
            str(one.event.customer_id),
            one.event.object_id,
            one.event.proposal.kind.value,
            tuple(breach.article.number for breach in one.broken),
        )
        for one in found.judged
    )


def manager_of(slug: str) -> tuple[UUID, UUID]:
    tenant_id = tenant_of_slug(slug)
    assert tenant_id is not None
    with tenant_scope(tenant_id):
        member = Membership.objects.filter(grants__role="credit_manager").first()
        assert member is not None
        return tenant_id, member.pk


@pytest.mark.slow
@pytest.mark.parametrize("company", [WEXCOMBE, ORVANNE], ids=lambda one: one.slug)
def test_the_back_test_of_the_demo_is_the_clock_walked_day_by_day(company: Company) -> None:
    make_tenant(company, now=NOW)
    tenant_id, member = manager_of(company.slug)
    with tenant_scope(tenant_id):
        actor = actor_of(member)
        assert actor is not None
        for place, customer in enumerate(Customer.objects.order_by("code")):
            Customer.objects.filter(pk=customer.pk).update(risk_class="ABCD "[place % 5].strip())
        found = back_test(LOWERED, actor=actor, today=NOW.date())
        assert rows_of(found) == Walk(LOWERED, NOW.date()).rows()
        assert found.having(Effect.REFUSE)
        assert found.having(Effect.ESCALATE)
        assert found.stopped.customers + found.rest.customers <= Customer.objects.count()


@pytest.fixture
def actor(house: House) -> Actor:
    return house.actor("credit_manager")


Inv = Callable[..., Document]


@pytest.fixture
def invoice(house: House) -> Inv:
    """Return a maker of invoices; `paid` is the day on which all of it came in."""

    def make(customer: Customer, number: str, days: str, amount: str, paid: str = "") -> Document:
        issued, due = map(date.fromisoformat, days.split(" "))
        system = system_actor(house.tenant_id)
        entity = Entity.objects.get()

        def document(kind: DocumentKind, name: str, day: date, sum_: Decimal) -> Document:
            return record_document(
                NewDocument(
                    entity=entity,
                    customer=customer,
                    kind=kind,
                    number=name,
                    issue_date=day,
                    amount=Money(sum_, "EUR"),
                    lines=(NewLine(max(due, day), sum_),),
                ),
                actor=system,
                today=TODAY,
            )

        made = document(DocumentKind.INVOICE, number, issued, Decimal(amount))
        if paid:
            money = document(
                DocumentKind.PAYMENT, f"P{number}", date.fromisoformat(paid), -Decimal(amount)
            )
            allocate(
                debit_line=made.due_lines.get(),
                credit_line=money.due_lines.get(),
                amount=Money(Decimal(amount), "EUR"),
                actor=system,
                today=TODAY,
            )
        return made

    return make


# The amounts of the ready charter lowered to what the demo sells, so that each article has something to say.
LOWERED = tuple(
    replace(one, parameters={**one.parameters, "amount": Decimal(60_000)})
    if "amount" in one.parameters
    else one
    for one in READY_CHARTER
)
TERM = Article(
    1,
    Check.MAXIMUM_TERM,
    {"days": 30, "method": "net"},
    Effect.REFUSE,
    {"fr": "T", "en": "T"},
    {"fr": "X", "en": "X"},
)


def day(text: str) -> date:
    return date.fromisoformat(text)


def test_what_was_stopped_is_compared_with_the_rest_by_what_they_paid(
    house: House, actor: Actor, make_customer: CustomerMaker, invoice: Inv
) -> None:
    with house.scope():
        long = PaymentTerms.objects.create(code="N60", label="60", days=60)
        slow = make_customer(house, "SLOW", "Slow", terms=long)
        good = make_customer(house, "GOOD", "Good")
        invoice(slow, "S1", "2026-03-01 2026-04-30", "1000", "2026-05-30")
        invoice(slow, "S2", "2026-06-01 2026-07-31", "3000")
        invoice(good, "G1", "2026-03-01 2026-03-31", "500", "2026-03-20")
        found = back_test([TERM], actor=actor, today=TODAY)
    (judged,) = found.judged
    assert found.customers[judged.event.customer_id] == ("SLOW", "Slow")
    assert (found.stopped.customers, found.rest.customers) == (1, 1)
    assert found.stopped.invoiced == Money(Decimal(4000), "EUR")
    assert found.stopped.unpaid == Money(Decimal(3000), "EUR")
    assert found.stopped.on_time_share == 0
    # 30 days for 1,000 and 92 days for 3,000
    assert found.stopped.late_days == Decimal("76.5")
    assert found.rest.on_time_share == 1
    assert found.rest.late_days == 0


def test_only_what_happened_in_the_twelve_months_counts(
    house: House, actor: Actor, make_customer: CustomerMaker, invoice: Inv
) -> None:
    with house.scope():
        long = PaymentTerms.objects.create(code="N60", label="60", days=60)
        old = make_customer(house, "OLD", terms=long)
        invoice(old, "O1", "2025-10-30 2025-12-30", "10")
        assert not back_test([TERM], actor=actor, today=TODAY).judged
        invoice(old, "O2", "2025-10-31 2025-12-31", "10")
        (judged,) = back_test([TERM], actor=actor, today=TODAY).judged
    assert (judged.event.proposal.kind, judged.event.day) == (Kind.TERMS, day("2025-10-31"))


def test_facts_nobody_kept_are_counted_as_unknown_and_stop_nothing(
    house: House, actor: Actor, make_customer: CustomerMaker, invoice: Inv
) -> None:
    with house.scope():
        new = make_customer(house, "NEW")
        invoice(new, "N1", "2026-03-01 2026-03-31", "10")
        found = back_test(READY_CHARTER, actor=actor, today=TODAY)
    by_number = {tally.article.number: tally for tally in found.tallies}
    assert (by_number[5].unknown, by_number[5].broken) == (0, 0)  # no insolvency on record
    assert by_number[11].unknown == 1  # margin
    assert by_number[1].broken == 1  # nobody in finance granted anything


def test_the_back_test_asks_as_many_questions_for_thirty_customers_as_for_one(
    house: House, actor: Actor, make_customer: CustomerMaker, invoice: Inv
) -> None:
    def questions() -> int:
        with CaptureQueriesContext(connection) as asked:
            back_test(READY_CHARTER, actor=actor, today=TODAY)
        return len(asked)

    def one(number: int) -> None:
        customer = make_customer(house, f"N{number}")
        invoice(customer, f"I{number}", "2026-03-01 2026-03-31", "10")
        CreditLimit.objects.create(
            customer=customer, amount=number, currency="EUR", valid_from=day("2026-05-01")
        )

    with house.scope():
        one(1)
        before = questions()
        for number in range(2, 31):
            one(number)
        assert questions() == before


def test_a_person_of_one_entity_tests_on_the_customers_he_sees(
    house: House, make_customer: CustomerMaker, invoice: Inv
) -> None:
    elsewhere: Any = house.member("credit_analyst", path="/FR/ATELIER/NORD/")
    with house.scope():
        mine = make_customer(house, "MINE")
        invoice(mine, "M1", "2026-03-01 2026-03-31", "10")
        far = actor_of(elsewhere)
        assert far is not None
        assert sum(back_test([TERM], actor=far, today=TODAY).events.values()) == 1
        Customer.objects.update(portfolio_id=Entity.objects.get().scope_id)
        assert sum(back_test([TERM], actor=far, today=TODAY).events.values()) == 0
