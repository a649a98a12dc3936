"""Planning a day: what is planned, kept, cancelled, held, and that every overdue line is covered."""

import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection

from accounts.models import AuditEvent
from disputes.models import Dispute
from dunning.models import HeldBack, Pause, Reminder, ReminderLine, Run
from dunning.rules.outbox import State
from dunning.services.plan import plan_reminders
from kernel.permissions import system_actor
from ledger.models import BatchState, Contact, Customer, DocumentKind, ExchangeRate, ImportBatch
from tests.cast import House
from tests.dunning.conftest import NOW, TODAY, Chase


def test_a_customer_gets_one_reminder_for_all_his_lines(chase: Chase) -> None:
    customer = chase.customer()
    for days_late in (12, 4, 1):
        chase.line(customer, days_late)
    result = chase.plan()
    (reminder,) = chase.reminders()
    assert result.planned == (reminder.pk,)
    assert (reminder.level, reminder.amount, reminder.line_count) == (2, Decimal(3000), 3)
    assert (reminder.state, reminder.channel, reminder.stage) == ("planned", "email", "amicable")
    with chase.house.scope():
        levels = ReminderLine.objects.order_by("due_date").values_list(
            "level", "offset_days", "days_late"
        )
        assert list(levels) == [(2, 10, 12), (1, 3, 4), (0, 0, 1)]


def test_planning_twice_adds_nothing(chase: Chase) -> None:
    for n in range(5):
        chase.line(chase.customer(f"C{n}"), 12)
    first, again = chase.plan(), chase.plan()
    assert (len(first.planned), len(again.planned), again.kept) == (5, 0, 5)
    assert len(chase.reminders()) == 5


def test_a_first_contact_is_to_confirm_and_a_later_one_leaves_by_itself(chase: Chase) -> None:
    customer = chase.customer()
    chase.line(customer, 3)
    chase.plan()
    with chase.house.scope():
        reminder = Reminder.objects.get()
        assert (reminder.mode, reminder.confirm_reasons) == ("confirm", ["first_contact"])
        for state in ("ready", "claimed", "handing", "sent"):
            is_held = state in {"claimed", "handing"}
            Reminder.objects.update(state=state, lease_until=NOW if is_held else None)
    chase.plan(TODAY + timedelta(days=7))
    (later,) = chase.reminders(state="planned")
    assert (later.mode, later.level) == ("auto", 2)


def test_a_new_tenant_confirms_everything(
    house: House, make_customer: Callable[..., Customer]
) -> None:
    chase = Chase(house, make_customer)
    chase.line(chase.customer(), 12)
    chase.plan(date.today())  # noqa: DTZ011  the house was opened at this very moment
    assert "new_tenant" in chase.reminders()[0].confirm_reasons


def test_a_disputed_part_is_out_and_the_rest_chased(chase: Chase) -> None:
    customer = chase.customer()
    line = chase.line(customer, 12, "12000")
    with chase.house.scope():
        Dispute.objects.create(
            number=1,
            due_line=line,
            customer=customer,
            amount=380,
            currency="EUR",
            type="price",
            opened_date=TODAY,
        )
    result = chase.plan()
    assert chase.reminders()[0].amount == Decimal(11620)
    assert result.coverage.left_out == {"disputed": {"EUR": Decimal(380)}}
    assert result.coverage.chased == {"EUR": Decimal(11620)}


def test_credit_notes_and_cash_are_netted(chase: Chase) -> None:
    customer = chase.customer()
    chase.line(customer, 12, "1000")
    chase.line(customer, 5, "-150", kind=DocumentKind.CREDIT_NOTE)
    chase.line(customer, 5, "-100", kind=DocumentKind.PAYMENT)
    chase.plan()
    assert chase.reminders()[0].amount == Decimal(750)


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ([(12, "100", "invoice"), (1, "-100", "credit_note")], "credits_cover"),
        ([(12, "1000", "invoice"), (1, "-500", "payment")], "unapplied_cash"),
        ([(12, "12", "invoice")], "below_minimum"),
    ],
)
def test_what_is_held_back_is_listed_with_its_reason(
    chase: Chase, lines: list[tuple[int, str, str]], reason: str
) -> None:
    customer = chase.customer()
    for days_late, amount, kind in lines:
        chase.line(customer, days_late, amount, kind=kind)
    result = chase.plan()
    assert (result.planned, result.held_back) == ((), {reason: 1})
    assert result.coverage.uncovered == 0
    with chase.house.scope():
        assert HeldBack.objects.get().reason == reason


