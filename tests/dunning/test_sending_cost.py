"""What one message costs the database: few questions, one wait for the disk, and nothing stale."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.db import connection

from dunning.models import Reminder
from dunning.rules.content import ComposedMessage, ReminderContent
from dunning.rules.outbox import State
from dunning.services import attempts
from dunning.services.barriers import stop_sending
from dunning.services.claims import claim_next
from dunning.services.people import confirm_reminders
from dunning.services.sending import Sender
from kernel.permissions import system_actor
from ledger.models import DueLine, Entity
from tests.dunning.conftest import NOW, Chase
from tests.dunning.plain import compose_plainly
from tests.dunning.test_turns import Post

QUESTIONS = 25
"""At most about one message, the four that set the tenant among them; docs/decisions/sending-speed.md names them."""

WITHOUT_WAIT = "synchronous_commit"


@contextmanager
def statements() -> Iterator[list[str]]:
    """Write down what is asked of the database."""
    asked: list[str] = []

    def noted(execute: Callable[..., object], sql: str, *rest: object) -> object:
        asked.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(noted):
        yield asked


@pytest.fixture
def post() -> Post:
    return Post()


@pytest.fixture
def sender(post: Post) -> Sender:
    return Sender("w1", post, post, lambda: NOW, compose_plainly)


@pytest.fixture
def let_go(chase: Chase) -> Callable[[int], list[DueLine]]:
    """Return what lets so many customers' messages go, one line each."""

    def let(count: int) -> list[DueLine]:
        lines = [chase.line(chase.customer(f"C{number:03d}"), 12) for number in range(count)]
        chase.plan()
        with chase.house.scope():
            confirm_reminders(
                reminders=Reminder.objects.all(),
                actor=system_actor(chase.house.tenant_id),
                now=NOW,
                opens_now=True,
            )
        return lines

    return let


def test_one_more_message_asks_few_questions(
    chase: Chase, sender: Sender, let_go: Callable[[int], list[DueLine]]
) -> None:
    let_go(9)
    sender.send_ready(chase.house.tenant_id, at_most=1)  # the tenant's first look writes its epoch
    with statements() as two:
        assert sender.send_ready(chase.house.tenant_id, at_most=2).sent == 2
    with statements() as five:
        assert sender.send_ready(chase.house.tenant_id, at_most=5).sent == 5
    assert (asked_in_earnest(five) - asked_in_earnest(two)) / 3 <= QUESTIONS


def asked_in_earnest(asked: list[str]) -> int:
    """Count the questions, without what stands in for BEGIN and COMMIT inside the transaction of a test."""
    savepoints = sum("SAVEPOINT" in sql for sql in asked)
    return len(asked) - savepoints - sum("app.ctx" in sql for sql in asked) // 2


def test_only_the_commit_before_the_last_dot_waits_for_the_disk(
    chase: Chase, post: Post, sender: Sender, let_go: Callable[[int], list[DueLine]]
) -> None:
    let_go(1)
    asked_at_the_dot: list[str] = []
    with statements() as asked:
        post.at[1] = lambda: asked_at_the_dot.extend(asked)
        assert sender.send_ready(chase.house.tenant_id, at_most=1).sent == 1
    scopes = [sql for sql in asked_at_the_dot if "app.ctx" in sql]
    scopes = scopes[::2]  # each second one is the clearing at its end
    assert [WITHOUT_WAIT in sql for sql in scopes] == [True, True, False]
    last = max(place for place, sql in enumerate(asked_at_the_dot) if sql == scopes[-1])
    waited_for = asked_at_the_dot[asked_at_the_dot.index(scopes[-1]) : last + 1]
    assert any('UPDATE "dunning_reminder"' in sql for sql in waited_for)
    assert any('INSERT INTO "dunning_renderedmessage"' in sql for sql in waited_for)


def test_what_is_paid_within_a_turn_does_not_leave(
    chase: Chase, post: Post, sender: Sender, let_go: Callable[[int], list[DueLine]]
) -> None:
    lines = let_go(4)

    def pay_all() -> None:
        for line in lines:
            chase.pay(line)

    post.at[1] = pay_all
    assert sender.send_ready(chase.house.tenant_id).sent == 1
    assert [each.state for each in chase.reminders()].count(State.CANCELLED) == 3


def test_a_button_pressed_within_a_turn_stops_the_next_message(
    chase: Chase, post: Post, sender: Sender, let_go: Callable[[int], list[DueLine]]
) -> None:
    let_go(4)
    manager = chase.person("credit_manager")

    def press() -> None:
        with chase.house.scope():
            stop_sending(actor=manager, reason="Wrong file", now=NOW)

    post.at[2] = press
    assert sender.send_ready(chase.house.tenant_id).sent == 2
    assert [each.state for each in chase.reminders()].count(State.READY) == 2


def test_the_next_turn_reads_anew_what_a_turn_keeps(
    chase: Chase, sender: Sender, let_go: Callable[[int], list[DueLine]]
) -> None:
    let_go(2)
    ibans = []

    def compose(content: ReminderContent) -> ComposedMessage:
        ibans.append(content.creditor.iban)
        return compose_plainly(content)

    sender = Sender("w1", sender.channel, sender.evidence, lambda: NOW, compose)
    sender.send_ready(chase.house.tenant_id, at_most=1)
    with chase.house.scope():
        Entity.objects.update(iban="DE89370400440532013000")
    sender.send_ready(chase.house.tenant_id, at_most=1)
    assert ibans[1] == "DE89370400440532013000" != ibans[0]


def test_a_claim_that_a_crash_took_back_leaves_no_way_to_send(
    chase: Chase, let_go: Callable[[int], list[DueLine]]
) -> None:
    let_go(1)
    with chase.house.scope():
        _outcome, claim = claim_next(now=NOW, worker="w1")
    assert claim is not None
    # The crash forgot the claim of w1, and w2 took the message under the same number.
    with chase.house.scope():
        Reminder.objects.update(worker="w2")
    with chase.house.scope(), pytest.raises(attempts.FenceError):
        attempts.mark_handing(claim, message=None, raw=b"", now=NOW)
