"""Alerts of the legal clock leave by mail: once each, all of a night in one, to the owner and then to the managers."""

from datetime import date, timedelta

import pytest

from accounts.models import Membership, MembershipState
from dunning.models import LegalDeadline, SideMail
from dunning.services.deadlines import warn_of_deadlines
from tests.cast import House
from tests.dunning.conftest import NOW, TODAY, Chase


@pytest.fixture
def people(house: House) -> dict[str, Membership]:
    ids = {role: house.member(role) for role in ("collector", "credit_manager")}
    with house.scope():
        return {role: Membership.objects.get(pk=pk) for role, pk in ids.items()}


def near(
    chase: Chase, owner: Membership | None, days: int, label: str, code: str = "C001"
) -> LegalDeadline:
    """Put a deadline so many days ahead on the clock; opens its own scope."""
    customer = chase.customer(code)
    with chase.house.scope():
        return LegalDeadline.objects.create(
            customer=customer,
            kind="prescription",
            start_date=TODAY - timedelta(days=1),
            due_date=TODAY + timedelta(days=days),
            source="x",
            subject=customer.pk,
            label=label,
            owner=owner,
        )


def mails(house: House, day: date = TODAY) -> list[tuple[str, str]]:
    """Give the day's alerts and return (recipient, text) of every mail there is."""
    with house.scope():
        warn_of_deadlines(today=day, now=NOW)
        rows = SideMail.objects.filter(kind="deadlines").order_by("recipient", "created_at")
        return [(mail.recipient, mail.text) for mail in rows]


def test_all_alerts_of_a_night_are_one_mail_to_the_owner_and_come_once(
    house: House, chase: Chase, people: dict[str, Membership]
) -> None:
    near(chase, people["collector"], 30, "F-1")
    near(chase, people["collector"], 28, "F-2", "C002")
    ((recipient, text),) = mails(house)
    assert recipient == people["collector"].email
    assert "F-1" in text
    assert "F-2" in text
    assert "/legal" in text
    assert len(mails(house)) == 1, "twice the same night"
    assert len(mails(house, TODAY + timedelta(days=3))) == 1, "nothing new"


def test_from_fifteen_days_before_the_managers_read_it_too(
    house: House, chase: Chase, people: dict[str, Membership]
) -> None:
    near(chase, people["collector"], 15, "F-1")
    assert {recipient for recipient, _text in mails(house)} == {
        people["collector"].email,
        people["credit_manager"].email,
    }
    to_manager = next(text for who, text in mails(house) if who == people["credit_manager"].email)
    assert people["collector"].name in to_manager


@pytest.mark.parametrize("is_left", [True, False])
def test_a_deadline_nobody_answers_for_goes_to_the_managers_at_once(
    house: House, chase: Chase, people: dict[str, Membership], is_left: bool
) -> None:
    near(chase, people["collector"] if is_left else None, 30, "F-1")
    with house.scope():
        Membership.objects.filter(pk=people["collector"].pk).update(state=MembershipState.LEFT)
    assert [recipient for recipient, _text in mails(house)] == [people["credit_manager"].email]
