"""A huge run of one tenant does not delay the small one of another: turns, and a look at everybody now and then."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count

import pytest

from dunning import turns
from dunning.channels import MailToCompose, OutgoingMail, UnreachableError
from dunning.models import Reminder
from dunning.services.people import confirm_reminders
from dunning.services.sending import Sender
from kernel.permissions import system_actor
from ledger.models import Customer
from tests.cast import House
from tests.dunning.conftest import NOW, Chase
from tests.dunning.plain import compose_plainly

TURN = 3
HUGE, SMALL = 20, 2


@dataclass
class Post:
    """A mail server that writes down who was written to, in order; `at` happens once so many have left."""

    to: list[str] = field(default_factory=list)
    at: dict[int, Callable[[], None]] = field(default_factory=dict)
    gone_after: int = 10**6

    def encode(self, mail: MailToCompose) -> bytes:
        return mail.message_id.encode()

    def hand_over(self, mail: OutgoingMail, *, before_last_dot: Callable[[], None]) -> None:
        if len(self.to) >= self.gone_after:
            raise UnreachableError
        before_last_dot()
        self.to.append(mail.recipient.split("@")[1][0])
        self.at.pop(len(self.to), lambda: None)()

    def close(self) -> None:
        """Nothing is open."""

    def was_accepted(self, message_id: str) -> bool | None:  # noqa: ARG002  the port names it
        return None


@pytest.fixture
def post(monkeypatch: pytest.MonkeyPatch) -> Post:
    monkeypatch.setattr(turns, "TURN", TURN)
    return Post()


@pytest.fixture
def sender(post: Post) -> Sender:
    return Sender("w1", post, post, lambda: NOW, compose_plainly)


@pytest.fixture
def small(other_house: House, make_customer: Callable[..., Customer]) -> Callable[[], None]:
    """Return what lets the small tenant's messages go."""
    chase = Chase(other_house, make_customer)
    chase.settle_in()
    queue(chase, "S", SMALL)
    return lambda: let_go(chase)


@pytest.fixture
def huge(chase: Chase) -> None:
    queue(chase, "H", HUGE)
    let_go(chase)


def queue(chase: Chase, letter: str, many: int) -> None:
    for number in range(many):
        chase.line(chase.customer(f"{letter}{number:03d}"), 12)
    chase.plan()


def let_go(chase: Chase) -> None:
    with chase.house.scope():
        actor = system_actor(chase.house.tenant_id)
        confirm_reminders(reminders=Reminder.objects.all(), actor=actor, now=NOW, opens_now=True)


def clock(*, step: float) -> Callable[[], float]:
    """Return a clock that goes on by `step` seconds at each look."""
    seconds: Iterator[int] = count()
    return lambda: next(seconds) * step


@pytest.mark.usefixtures("huge")
def test_a_small_queue_leaves_after_one_turn_of_the_huge_one(
    post: Post, sender: Sender, small: Callable[[], None]
) -> None:
    small()
    turns.send_in_turns(sender)
    assert post.to.count("h") == HUGE
    assert post.to.count("s") == SMALL
    assert "s" in post.to[: TURN + 1]
    assert post.to[: TURN + SMALL].count("s") == SMALL


@pytest.mark.usefixtures("huge")
def test_what_is_confirmed_meanwhile_leaves_at_the_next_look_at_everybody(
    post: Post, sender: Sender, small: Callable[[], None]
) -> None:
    post.at[TURN + 1] = small
    turns.send_in_turns(sender, elapsed=clock(step=turns.LOOK_EVERY_SECONDS))
    assert post.to.count("h") == HUGE
    last = max(place for place, to in enumerate(post.to) if to == "s")
    assert last < 4 * TURN


@pytest.mark.usefixtures("huge")
def test_between_two_looks_only_those_who_wait_have_turns(
    post: Post, sender: Sender, small: Callable[[], None]
) -> None:
    post.at[TURN + 1] = small
    turns.send_in_turns(sender, elapsed=lambda: 0.0)
    assert post.to == ["h"] * HUGE


@pytest.mark.usefixtures("huge")
def test_a_relay_that_is_gone_ends_the_round(post: Post, sender: Sender) -> None:
    post.gone_after = 2
    turns.send_in_turns(sender)
    assert post.to == ["h", "h"]
