"""Which requests wait for whom, in one question."""

from datetime import date

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts.models import RoleGrant
from credit.queries.requests import count_waiting, waiting_for
from credit.services import delegations, thread
from kernel.permissions import Actor
from tests.cast import House
from tests.credit.asking import NOW, TODAY, Cast, asked, cast_of, ident, member, to_decision

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast(house: House) -> Cast:
    return cast_of(house)


def waits(actor: Actor) -> list[str]:
    return [one.number for one in waiting_for(actor, today=TODAY)]


def test_a_step_waits_for_its_role_and_never_for_who_asked(cast: Cast) -> None:
    with cast.house.scope():
        first = asked(cast)
        second = to_decision(cast, siren="", name="Autre Fictive")
        assert waits(cast.analyst) == [first.number]
        assert waits(cast.manager) == [second.number]
        assert waits(cast.rep) == []


def test_a_manager_of_a_house_without_analysts_is_one(cast: Cast) -> None:
    with cast.house.scope():
        request = asked(cast)
        RoleGrant.objects.filter(membership=ident(cast.analyst)).delete()
        assert waits(cast.manager) == [request.number]


def test_a_named_step_waits_for_the_person_and_his_delegate(cast: Cast) -> None:
    with cast.house.scope():
        request = to_decision(cast)
        request.steps.filter(kind="decision").update(person=ident(cast.manager), role="")
        assert waits(cast.other_manager) == []
        delegations.delegate(
            delegator=member(cast.manager),
            delegate=member(cast.other_manager),
            starts_on=TODAY,
            ends_on=date(2026, 11, 30),
            reason="Holidays",
            actor=cast.manager,
            now=NOW,
            today=TODAY,
        )
        assert waits(cast.other_manager) == [request.number]


def test_a_question_waits_for_the_requester_alone(
    cast: Cast, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with cast.house.scope():
        request = to_decision(cast)
        thread.ask_precision(request=request, words="?", actor=cast.manager, now=NOW, today=TODAY)
        with django_assert_num_queries(1):
            assert count_waiting(cast.rep, today=TODAY) == 1
        with django_assert_num_queries(1):
            assert count_waiting(cast.manager, today=TODAY) == 0