def test_a_customer_without_an_address_is_held_and_not_forgotten(chase: Chase) -> None:
    chase.line(chase.customer(), 12)
    with chase.house.scope():
        Contact.objects.update(is_undeliverable=True)
    assert chase.plan().held_back == {"no_contact": 1}


def test_two_currencies_are_two_messages_five_days_apart(chase: Chase) -> None:
    customer = chase.customer()
    chase.line(customer, 12, "1000")
    chase.line(customer, 31, "1000", currency="USD")
    with chase.house.scope():
        ExchangeRate.objects.create(
            currency="USD", valid_from=date(2026, 1, 1), rate=Decimal("0.9")
        )
    result = chase.plan()
    (reminder,) = chase.reminders()
    assert (reminder.currency, reminder.level) == ("USD", 3)
    assert result.held_back == {"contact_gap": 1}
    with chase.house.scope():
        assert HeldBack.objects.get().next_date == TODAY + timedelta(days=5)


def test_a_paused_customer_is_left_alone_until_the_day(chase: Chase) -> None:
    customer = chase.customer()
    chase.line(customer, 12)
    with chase.house.scope():
        Pause.objects.create(
            customer=customer,
            reason="Inventory",
            from_date=TODAY,
            until_date=TODAY + timedelta(days=3),
        )
    assert chase.plan().coverage.lines_by_state == {"paused": 1}
    assert len(chase.plan(TODAY + timedelta(days=4)).planned) == 1


def test_a_direct_debit_is_not_chased(chase: Chase) -> None:
    chase.line(chase.customer(pays_by_direct_debit=True), 12)
    assert chase.plan().coverage.lines_by_state == {"direct_debit": 1}


def test_what_was_paid_is_cancelled(chase: Chase) -> None:
    line = chase.line(chase.customer(), 12)
    chase.plan()
    chase.pay(line)
    chase.plan()
    (reminder,) = chase.reminders()
    assert (reminder.state, reminder.cancel_reason) == ("cancelled", "not_due")


def test_what_was_paid_in_part_is_brought_up_to_date(chase: Chase) -> None:
    customer = chase.customer()
    line, other = chase.line(customer, 12), chase.line(customer, 5, "300")
    chase.plan()
    chase.pay(line, "400")
    chase.pay(other)
    chase.plan()
    (reminder,) = chase.reminders()
    assert (reminder.amount, reminder.line_count, reminder.level) == (Decimal(600), 1, 2)
    with chase.house.scope():
        assert ReminderLine.objects.get().claimed_amount == Decimal(600)


def test_a_reminder_nobody_confirmed_gives_way_to_the_next_step(chase: Chase) -> None:
    chase.line(chase.customer(), 3)
    chase.plan()
    chase.plan(TODAY + timedelta(days=8))
    former, current = chase.reminders()
    assert (former.state, former.cancel_reason) == ("cancelled", "superseded")
    assert (current.level, current.skipped_steps) == (2, [2])


def test_a_dispute_that_ends_brings_the_same_step_back(chase: Chase) -> None:
    customer = chase.customer()
    line = chase.line(customer, 12)
    chase.plan()
    with chase.house.scope():
        dispute = Dispute.objects.create(
            number=1,
            due_line=line,
            customer=customer,
            amount=1000,
            currency="EUR",
            type="price",
            opened_date=TODAY,
        )
    chase.plan()
    with chase.house.scope():
        Dispute.objects.filter(pk=dispute.pk).update(closed_date=TODAY, outcome="withdrawn")
    assert chase.plan(TODAY + timedelta(days=2)).planned == ()
    assert len(chase.plan(TODAY + timedelta(days=3)).planned) == 1


def test_a_call_and_a_decision_are_tasks_of_people(chase: Chase) -> None:
    chase.line(chase.customer("C1"), 22)
    chase.line(chase.customer("C2"), 75)
    chase.plan()
    assert sorted((each.channel, each.mode) for each in chase.reminders()) == [
        ("call", "manual"),
        ("decision", "manual"),
    ]


def test_a_decision_that_waits_does_not_silence_younger_lines(chase: Chase) -> None:
    customer = chase.customer()
    chase.line(customer, 75)
    chase.line(customer, 4, "500")
    chase.plan()
    chase.plan(TODAY + timedelta(days=1))
    decision, message = chase.reminders()
    assert (decision.channel, decision.state) == ("decision", "planned")
    assert (message.channel, message.level, message.amount) == ("email", 3, Decimal(1500))


