"""The four stops, each pressed on its page: what waits in the queue does not leave, and leaves once it is let go."""

import re
from collections.abc import Callable
from types import SimpleNamespace

import pytest
from django.test import Client

from accounts.models import AuditEvent, User
from dunning.models import Pause, SendingSwitch
from dunning.rules.outbox import CancelReason
from ledger.models import Customer, DueLine
from tests.cast import House
from tests.dunning import test_sending
from tests.dunning.conftest import NOW, TODAY, Chase
from tests.dunning.test_scenario_pages import STANDARD, text
from tests.dunning.test_sending import Post, planned

post = test_sending.post  # the fixture: a mailbox, a worker and a ledger

WHY = {"reason": "Their system is down"}
UNTIL = "2026-11-05"


@pytest.fixture
def analyst(chase: Chase, monkeypatch: pytest.MonkeyPatch) -> Client:
    """Return the browser of somebody who may stop, on the day and at the hour of the worker."""
    monkeypatch.setattr("kernel.http.timezone", SimpleNamespace(now=lambda: NOW))
    for role in ("credit_analyst", "sales_rep"):
        chase.house.member(role)
    User.objects.update(language="en")
    return chase.house.client("credit_analyst")


def stop_line(client: Client, line: DueLine) -> int:
    path = f"/customers/{line.customer_id}/pause"
    return client.post(path, {**WHY, "until": UNTIL, "line": str(line.pk)}).status_code


def stop_customer(client: Client, line: DueLine) -> int:
    return client.post(f"/customers/{line.customer_id}/pause", {**WHY, "until": UNTIL}).status_code


def stop_scenario(client: Client, line: DueLine) -> int:
    assert line
    return client.post(f"{STANDARD}/stop", WHY).status_code


def stop_tenant(client: Client, line: DueLine) -> int:
    assert line
    return client.post("/agenda/stop", WHY).status_code


@pytest.mark.parametrize(
    ("stop", "expected"),
    [
        (stop_line, "cancelled"),
        (stop_customer, "cancelled"),
        (stop_scenario, "ready"),
        (stop_tenant, "ready"),
    ],
    ids=["line", "customer", "scenario", "tenant"],
)
def test_a_queued_message_does_not_leave_once_somebody_stopped_it(
    post: Post, analyst: Client, stop: Callable[[Client, DueLine], int], expected: str
) -> None:
    """The next look of a worker finds it; workers look every quarter of a minute."""
    line = planned(post)
    assert post.only().state == "ready"
    assert stop(analyst, line) == 302
    assert post.send() == 0
    assert post.inbox() == []
    reminder = post.only()
    assert reminder.state == expected
    if expected == "cancelled":
        assert reminder.cancel_reason == CancelReason.EXCLUDED


def test_a_stopped_line_leaves_the_others_of_its_customer_to_be_chased(
    post: Post, analyst: Client
) -> None:
    customer = post.chase.customer()
    stopped, chased = (post.chase.line(customer, 12, amount) for amount in ("1000", "300"))
    stop_line(analyst, stopped)
    post.chase.plan()
    assert post.only().amount == chased.amount


@pytest.mark.parametrize(
    ("stop", "resume"),
    [(f"{STANDARD}/stop", f"{STANDARD}/resume"), ("/agenda/stop", "/agenda/resume")],
    ids=["scenario", "tenant"],
)
def test_what_a_red_button_stopped_leaves_once_it_is_let_go(
    post: Post, analyst: Client, stop: str, resume: str
) -> None:
    planned(post)
    analyst.post(stop, WHY)
    assert post.send() == 0
    assert analyst.post(resume, {"reason": "It is up again"}).status_code == 302
    assert post.send() == 1


