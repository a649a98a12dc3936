"""Penalty claims over the ledger: their own numbers, their own life, and invoices that never change."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from disputes.models import DisputeType
from disputes.services import open_dispute
from dunning.models import (
    ClaimMovement,
    ContractRate,
    EnteredRate,
    InterestClaim,
    Reminder,
    ReminderState,
)
from dunning.rules.interest_claims import Parts, in_number_gaps
from dunning.services.interest_claims import (
    ClaimPaymentRefused,
    WaiverRefused,
    compute_claims,
    record_claim_payment,
    refresh_claims,
    waive_claim,
)
from dunning.services.legal_parameters import ParameterRefused, agree_rate, enter_rate
from kernel.money import Money
from kernel.permissions import Actor, system_actor
from ledger.models import Customer, Document, DueLine
from ledger.rules.reference import LEGAL_INTEREST
from ledger.services.late_interest import InterestRateMissing
from tests.cast import NOW, House
from tests.dunning.conftest import Chase
from tests.ledger.books import Books

pytestmark = pytest.mark.django_db
UNTIL = date(2026, 8, 20)


@pytest.fixture
def manager(house: House) -> Actor:
    return house.actor("credit_manager")


def invoice(
    house: House,
    actor: Actor,
    customer: Customer,
    number: str = "F-1",
    *,
    amount: str = "12000",
    due: date = date(2026, 6, 15),
) -> DueLine:
    return Books(house, actor).invoice(customer, number, due - timedelta(days=30), amount, due)


def computed(line: DueLine, actor: Actor, day: date = UNTIL) -> InterestClaim:
    compute_claims(documents=[line.document_id], actor=actor, today=day, now=NOW)
    return InterestClaim.objects.get(document=line.document_id)


def test_a_claim_is_its_own_thing_and_the_invoice_stays_as_issued(
    house: House, chase: Chase, manager: Actor
) -> None:
    customer = chase.customer()
    with house.scope():
        line = invoice(house, manager, customer)
        before = Document.objects.values().get(pk=line.document_id)
        claim = computed(line, manager)
        assert (claim.interest, claim.fixed_charge) == (Decimal("267.83"), Decimal(40))
        assert claim.number == "PR-2026-0001"
        assert claim.state == "computed"
        assert [(row["days"], row["rate"], row["basis"]) for row in claim.sheet] == [
            ("15", "0.1215", "law"),
            ("51", "0.1240", "law"),
        ]
        assert "L441-10" in claim.sheet[0]["source"]
        assert Document.objects.values().get(pk=line.document_id) == before
        assert Document.objects.count() == 1


def test_computing_again_moves_the_same_claim_on(
    house: House, chase: Chase, manager: Actor
) -> None:
    customer = chase.customer()
    with house.scope():
        line = invoice(house, manager, customer)
        first = computed(line, manager)
        again = computed(line, manager)
        later = computed(line, manager, UNTIL + timedelta(days=1))
        assert first.pk == again.pk == later.pk
        assert first.interest == again.interest
        assert later.interest == Decimal("271.91")  # 52 days at 12.40 %
        assert later.fixed_charge == Decimal(40)  # once for each invoice
        assert ClaimMovement.objects.count() == 1


def test_a_claim_outlives_the_payment_of_its_principal(
    house: House, chase: Chase, manager: Actor
) -> None:
    customer = chase.customer()
    with house.scope():
        books = Books(house, manager)
        line = invoice(house, manager, customer)
        books.settle(line, books.payment(customer, "P-1", UNTIL, "12000"), "12000")
        claim = computed(line, manager, date(2026, 10, 31))
        assert claim.interest == Decimal("267.83")  # it stopped on the value date
        assert claim.state == "computed"


def test_a_part_payment_splits_the_periods_and_a_credit_note_was_never_owed(
    house: House, chase: Chase, manager: Actor
) -> None:
    customer = chase.customer()
    with house.scope():
        books = Books(house, manager)
        line = invoice(house, manager, customer)
        books.settle(line, books.payment(customer, "P-1", date(2026, 6, 20), "5000"), "5000")
        books.settle(line, books.credit_note(customer, "A-1", date(2026, 7, 1), "2000"), "2000")
        claim = computed(line, manager)
        assert [(row["principal"], row["days"]) for row in claim.sheet] == [
            ("10000.00", "5"),
            ("5000.00", "10"),
            ("5000.00", "51"),
        ]


def test_what_is_contested_bears_no_interest(house: House, chase: Chase, manager: Actor) -> None:
    customer = chase.customer()
    with house.scope():
        line = invoice(house, manager, customer)
        open_dispute(
            line=line,
            amount=Money(Decimal(4000), "EUR"),
            type=DisputeType(DisputeType.values[0]),
            reason="price",
            actor=manager,
            today=date(2026, 7, 1),
        )
        claim = computed(line, manager)
        assert {row["principal"] for row in claim.sheet} == {"8000.00"}


def test_instalments_share_one_claim_and_one_fixed_charge(
    house: House, chase: Chase, manager: Actor
) -> None:
    customer = chase.customer()
    with house.scope():
        line = Books(house, manager).invoice(
            customer, "F-1", date(2026, 5, 1), "9000", date(2026, 6, 15), date(2026, 7, 15)
        )
        claim = computed(line, manager)
        assert claim.fixed_charge == Decimal(40)
        assert len(claim.sheet) == 3  # one instalment over two half-years, the other in one


def test_an_agreed_rate_counts_from_its_day_and_never_under_the_floor(
    house: House, chase: Chase, manager: Actor
) -> None:
    customer = chase.customer()
    with house.scope():
        agree_rate(
            customer=customer,
            valid_from=date(2026, 1, 1),
            rate=Decimal("0.05"),
            source="Terms of sale 2026, article 7",
            actor=manager,
        )
        line = invoice(house, manager, customer)
        with pytest.raises(InterestRateMissing, match="2026 H2") as refused:
            computed(line, manager)
        assert "Enter it with its source" in str(refused.value)  # the way out
        assert not InterestClaim.objects.exists()
        enter_rate(
            country="FR",
            kind=LEGAL_INTEREST,
            half_year="2026 H2",
            rate=Decimal("0.0250"),
            source="arrêté of June 2026",
            actor=manager,
        )
        claim = computed(line, manager)
        assert [(row["rate"], row["basis"]) for row in claim.sheet] == [
            ("0.0786", "floor"),
            ("0.07500", "floor"),
        ]
        assert "arrêté of June 2026" in claim.sheet[1]["source"]


def test_a_rate_is_entered_with_a_source_or_not_at_all(
    house: House, chase: Chase, manager: Actor
) -> None:
    customer = chase.customer()
    with house.scope():
        for rate, source in (("0.1", " "), ("1.2", "x"), ("0", "x")):
            with pytest.raises(ParameterRefused):
                agree_rate(
                    customer=customer,
                    valid_from=UNTIL,
                    rate=Decimal(rate),
                    source=source,
                    actor=manager,
                )
        assert not ContractRate.objects.exists()
        assert not EnteredRate.objects.exists()


def test_numbers_have_no_gap_and_begin_anew_each_year(
    house: House, chase: Chase, manager: Actor
) -> None:
    customer = chase.customer()
    with house.scope():
        for count in range(3):
            computed(invoice(house, manager, customer, f"F-{count}"), manager)
        with transaction.atomic():
            computed(invoice(house, manager, customer, "F-lost"), manager)
            transaction.set_rollback(True)
        computed(invoice(house, manager, customer, "F-next"), manager)
        late = invoice(house, manager, customer, "F-2027", due=date(2026, 12, 1))
        numbers = InterestClaim.objects.filter(year=2026).values_list("sequence", flat=True)
        assert in_number_gaps(numbers) == []
        assert len(numbers) == 4
        claim = computed(late, manager, date(2026, 12, 31))
        assert claim.number == "PR-2026-0005"


def test_a_waiver_has_an_author_and_a_reason_and_can_be_partial(
    house: House, chase: Chase, manager: Actor
) -> None:
    customer = chase.customer()
    with house.scope():
        claim = computed(invoice(house, manager, customer), manager)
        part = Parts(Decimal(100), Decimal(40))
        waived = waive_claim(
            claim=claim,
            parts=part,
            reason="Goodwill, first time late",
            actor=manager,
            today=UNTIL,
            now=NOW,
        )
        assert waived.state == "computed"
        assert waived.frozen_date is None
        move = ClaimMovement.objects.get(kind="waived")
        assert (move.author_id, move.reason) == (manager.membership_id, "Goodwill, first time late")
        whole = waive_claim(
            claim=claim, parts=None, reason="Settled by the director", actor=manager, today=UNTIL,
            now=NOW,
        )  # fmt: skip
        assert whole.state == "waived"
        assert whole.waived_interest == Decimal("267.83")
        compute_claims(
            documents=[claim.document_id], actor=manager, today=date(2026, 10, 31), now=NOW
        )
        claim.refresh_from_db()
        assert claim.interest == Decimal("267.83")  # given up as a whole, it grows no more


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        (Parts(Decimal(1)), "  "),
        (Parts(Decimal(300)), "too much"),
        (Parts(Decimal(0), Decimal(41)), "too much of the charge"),
        (Parts(), "nothing"),
        (Parts(Decimal(-1), Decimal(10)), "negative"),
    ],
)
def test_a_waiver_that_makes_no_sense_is_refused(
    house: House, chase: Chase, manager: Actor, parts: Parts, reason: str
) -> None:
    customer = chase.customer()
    with house.scope():
        claim = computed(invoice(house, manager, customer), manager)
        with pytest.raises(WaiverRefused):
            waive_claim(
                claim=claim, parts=parts, reason=reason, actor=manager, today=UNTIL, now=NOW
            )
        with pytest.raises(WaiverRefused, match="program"):
            waive_claim(
                claim=claim, parts=None, reason="x", actor=system_actor(house.tenant_id),
                today=UNTIL, now=NOW,
            )  # fmt: skip


def test_the_database_keeps_no_waiver_without_author_and_reason(
    house: House, chase: Chase, manager: Actor
) -> None:
    customer = chase.customer()
    with house.scope():
        claim = computed(invoice(house, manager, customer), manager)
        with pytest.raises(IntegrityError), transaction.atomic():
            ClaimMovement.objects.create(
                claim=claim, kind="waived", interest=1, fixed_charge=0, day=UNTIL, at=NOW
            )


def test_money_for_penalties_goes_to_the_oldest_claim_costs_first(
    house: House, chase: Chase, manager: Actor
) -> None:
    customer = chase.customer()
    with house.scope():
        old = computed(invoice(house, manager, customer, "F-1"), manager)
        new = computed(invoice(house, manager, customer, "F-2", amount="6000"), manager)
        record_claim_payment(
            customer=customer,
            amount=Money(Decimal("340.00"), "EUR"),
            day=UNTIL,
            reference="VIR 4711",
            actor=manager,
            today=UNTIL,
            now=NOW,
        )
        old.refresh_from_db()
        new.refresh_from_db()
        assert (old.state, old.paid_interest, old.paid_charge) == (
            "paid", Decimal("267.83"), Decimal(40),
        )  # fmt: skip
        assert (new.paid_charge, new.paid_interest) == (Decimal("32.17"), Decimal(0))
        with pytest.raises(ClaimPaymentRefused, match="too much"):
            record_claim_payment(
                customer=customer, amount=Money(Decimal(9000), "EUR"), day=UNTIL, reference="x",
                actor=manager, today=UNTIL, now=NOW,
            )  # fmt: skip


def test_the_night_brings_claims_up_to_date_and_opens_those_of_the_third_reminder(
    house: House, chase: Chase, manager: Actor
) -> None:
    late, early = chase.customer("C1"), chase.customer("C2")
    third = chase.line(late, 32, "5000")
    chase.line(early, 5, "5000")
    chase.plan()
    with house.scope():
        Reminder.objects.update(state=ReminderState.READY)
        Reminder.objects.update(state=ReminderState.CLAIMED, lease_until=NOW)
        Reminder.objects.update(state=ReminderState.HANDING)
        Reminder.objects.update(state=ReminderState.SENT, lease_until=None)
        day = date(2026, 10, 29)
        first = refresh_claims(today=day, now=NOW)
        again = refresh_claims(today=day, now=NOW)
        assert (first.opened, again.opened, again.refreshed) == (1, 0, 1)
        claim = InterestClaim.objects.get()
        assert claim.document_id == third.document_id
        before = claim.interest
        refresh_claims(today=day + timedelta(days=10), now=NOW)
        claim.refresh_from_db()
        assert claim.interest > before
        assert claim.computed_until == day + timedelta(days=10)


def test_the_night_leaves_a_claim_as_it_was_where_a_rate_is_missing(
    house: House, chase: Chase, manager: Actor
) -> None:
    customer = chase.customer()
    with house.scope():
        claim = computed(invoice(house, manager, customer), manager)
        result = refresh_claims(today=date(2027, 1, 5), now=NOW)
        claim.refresh_from_db()
        assert result.without_rate == 1
        assert claim.interest == Decimal("267.83")
        assert "2027 H1" in claim.problem


def test_another_tenant_sees_no_claim(
    house: House, other_house: House, chase: Chase, manager: Actor
) -> None:
    customer = chase.customer()
    with house.scope():
        computed(invoice(house, manager, customer), manager)
    with other_house.scope():
        assert not InterestClaim.objects.exists()