def test_a_small_invoice_is_announced_to_a_new_customer_only(chase: Chase) -> None:
    """New for three months after the first invoice: one had it on 29 July, the other on the 30th."""
    known, new = chase.customer("KNOWN"), chase.customer("NEW")
    for customer, first in ((known, 92), (new, 91)):
        chase.pay(chase.line(customer, first - 30, "10"))
        chase.line(customer, -7, "80")
    chase.plan()
    (reminder,) = chase.reminders()
    assert (reminder.customer_id, reminder.stage) == (new.pk, "preventive")
    assert (reminder.amount, reminder.line_count) == (Decimal(80), 1)


def test_a_large_invoice_is_announced(chase: Chase) -> None:
    customer = chase.customer()
    chase.pay(chase.line(customer, 200, "10"))
    chase.line(customer, -7, "5000")
    chase.line(customer, -7, "80")
    chase.plan()
    (reminder,) = chase.reminders()
    assert (reminder.stage, reminder.level, reminder.amount, reminder.line_count) == (
        "preventive",
        0,
        Decimal(5000),
        1,
    )
    assert chase.plan().kept == 1


def test_the_nightly_plan_waits_for_the_window_of_the_recipient(chase: Chase) -> None:
    chase.line(chase.customer(country="FR"), 12)
    chase.plan(opens_now=False, now=datetime(2026, 10, 30, 4, 0, tzinfo=UTC))
    (reminder,) = chase.reminders()
    assert reminder.leaves_at == datetime(2026, 11, 3, 8, 0, tzinfo=UTC), (
        "Friday night: Tuesday 9:00 in Paris"
    )
    assert reminder.contact_date == date(2026, 11, 3)


def test_a_stale_ledger_writes_to_nobody_by_itself(chase: Chase) -> None:
    chase.line(chase.customer(), 12)
    with chase.house.scope():
        ImportBatch.objects.create(
            kind="receivables",
            state=BatchState.APPLIED,
            file_name="a.csv",
            file_digest="0" * 64,
            file_date=TODAY,
            applied_at=NOW - timedelta(days=9),
        )
    chase.plan()
    assert "stale_ledger" in chase.reminders()[0].confirm_reasons


def test_every_overdue_line_is_covered_and_the_sums_agree(chase: Chase) -> None:
    for n, (days_late, amount) in enumerate(
        [(1, "70"), (12, "100"), (12, "3"), (80, "900"), (12, "15"), (-3, "90")]
    ):
        chase.line(chase.customer(f"C{n}"), days_late, amount)
    coverage = chase.plan().coverage
    assert (coverage.overdue_lines, coverage.covered, coverage.uncovered) == (5, 5, 0)
    left_out = sum((amounts["EUR"] for amounts in coverage.left_out.values()), Decimal(0))
    assert coverage.chased["EUR"] + left_out == coverage.overdue["EUR"] == Decimal(1088)


def test_a_run_beyond_the_usual_volume_is_held_whole(chase: Chase) -> None:
    with chase.house.scope():
        for days_ago in (3, 6, 9):
            Run.objects.create(
                run_date=TODAY - timedelta(days=days_ago), messages=2, planned=2, started_at=NOW
            )
    customers = [chase.customer(f"C{n:02d}") for n in range(25)]
    with chase.house.scope():
        for customer in customers:
            chase.add_line(customer, 12)
    result = chase.plan()
    assert (result.volume.is_held, result.volume.messages, result.volume.limit) == (True, 25, 20)
    assert {each.state for each in chase.reminders()} == {"held"}
    assert {each.state for each in chase.reminders()} == {"held"}
    assert chase.plan().kept == 25


def test_a_run_is_in_the_audit_trail(chase: Chase) -> None:
    chase.plan()
    with chase.house.scope():
        assert AuditEvent.objects.filter(action="dunning.plan_reminders").count() == 1


def test_another_tenant_sees_none_of_it(chase: Chase, other_house: House) -> None:
    chase.line(chase.customer(), 12)
    chase.plan()
    with other_house.scope():
        assert not Reminder.objects.exists()
        assert not Run.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_planners_racing_plan_each_reminder_once(chase: Chase) -> None:
    for n in range(20):
        chase.line(chase.customer(f"C{n:02d}"), 12)
    start = threading.Barrier(4)
    planned: list[int] = []

    def planner() -> None:
        try:
            start.wait(10)
            with chase.house.scope():
                result = plan_reminders(
                    today=TODAY, now=NOW, actor=system_actor(chase.house.tenant_id), opens_now=True
                )
            planned.append(len(result.planned))
        finally:
            connection.close()

    threads = [threading.Thread(target=planner) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(planned) == [0, 0, 0, 20]
    assert len(chase.reminders(state=State.PLANNED)) == 20