def test_the_stop_of_a_scenario_says_who_why_and_when_and_is_in_the_trail(
    post: Post, analyst: Client
) -> None:
    planned(post)
    analyst.post(f"{STANDARD}/stop", WHY)
    page = text(analyst.get(STANDARD))
    assert "This scenario is stopped: nothing of it leaves." in page
    assert "Their system is down" in page
    assert re.search(r"Credit Analyst, 29\sOct 2026, ", page)
    assert f'action="{STANDARD}/resume"' in page
    assert f'action="{STANDARD}/stop"' not in page
    analyst.post(f"{STANDARD}/resume", {"reason": "It is up again"})
    page = text(analyst.get(STANDARD))
    assert "It is up again" in page
    assert f'action="{STANDARD}/stop"' in page
    with post.chase.house.scope():
        actions = AuditEvent.objects.filter(object_kind="scenario").values_list("action", "details")
        assert [(action, details["scope"]) for action, details in actions.order_by("sequence")] == [
            ("dunning.stop_sending", "scenario"),
            ("dunning.resume_sending", "scenario"),
        ]


@pytest.mark.parametrize("path", ["stop", "resume"])
@pytest.mark.parametrize("reason", ["", "   "])
def test_no_stop_and_no_resumption_without_a_reason(
    post: Post, analyst: Client, path: str, reason: str
) -> None:
    planned(post)
    answer = analyst.post(f"{STANDARD}/{path}", {"reason": reason})
    assert answer.status_code == 422
    assert "Say why" in text(answer)
    with post.chase.house.scope():
        assert not SendingSwitch.objects.exists()


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"reason": "", "until": UNTIL}, "Say why"),
        ({"reason": "x", "until": "tomorrow"}, "is no day"),
        ({"reason": "x", "until": ""}, "is no day"),
        ({"reason": "x", "until": "2026-10-28"}, "A pause ends between"),
        ({"reason": "x", "until": "2026-12-24"}, "A pause ends between"),
    ],
)
def test_a_pause_without_reason_or_with_a_wrong_end_is_refused_in_words(
    post: Post, analyst: Client, typed: dict[str, str], said: str
) -> None:
    line = planned(post)
    answer = analyst.post(f"/customers/{line.customer_id}/pause", typed)
    assert answer.status_code == 422
    assert said in text(answer)
    with post.chase.house.scope():
        assert not Pause.objects.exists()


def test_a_line_of_somebody_else_is_not_found(post: Post, analyst: Client) -> None:
    line = planned(post)
    other = post.chase.customer("C002")
    for named in (str(line.pk), "nonsense"):
        typed = {**WHY, "until": UNTIL, "line": named}
        assert analyst.post(f"/customers/{other.pk}/pause", typed).status_code == 404


def test_the_pauses_are_on_the_page_of_the_customer_and_are_lifted_there(
    post: Post, analyst: Client
) -> None:
    line = planned(post)
    page = text(analyst.get("/customers/C001"))
    assert f'action="/customers/{line.customer_id}/pause"' in page
    assert f"pause={line.pk}" in page
    asking = text(analyst.get(f"/customers/C001?tab=items&pause={line.pk}"))
    assert f'name="line" value="{line.pk}"' in asking
    stop_line(analyst, line)
    assert "paused until 5 Nov 2026: Their system is down" in text(analyst.get("/customers/C001"))
    stop_customer(analyst, line)
    assert "Paused until 5 Nov 2026: Their system is down" in text(analyst.get("/customers/C001"))
    with post.chase.house.scope():
        pauses = list(Pause.objects.in_force(TODAY))
    for pause in pauses:
        path = f"/customers/{line.customer_id}/pause/{pause.pk}/end"
        assert analyst.post(path).status_code == 302
        assert analyst.post(path).status_code == 404
    with post.chase.house.scope():
        assert not Pause.objects.in_force(TODAY).exists()


def test_who_may_only_propose_pauses_nothing(
    post: Post, analyst: Client, other_house: House
) -> None:
    line = planned(post)
    salesman = post.chase.house.client("sales_rep")
    stranger = other_house.client("credit_manager")
    assert salesman.post(f"{STANDARD}/stop", WHY).status_code == 403
    assert stranger.post(f"{STANDARD}/stop", WHY).status_code == 404
    for client in (salesman, stranger):
        assert stop_customer(client, line) in {403, 404}
    assert analyst
    with post.chase.house.scope():
        assert not Pause.objects.exists()
        assert Customer.objects.count() == 1
