"""Solo mode (S14): the second person is a day and the legal representative's mailbox; no way around it is open."""

import re
from datetime import timedelta
from unittest.mock import patch

import pytest
from django.core import mail
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEvent, Membership, RoleGrant, SoloAct, SoloRepresentative, Tenant
from accounts.queries import actor_of
from accounts.services.solo import choose_representative, end_with_a_third, token_of
from accounts.services.solo_mails import tell_waiting
from credit.models import Hold, HoldRelease, HoldState
from credit.services import holds
from tests.cast import CustomerMaker, House


@pytest.fixture
def alone(house: House, make_customer: CustomerMaker) -> Client:
    """Return the browser of a credit manager who works alone and asked for a release of his own."""
    client = house.client("credit_manager")
    now = timezone.now()
    with house.scope():
        Tenant.objects.update(is_solo=True)
        manager = actor_of(house.member_known("credit_manager"))
        assert manager is not None
        choose_representative(
            name="Anne Gérante", email="anne@gerance.example", actor=manager, now=now
        )
        hold = holds.place_hold(
            holds.Wanted(make_customer(house), "Late", falls_on=timezone.localdate()),
            actor=manager,
            now=now,
            today=timezone.localdate(),
        )
        holds.ask_release(
            hold=hold,
            reason="Paid",
            until=timezone.localdate() + timedelta(days=9),
            ceiling=None,
            actor=manager,
            now=now,
            today=timezone.localdate(),
        )
    return client


def grant(client: Client, house: House) -> int:
    with house.scope():
        release = HoldRelease.objects.get()
    return client.post(f"/credit/releases/{release.pk}", {"outcome": "grant"}).status_code


def link(house: House) -> str:
    with house.scope():
        return f"/solo/{token_of(SoloAct.objects.get())}"


def state(house: House) -> str:
    with house.scope():
        return Hold.objects.get().state


def test_an_approval_of_ones_own_waits_a_day_and_then_for_the_mailbox(
    alone: Client, house: House
) -> None:
    assert grant(alone, house) == 202
    assert grant(alone, house) == 202  # asked twice it waits once
    with house.scope():
        assert tell_waiting(now=timezone.now()) == 1
        assert tell_waiting(now=timezone.now()) == 0
    (sent,) = mail.outbox
    assert sent.to == ["anne@gerance.example"]
    visitor = Client()
    mailed = re.search(r"/solo/[\w:-]+", str(sent.body))
    assert mailed
    early = visitor.post(mailed[0], {"outcome": "confirm"})
    assert (early.status_code, state(house)) == (422, HoldState.IN_FORCE)
    moment = timezone.now() + timedelta(hours=25)
    with patch("accounts.views.solo.timezone.now", return_value=moment):
        assert visitor.get(link(house)).status_code == 200
        assert state(house) == HoldState.IN_FORCE  # reading decides nothing
        assert visitor.post(link(house), {"outcome": "confirm"}).status_code == 200
        assert state(house) == HoldState.RELEASED
        again = visitor.post(link(house), {"outcome": "confirm"})
        assert again.status_code == 422
    with house.scope():
        release = HoldRelease.objects.get()
        assert release.decided_by_id == SoloRepresentative.objects.get().seat_id
        marked = AuditEvent.objects.get(action="credit.grant_release")
        assert marked.details["single_control"] is True
    assert "solo" in alone.get("/home").content.decode().lower()


def test_the_representative_may_refuse_at_once(alone: Client, house: House) -> None:
    grant(alone, house)
    assert Client().post(link(house), {"outcome": "refuse"}).status_code == 200
    with patch(
        "accounts.views.solo.timezone.now", return_value=timezone.now() + timedelta(hours=25)
    ):
        assert Client().post(link(house), {"outcome": "confirm"}).status_code == 422
    assert state(house) == HoldState.IN_FORCE


@pytest.mark.parametrize(
    "attack", ["forged", "new_mailbox", "third_person", "asker_left", "no_mode"]
)
def test_no_way_around_the_day_and_the_mailbox(alone: Client, house: House, attack: str) -> None:
    if attack == "no_mode":
        with house.scope():
            Tenant.objects.update(is_solo=False)
        assert grant(alone, house) == 422
        return
    grant(alone, house)
    url = link(house)
    now = timezone.now()
    with house.scope():
        manager = actor_of(house.member_known("credit_manager"))
        assert manager is not None
        if attack == "new_mailbox":
            choose_representative(name="Moi", email="moi@ici.example", actor=manager, now=now)
        if attack == "asker_left":
            Membership.objects.filter(pk=house.member_known("credit_manager")).update(state="left")
    if attack == "forged":
        assert Client().post(f"{url[:-2]}xx", {"outcome": "confirm"}).status_code == 404
        return
    if attack == "third_person":
        house.member("collector")
        house.member("credit_analyst")
        with house.scope():
            assert end_with_a_third(actor=manager, now=now)
            assert not end_with_a_third(actor=manager, now=now)
            assert not Tenant.objects.get().is_solo
            assert SoloAct.objects.get().state == "lapsed"
    with patch("accounts.views.solo.timezone.now", return_value=now + timedelta(hours=25)):
        assert Client().post(url, {"outcome": "confirm"}).status_code == 422
    assert state(house) == HoldState.IN_FORCE


def test_the_database_keeps_the_day(alone: Client, house: House) -> None:
    grant(alone, house)
    with house.scope():
        act = SoloAct.objects.get()
        for change in (
            {"due_at": act.asked_at + timedelta(hours=23)},
            {"state": "confirmed", "ended_at": act.asked_at},
        ):
            with pytest.raises(IntegrityError), transaction.atomic():
                SoloAct.objects.filter(pk=act.pk).update(**change)


def test_a_right_one_does_not_hold_is_not_lent_by_solo_mode(alone: Client, house: House) -> None:
    with house.scope():
        RoleGrant.objects.filter(role="credit_manager").update(role="credit_analyst")
    assert grant(alone, house) == 403
    with house.scope():
        assert SoloAct.objects.count() == 0
