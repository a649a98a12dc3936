"""A request from the rep's form to the limit that stands."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from credit.models import AccountExport, CreditLimit, CreditRequest, InternalNotice, RequestState
from credit.queries import limit_on
from credit.services import requests
from credit.services.circuits import StepGone, complete_step
from credit.services.step_checks import StepRefused
from credit.services.undo import UndoRefused, undo_decision
from ledger.models import Customer
from tests.cast import House
from tests.credit.asking import (
    NOW,
    SIREN,
    TODAY,
    Cast,
    ask,
    asked,
    cast_of,
    customer_of,
    end,
    euros,
    open_step,
    terms,
    to_decision,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast(house: House) -> Cast:
    return cast_of(house)


def test_a_granted_opening_makes_the_customer_with_his_limit_and_tells_the_rep(cast: Cast) -> None:
    with cast.house.scope():
        request = to_decision(cast)
        request = end(
            request, cast.manager, "conditions", amount=euros("60000"), words="Review in six months",
            until=date(2027, 5, 31),
        )  # fmt: skip
        customer = customer_of(request)
        limit = limit_on(customer.pk, TODAY)
        assert request.state == RequestState.GRANTED
        assert (customer.code, customer.siren, customer.terms) == ("C-00001", SIREN, terms())
        assert customer.sales_rep_id == cast.rep.membership_id
        assert limit is not None
        assert (limit.amount, limit.valid_until) == (euros("60000"), date(2027, 5, 31))
        told = InternalNotice.objects.filter(recipient=cast.rep.membership_id, code="granted")
        assert told.count() == 1
        assert AccountExport.objects.get().body["credit_limit"] == "60000.00"


def test_each_step_opens_the_next_and_says_until_when(cast: Cast) -> None:
    with cast.house.scope():
        request = asked(cast)
        assert open_step(request).kind == "completeness"
        # Nine working hours from ten in the morning in Paris: the next day at ten.
        assert open_step(request).due_at == NOW + timedelta(days=1)
        request = end(request, cast.analyst, "complete", words="complete as it is")
        assert open_step(request).kind == "analysis"
        assert request.decide_before == NOW + timedelta(days=1, hours=1)


def test_a_file_that_lacks_papers_is_complete_only_with_a_word(cast: Cast) -> None:
    with cast.house.scope():
        request = asked(cast)
        with pytest.raises(StepRefused, match="lacks"):
            end(request, cast.analyst, "complete")


def test_more_than_was_asked_is_not_granted(cast: Cast) -> None:
    with cast.house.scope():
        request = to_decision(cast)
        with pytest.raises(StepRefused, match=r"80000"):
            end(request, cast.manager, "conditions", amount=euros("90000"), words="more")


def test_a_refusal_needs_a_reason_and_grants_nothing(cast: Cast) -> None:
    with cast.house.scope():
        request = to_decision(cast)
        with pytest.raises(StepRefused, match="Say why"):
            end(request, cast.manager, "refuse")
        request = end(request, cast.manager, "refuse", words="Payment on order")
        assert request.state == RequestState.REFUSED
        assert not Customer.objects.exists()
        assert not CreditLimit.objects.exists()


def test_above_the_threshold_the_committee_is_waited_for(cast: Cast) -> None:
    with cast.house.scope():
        request = to_decision(cast, asked_amount=Decimal(120_000))
        request = end(request, cast.manager, "as_asked", words="Outside the charter, but sound")
        assert request.state == RequestState.IN_CIRCUIT
        assert [step.kind for step in request.steps.filter(state="open")] == ["committee"]


def test_a_smaller_grant_needs_no_committee(cast: Cast) -> None:
    with cast.house.scope():
        request = to_decision(cast, asked_amount=Decimal(120_000))
        request = end(
            request, cast.manager, "conditions", amount=euros("90000"), words="90 at first"
        )
        assert request.state == RequestState.GRANTED
        assert request.steps.get(kind="committee").state == "skipped"


def test_a_step_ends_once(cast: Cast) -> None:
    with cast.house.scope():
        request = to_decision(cast)
        step = open_step(request)
        end(request, cast.manager, "as_asked", words="Fine")
        with pytest.raises(StepGone, match="Credit Manager already ended"):
            complete_step(
                step=step, outcome="refuse", actor=cast.other_manager, now=NOW, today=TODAY
            )
        assert CreditLimit.objects.count() == 1


def test_a_decision_is_taken_back_within_ten_minutes_by_who_made_it(cast: Cast) -> None:
    with cast.house.scope():
        request = to_decision(cast)
        request = end(request, cast.manager, "as_asked", words="Fine", now=NOW)
        with pytest.raises(UndoRefused):
            undo_decision(request=request, actor=cast.other_manager, now=NOW, today=TODAY)
        with pytest.raises(UndoRefused):
            undo_decision(
                request=request, actor=cast.manager, now=NOW + timedelta(minutes=11), today=TODAY
            )
        soon = NOW + timedelta(minutes=9)
        request = undo_decision(request=request, actor=cast.manager, now=soon, today=TODAY)
        customer = customer_of(request)
        assert request.state == RequestState.IN_CIRCUIT
        assert limit_on(customer.pk, TODAY) is None
        request = end(request, cast.manager, "conditions", amount=euros("50000"), words="50 rather")
        limit = limit_on(customer.pk, TODAY)
        assert limit is not None
        assert limit.amount == euros("50000")
        assert Customer.objects.count() == 1


def test_numbers_of_a_month_have_no_gap(cast: Cast) -> None:
    with cast.house.scope():
        first = asked(cast)
        second = requests.draft(
            ask(cast.house, siren="", name="Autre Fictive"), actor=cast.rep, now=NOW, today=TODAY
        )
        assert (first.number, second.number) == ("DC-2611-001", "DC-2611-002")
        requests.withdraw(request=second, words="", actor=cast.rep, now=NOW)
        third = requests.draft(
            ask(cast.house, siren="", name="Encore Fictive"),
            actor=cast.rep,
            now=NOW,
            today=date(2026, 12, 1),
        )
        assert third.number == "DC-2612-001"
        assert CreditRequest.objects.filter(state=RequestState.WITHDRAWN).count() == 1
