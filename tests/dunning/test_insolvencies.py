"""An insolvency freezes the chase the same day; the clock of the legal pack starts, warns and stops by itself."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from credit.models import CreditLimit
from dunning.models import (
    Insolvency,
    InsurancePolicy,
    InterestClaim,
    LegalDeadline,
    Procedure,
    Reminder,
    ReminderState,
)
from dunning.queries.lines import open_lines_of
from dunning.rules.grouping import Exclusion
from dunning.rules.outbox import State
from dunning.rules.policy import DEFAULT_POLICY
from dunning.services.claims import ClaimOutcome, claim_next
from dunning.services.deadlines import DeadlineRefused, finish_deadline, warn_of_deadlines
from dunning.services.insolvencies import (
    InsolvencyRefused,
    end_insolvency,
    record_insolvency,
    refresh_freezes,
)
from dunning.services.interest_claims import compute_claims
from dunning.services.legal_round import run_legal_round, start_due_deadlines
from dunning.services.watching import take_in
from dunning.watch import PublishedInsolvency
from kernel.permissions import Actor
from ledger.models import Customer, DueLine, TimelineEntry
from tests.cast import House
from tests.dunning.conftest import NOW, TODAY, Chase

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager(house: House) -> Actor:
    return house.actor("credit_manager")


def opened(customer: Customer, actor: Actor, **changes: Any) -> Insolvency:
    facts: dict[str, Any] = {
        "procedure": Procedure.RECEIVERSHIP,
        "judgment_date": TODAY - timedelta(days=7),
        "published_date": TODAY,
        "source": "person",
    }
    return record_insolvency(
        customer=customer, **{**facts, **changes}, actor=actor, today=TODAY, now=NOW
    )


def excluded(house: House, customer: Customer) -> dict[UUID, Exclusion | None]:
    lines = open_lines_of(
        customer_id=customer.pk,
        entity_id=house.entity_id,
        currency="EUR",
        today=TODAY,
        policy=DEFAULT_POLICY,
    )
    return {line.id: line.excluded for line in lines}


def test_earlier_debts_are_frozen_the_same_day_and_later_ones_are_not(
    house: House, chase: Chase, manager: Actor
) -> None:
    customer = chase.customer()
    earlier, later = chase.line(customer, 40, "5000"), chase.line(customer, -28, "800")
    with house.scope():
        DueLine.objects.filter(pk=later.pk).update(issue_date=TODAY - timedelta(days=2))
        opened(customer, manager)
        assert excluded(house, customer) == {earlier.pk: Exclusion.INSOLVENCY, later.pk: None}


def test_a_queued_message_does_not_leave(house: House, chase: Chase, manager: Actor) -> None:
    customer = chase.customer()
    chase.line(customer, 12, "5000")
    chase.plan()
    with house.scope():
        Reminder.objects.update(state=ReminderState.READY, leaves_at=NOW)
        opened(customer, manager)
        outcome, claim = claim_next(now=NOW, worker="w")
        assert (outcome, claim) == (ClaimOutcome.SETTLED, None)
        gone = Reminder.objects.get()
        assert gone.state == State.CANCELLED
        assert gone.cancel_reason == "excluded"


def test_the_clock_of_the_filing_starts_from_the_publication_with_its_owner(
    house: House, chase: Chase, manager: Actor
) -> None:
    customer = chase.customer(collector_id=manager.membership_id)
    chase.line(customer, 40, "5000")
    with house.scope():
        insolvency = opened(customer, manager)
        filing = LegalDeadline.objects.get(kind="claim_filing")
        assert filing.due_date == date(2026, 12, 29)
        assert filing.owner_id == manager.membership_id
        assert filing.subject == insolvency.pk
        assert LegalDeadline.objects.get(kind="relief").due_date == date(2027, 4, 29)
        assert TimelineEntry.objects.filter(text_code="dunning.insolvency_recorded").exists()


def test_a_publication_that_comes_later_moves_the_clock_once(
    house: House, chase: Chase, manager: Actor
) -> None:
    customer = chase.customer()
    chase.line(customer, 40, "5000")
    with house.scope():
        opened(customer, manager, published_date=None)
        assert LegalDeadline.objects.get(kind="claim_filing").due_date == date(2026, 12, 22)
        for _again in range(2):
            opened(customer, manager, source="bodacc", notice_id="A1")
        assert Insolvency.objects.count() == 1
        running = LegalDeadline.objects.filter(kind="claim_filing", is_void=False)
        assert [row.due_date for row in running] == [date(2026, 12, 29)]


def test_penalties_are_barred_and_stop_at_the_judgment(
    house: House, chase: Chase, manager: Actor
) -> None:
    customer = chase.customer()
    line = chase.line(customer, 40, "5000")
    with house.scope():
        compute_claims(documents=[line.document_id], actor=manager, today=TODAY, now=NOW)
        before = InterestClaim.objects.get()
        insolvency = opened(customer, manager)
        claim = InterestClaim.objects.get()
        assert claim.state == "barred"
        assert claim.interest < before.interest
        assert claim.computed_until == insolvency.judgment_date
        end_insolvency(insolvency=insolvency, reason="Not him", actor=manager, today=TODAY, now=NOW)
        claim.refresh_from_db()
        assert claim.state == "computed"


def test_an_insolvency_that_ends_gives_the_lines_back_and_stops_the_clock(
    house: House, chase: Chase, manager: Actor
) -> None:
    customer = chase.customer()
    line = chase.line(customer, 40, "5000")
    with house.scope():
        insolvency = opened(customer, manager)
        with pytest.raises(InsolvencyRefused, match="Say why"):
            end_insolvency(insolvency=insolvency, reason=" ", actor=manager, today=TODAY, now=NOW)
        end_insolvency(
            insolvency=insolvency, reason="Plan adopted", actor=manager, today=TODAY, now=NOW
        )
        assert excluded(house, customer) == {line.pk: None}
        assert not LegalDeadline.objects.filter(is_void=False).exists()


@pytest.mark.parametrize(
    ("judged", "published"),
    [(1, None), (-5, -6), (-5, 1)],
)
def test_days_that_cannot_be_are_refused(
    house: House, chase: Chase, manager: Actor, judged: int, published: int | None
) -> None:
    customer = chase.customer()
    with house.scope(), pytest.raises(InsolvencyRefused):
        opened(
            customer,
            manager,
            judgment_date=TODAY + timedelta(days=judged),
            published_date=None if published is None else TODAY + timedelta(days=published),
        )


def test_what_comes_into_the_ledger_later_is_frozen_by_the_night(
    house: House, chase: Chase, manager: Actor
) -> None:
    customer = chase.customer()
    with house.scope():
        opened(customer, manager)
    line = chase.line(customer, 40, "5000")
    with house.scope():
        assert excluded(house, customer) == {line.pk: None}
        assert refresh_freezes(today=TODAY) == 1
        assert refresh_freezes(today=TODAY) == 0
        assert excluded(house, customer) == {line.pk: Exclusion.INSOLVENCY}


def published(siren: str, notice_id: str = "A202600001") -> PublishedInsolvency:
    return PublishedInsolvency(
        notice_id=notice_id,
        siren=siren,
        procedure="liquidation",
        judgment_date=TODAY - timedelta(days=3),
        published_date=TODAY,
        court="TC Exempleville",
    )


def test_the_gazette_is_matched_by_siren_and_read_twice_changes_nothing(
    house: House, other_house: House, chase: Chase, make_customer: Callable[..., Customer]
) -> None:
    named, spared = chase.customer("C1", siren="000000100"), chase.customer("C2", siren="")
    chase.line(named, 40, "5000")
    chase.line(spared, 40, "5000")
    notices = [published("000000100"), published("999999999", "A2"), published("", "A3")]
    with house.scope():
        first = take_in(notices, today=TODAY, now=NOW)
        again = take_in(notices, today=TODAY, now=NOW)
        assert (first.matched, first.recorded) == (1, 1)
        assert (again.matched, again.recorded) == (1, 0)
        assert [row.customer_id for row in Insolvency.objects.all()] == [named.pk]
        assert LegalDeadline.objects.filter(kind="claim_filing").count() == 1
        assert TimelineEntry.objects.filter(text_code="dunning.insolvency_recorded").count() == 1
    with other_house.scope():
        make_customer(other_house, code="X", name="Client X", siren="000000100")
        assert take_in(notices, today=TODAY, now=NOW).recorded == 1
        assert Insolvency.objects.count() == 1


def test_a_notice_a_person_has_set_aside_does_not_come_back(
    house: House, chase: Chase, manager: Actor
) -> None:
    customer = chase.customer("C1", siren="000000100")
    with house.scope():
        take_in([published("000000100")], today=TODAY, now=NOW)
        end_insolvency(
            insolvency=Insolvency.objects.get(), reason="Namesake", actor=manager, today=TODAY,
            now=NOW,
        )  # fmt: skip
        take_in([published("000000100")], today=TODAY, now=NOW)
        assert not Insolvency.objects.filter(customer=customer, ended_date=None).exists()


def test_alerts_are_given_once_at_thirty_fifteen_and_five_days(
    house: House, chase: Chase, manager: Actor
) -> None:
    customer = chase.customer()
    with house.scope():
        opened(customer, manager)
        filing = LegalDeadline.objects.get(kind="claim_filing")
        LegalDeadline.objects.exclude(pk=filing.pk).delete()
        given = [
            warn_of_deadlines(today=filing.due_date - timedelta(days=left), now=NOW)
            for left in (40, 30, 30, 29, 15, 14, 5, 1, 0, -1)
        ]
        assert given == [0, 1, 0, 0, 1, 0, 1, 0, 0, 0]
        assert TimelineEntry.objects.filter(text_code="dunning.deadline_near").count() == 3


def test_a_deadline_is_done_with_a_proof_on_a_day_that_can_be(
    house: House, chase: Chase, manager: Actor
) -> None:
    customer = chase.customer()
    with house.scope():
        opened(customer, manager)
        filing = LegalDeadline.objects.get(kind="claim_filing")
        more: dict[str, Any] = {"row": filing, "actor": manager, "today": TODAY, "now": NOW}
        for proof, day in (("", TODAY), ("x", TODAY + timedelta(days=1)), ("x", date(2020, 1, 1))):
            with pytest.raises(DeadlineRefused):
                finish_deadline(proof=proof, day=day, **more)
        done = finish_deadline(proof="RAR 1A 77", day=TODAY, **more)
        assert (done.done_date, done.proof, done.done_by_id) == (
            TODAY, "RAR 1A 77", manager.membership_id,
        )  # fmt: skip
        with pytest.raises(DeadlineRefused, match="already"):
            finish_deadline(proof="again", day=TODAY, **more)


def test_the_insurer_hears_of_late_invoices_of_insured_customers_by_the_clauses_entered(
    house: House, chase: Chase, manager: Actor
) -> None:
    insured, uninsured = chase.customer("C1"), chase.customer("C2")
    small = chase.line(insured, 10, "299")
    late = chase.line(insured, 10, "5000")
    chase.line(insured, -10, "5000")
    chase.line(uninsured, 10, "5000")
    with house.scope():
        CreditLimit.objects.create(
            customer=insured, amount=9000, insured_amount=6000, currency="EUR",
            valid_from=date(2026, 1, 1),
        )  # fmt: skip
        assert start_due_deadlines(today=TODAY) == 1
        assert start_due_deadlines(today=TODAY) == 0
        row = LegalDeadline.objects.get(kind="insurer_declaration")
        assert row.subject == late.document_id
        assert row.due_date == late.issue_date + timedelta(days=150)
        InsurancePolicy.objects.create(
            valid_from=date(2026, 1, 1), insurer="Police 9", domestic_days=60,
            declaration_days=10, threshold=Decimal(100),
        )  # fmt: skip
        assert start_due_deadlines(today=TODAY) == 1
        new = LegalDeadline.objects.get(subject=small.document_id)
        assert new.due_date == small.issue_date + timedelta(days=70)
        assert new.source == "Police 9"


def test_a_debt_comes_on_the_clock_half_a_year_before_it_lapses_and_goes_when_paid(
    house: House, chase: Chase
) -> None:
    customer = chase.customer()
    old = chase.line(customer, 5 * 365 - 90, "5000")
    chase.line(customer, 4 * 365, "5000")
    with house.scope():
        run_legal_round(today=TODAY, now=NOW)
        row = LegalDeadline.objects.get(kind="prescription")
        assert row.document_id == old.document_id
        assert row.due_date == old.due_date.replace(year=old.due_date.year + 5)
    chase.pay(old)
    with house.scope():
        run_legal_round(today=TODAY, now=NOW)
        row.refresh_from_db()
        assert row.is_void


def test_the_round_costs_no_query_for_each_customer(house: House, chase: Chase) -> None:
    def lines(count: int, first: int) -> None:
        for number in range(first, first + count):
            chase.line(chase.customer(f"C{number}"), 5 * 365 - 90, "5000")

    counts = []
    for first, count in ((0, 2), (2, 12)):
        lines(count, first)
        with house.scope():
            LegalDeadline.objects.all().delete()
            with CaptureQueriesContext(
                connection,
            ) as asked:
                start_due_deadlines(today=TODAY)
            counts.append(len(asked))
    assert counts[0] == counts[1]
