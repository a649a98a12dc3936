"""Registered e-letters through Maileva: a numbered notice, submitted once, and what its addressee did with it."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from pytest_django import Settings

from dunning.channels import Parcel
from dunning.documents import engine_problem
from dunning.models import FormalNotice, MailTask, Reminder, RenderedMessage
from dunning.queries.agenda import tasks_of_people, to_confirm
from dunning.rules.outbox import CARRIER_EVIDENCE_WAIT, LEASE
from dunning.rules.steps import Channel
from dunning.services.carrying import take_reports
from dunning.services.reply_addresses import name_of
from integrations.maileva.client import Maileva
from ledger.models import Contact, TimelineEntry
from tests.cast import House
from tests.dunning.conftest import Chase, chase
from tests.integrations.carried import Carried
from tests.integrations.peer import BROKEN, Call, Peer, listening

__all__ = ["chase"]  # the fixture, made for the chase's own tests

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(
        bool(engine_problem()), reason="the libraries of PDF are not on this machine"
    ),
]


TOLD = ("dunning.letter_refused", "dunning.letter_not_claimed", "dunning.undelivered")


class Provider:
    """Answers as Maileva describes; `breaks` closes the connection once a letter was submitted."""

    def __init__(self) -> None:
        self.sendings: list[dict[str, Any]] = []
        self.documents: list[bytes] = []
        self.recipients: list[dict[str, Any]] = []
        self.breaks = False
        self.tokens = 0
        self.status = "PENDING"

    @property
    def submitted(self) -> list[dict[str, Any]]:
        return [each for each in self.sendings if each["status"] != "DRAFT"]

    def __call__(self, call: Call) -> Any:  # noqa: ANN401  an answer, or the sign to break off
        path = urlsplit(call.path).path
        if path == "/token":
            self.tokens += 1
            return 200, {"access_token": f"t{self.tokens}", "expires_in": 300}
        if call.headers["Authorization"] != f"Bearer t{self.tokens}":
            return 401, {}
        return self.of_sendings(call, path)

    def of_sendings(self, call: Call, path: str) -> Any:  # noqa: ANN401  as above
        if (call.method, path) == ("POST", "/sendings"):
            self.sendings.append({**call.json, "id": f"s{len(self.sendings)}", "status": "DRAFT"})
            return 201, self.sendings[-1]
        if call.method == "GET" and path == "/sendings":
            return 200, {"sendings": self.sendings[::-1], "paging": {}}
        if call.method == "DELETE":
            self.sendings = [each for each in self.sendings if each["id"] != path.split("/")[2]]
            return 204, {}
        if path.endswith("/submit"):
            return self.of_submitting()
        if call.method == "GET":
            return 200, {"recipients": [{"id": "r1", "status": self.status}]}
        return self.of_contents(call, path)

    def of_contents(self, call: Call, path: str) -> Any:  # noqa: ANN401  as above
        if path.endswith("/documents"):
            self.documents.append(call.body)
        else:
            self.recipients.append(call.json)
        return 201, {"id": "x1", "status": "DRAFT"}

    def of_submitting(self) -> Any:  # noqa: ANN401  as above
        self.sendings[-1]["status"] = "PENDING"
        return BROKEN if self.breaks else (202, {})


@pytest.fixture
def provider() -> Provider:
    return Provider()


@pytest.fixture
def peer(provider: Provider, settings: Settings) -> Iterator[Peer]:
    with listening(provider) as peer:
        settings.OTC_MAILEVA_URL = peer.url
        settings.OTC_MAILEVA_TOKEN_URL = f"{peer.url}/token"
        settings.OTC_MAILEVA_USER = "client1"
        settings.OTC_MAILEVA_PASSWORD = "secret1"
        settings.OTC_MAILEVA_SENDER = "sender1"
        settings.OTC_CARRIERS = {"registered_eletter": "integrations.maileva.client.Maileva"}
        yield peer


@pytest.fixture
def letters(chase: Chase, peer: Peer) -> Carried:
    del peer
    carriers = {Channel.REGISTERED_ELETTER: Maileva()}
    return Carried(chase, Channel.REGISTERED_ELETTER, 45, carriers=carriers)


def test_a_notice_waits_for_a_person_and_then_leaves_once_with_its_number(
    letters: Carried, provider: Provider
) -> None:
    letters.customer()
    letters.chase.plan()
    letters.work()
    person = letters.chase.person("credit_manager")
    with letters.chase.house.scope():
        assert [each.channel for each in to_confirm(person)] == ["registered_eletter"]
    assert provider.sendings == [], "a formal notice never leaves by itself"
    assert "formal_notice" in letters.only().confirm_reasons
    letters.confirm()
    assert (letters.send(), letters.send()) == (1, 0)
    reminder = letters.only()
    assert reminder.state == "sent"
    (sending,) = provider.submitted
    assert sending["custom_id"] == str(name_of(reminder.message_id))
    assert sending["sender_id"] == "sender1"
    assert provider.recipients[0]["email"] == "compta@c001.example"
    with letters.chase.house.scope():
        notice = FormalNotice.objects.get()
        assert bytes(notice.pdf or b"") in provider.documents[0]
        assert bytes(RenderedMessage.objects.get().raw) == bytes(notice.pdf or b"")


def test_an_answer_that_was_lost_is_found_by_asking(letters: Carried, provider: Provider) -> None:
    letters.planned()
    provider.breaks = True
    letters.send()
    assert letters.only().state == "unknown"
    letters.settle()
    letters.send()
    assert letters.only().state == "sent"
    assert len(provider.submitted) == 1


class Dying(Maileva):
    """A worker that dies right before or right after it submits."""

    def __init__(self, *, after: bool) -> None:
        super().__init__()
        self.after = after

    def hand_over(self, parcel: Parcel, *, before_last_step: Callable[[], None]) -> None:
        if self.after:
            super().hand_over(parcel, before_last_step=before_last_step)
        else:
            self._filled(self._made(parcel), parcel)
            before_last_step()
        raise SystemExit


@pytest.mark.parametrize("after", [True, False])
def test_a_worker_killed_while_handing_over_loses_nothing_and_sends_nothing_twice(
    letters: Carried, provider: Provider, *, after: bool
) -> None:
    letters.planned()
    with pytest.raises(SystemExit):
        letters.send({Channel.REGISTERED_ELETTER: Dying(after=after)})
    assert letters.only().state == "handing"
    letters.now += max(LEASE, CARRIER_EVIDENCE_WAIT) + timedelta(seconds=1)
    letters.settle()
    letters.send()
    assert letters.only().state == "sent"
    assert len(provider.submitted) == 1, "a draft left behind never leaves"


def test_a_token_taken_back_is_renewed(letters: Carried, provider: Provider) -> None:
    letters.planned()
    provider.tokens = 7
    assert letters.send() == 1
    assert len(provider.submitted) == 1


def test_without_a_provider_the_notice_becomes_a_task(
    letters: Carried, settings: Settings, provider: Provider
) -> None:
    letters.planned()
    settings.OTC_CARRIERS = {}
    letters.carriers = {}
    letters.work()
    reminder = letters.only()
    assert (reminder.state, reminder.mode, provider.sendings) == ("planned", "manual", [])
    person = letters.chase.person("credit_manager")
    with letters.chase.house.scope():
        assert list(tasks_of_people(person)) == [reminder]


@pytest.mark.parametrize(
    ("status", "state", "follows"),
    [
        ("ACCEPTED", "delivered", None),
        ("REFUSED", "sent", ("not_taken", "dunning.letter_refused")),
        ("NOT_CLAIMED", "sent", ("not_taken", "dunning.letter_not_claimed")),
        ("ERROR", "bounced", ("undeliv", "dunning.undelivered")),
        ("PROCESSED", "sent", None),
    ],
)
def test_what_the_addressee_did_is_asked_for_and_told(
    letters: Carried, provider: Provider, status: str, state: str, follows: tuple[str, str] | None
) -> None:
    letters.planned()
    letters.send()
    provider.status = status
    tenant_id = letters.chase.house.tenant_id
    for _twice in range(2):
        take_reports(tenant_id, carriers=letters.carriers, now=letters.now)
    assert letters.only().state == state
    with letters.chase.house.scope():
        tasks = list(MailTask.objects.values_list("kind", flat=True))
        told = TimelineEntry.objects.filter(text_code__in=TOLD).values_list("text_code", flat=True)
        assert (*tasks, *told) == (follows or ())
        contact = Contact.objects.get()
        assert (contact.is_undeliverable, contact.is_opted_out) == (False, False)


def test_a_report_about_a_house_touches_no_other(
    letters: Carried, provider: Provider, other_house: House
) -> None:
    letters.planned()
    letters.send()
    provider.status = "REFUSED"
    assert take_reports(other_house.tenant_id, carriers=letters.carriers, now=letters.now) == 0
    with other_house.scope():
        assert Reminder.objects.count() == MailTask.objects.count() == 0
