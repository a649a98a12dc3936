"""The scheduled round of requests, the clock that a question stops, and what is told by mail."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from django.core import mail

from accounts.models import Tenant, User
from credit.models import (
    CreditLimit,
    CreditRequest,
    CreditSettings,
    InternalNotice,
    RequestKind,
    RequestState,
)
from credit.queries import limit_on
from credit.services import requests, thread
from credit.services.denials import NotYours
from credit.services.notices import send_notices
from credit.services.request_round import Round, run_round
from kernel.permissions import Actor
from ledger.models import TimelineEntry
from tests.cast import CustomerMaker, House
from tests.credit.asking import (
    NOW,
    TODAY,
    Cast,
    asked,
    cast_of,
    customer_of,
    end,
    euros,
    ident,
    open_step,
    to_decision,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast(house: House) -> Cast:
    return cast_of(house)


def round_at(now: datetime, today: date | None = None) -> Round:
    return run_round(Tenant.objects.get(), now=now, today=today or now.date())


def told(code: str, actor: Actor) -> int:
    return InternalNotice.objects.filter(code=code, recipient=ident(actor)).count()


def test_a_step_is_reminded_once_shortly_before_its_deadline(cast: Cast) -> None:
    with cast.house.scope():
        asked(cast)  # due the next morning at ten in Paris
        assert round_at(NOW + timedelta(hours=4)).reminded == 0
        assert round_at(NOW + timedelta(hours=23)).reminded == 1
        assert round_at(NOW + timedelta(hours=23, minutes=30)).reminded == 0
        assert told("reminder", cast.analyst) == 1
        assert told("reminder", cast.rep) == 0


def test_a_late_step_passes_to_whom_the_circuit_names(cast: Cast) -> None:
    with cast.house.scope():
        request = asked(cast)
        request.steps.filter(state="open").update(escalates_to=ident(cast.manager))
        late = NOW + timedelta(days=1, minutes=1)
        assert round_at(late).escalated == 1
        assert round_at(late + timedelta(hours=1)).escalated == 0
        assert told("escalated", cast.manager) == 1
        end(request, cast.manager, "complete", words="I took it over")
        assert request.steps.get(kind="completeness").done_by_id == ident(cast.manager)


def test_before_it_is_late_it_is_not_the_other_ones(cast: Cast) -> None:
    with cast.house.scope():
        request = asked(cast)
        request.steps.filter(state="open").update(escalates_to=ident(cast.manager))
        with pytest.raises(NotYours):
            end(request, cast.manager, "complete", words="too early")


def test_a_question_stops_the_clock_and_its_answer_moves_the_deadline(cast: Cast) -> None:
    with cast.house.scope():
        request = to_decision(cast)
        due = open_step(request).due_at
        assert due is not None
        asked_at = NOW + timedelta(hours=2)
        thread.ask_precision(
            request=request, words="Which site?", actor=cast.manager, now=asked_at, today=TODAY
        )
        assert round_at(NOW + timedelta(days=5)) == Round(0, 0, 0, 0, 0)
        thread.answer(
            request=request,
            words="Brest",
            actor=cast.rep,
            now=asked_at + timedelta(days=2),
            today=TODAY,
        )
        request.refresh_from_db()
        assert open_step(request).due_at == due + timedelta(days=2)
        assert request.waited_minutes == 2 * 9 * 60
        assert told("question", cast.rep) == 1
        assert told("answer", cast.manager) == 1


def test_only_who_has_the_step_asks_and_only_who_asked_answers(cast: Cast) -> None:
    with cast.house.scope():
        request = to_decision(cast)
        with pytest.raises(thread.ThreadRefused, match="not yours"):
            thread.ask_precision(request=request, words="?", actor=cast.rep, now=NOW, today=TODAY)
        thread.ask_precision(request=request, words="?", actor=cast.manager, now=NOW, today=TODAY)
        with pytest.raises(thread.ThreadRefused, match="who asked"):
            thread.answer(request=request, words="!", actor=cast.manager, now=NOW, today=TODAY)


def test_a_question_without_an_answer_ends_the_request(cast: Cast) -> None:
    with cast.house.scope():
        CreditSettings.objects.create(lapse_days=10)
        request = to_decision(cast)
        thread.ask_precision(request=request, words="?", actor=cast.manager, now=NOW, today=TODAY)
        assert round_at(NOW + timedelta(days=9)).lapsed == 0
        assert round_at(NOW + timedelta(days=11)).lapsed == 1
        request.refresh_from_db()
        assert request.state == RequestState.LAPSED
        assert not request.steps.filter(state="open").exists()
        assert told("lapsed", cast.rep) == 1


def test_a_review_starts_on_its_day_and_once(cast: Cast) -> None:
    with cast.house.scope():
        request = to_decision(cast)
        day = date(2027, 5, 18)
        request = end(request, cast.manager, "as_asked", words="ok", review_date=day)
        assert round_at(NOW, date(2027, 5, 17)).reviews == 0
        assert round_at(NOW, day).reviews == 1
        assert round_at(NOW, day).reviews == 0
        review = CreditRequest.objects.get(kind=RequestKind.REVIEW)
        assert (review.state, review.asked_amount) == (RequestState.IN_CIRCUIT, Decimal(80_000))
        assert review.requested_by is None
        review = end(review, cast.analyst, "favourable", words="x", amount=euros("40000"))
        end(review, cast.manager, "conditions", words="Lower", amount=euros("40000"))
        limit = limit_on(customer_of(request).pk, TODAY)
        assert limit is not None
        assert limit.amount == euros("40000")


def test_a_temporary_raise_gives_way_to_the_limit_before_it(
    cast: Cast, make_customer: CustomerMaker
) -> None:
    with cast.house.scope():
        customer = make_customer(cast.house)
        CreditLimit.objects.create(
            customer=customer, amount=30_000, currency="EUR", valid_from=TODAY
        )
        request = requests.draft(
            requests.Ask(
                kind="temporary",
                customer=customer,
                entity=requests.entity_of(customer.portfolio),
                portfolio=customer.portfolio,
                asked_amount=Decimal(50_000),
                currency="EUR",
                asked_until=date(2027, 1, 31),
                words="A site",
            ),
            actor=cast.analyst,
            now=NOW,
            today=TODAY,
        )
        requests.submit(request=request, actor=cast.analyst, now=NOW, today=TODAY)
        end(request, cast.manager, "as_asked", words="ok")
        amounts = [
            limit_on(customer.pk, day) for day in (TODAY, date(2027, 1, 31), date(2027, 2, 1))
        ]
        assert [one.amount.amount if one else None for one in amounts] == [50_000, 50_000, 30_000]
        assert round_at(NOW, date(2027, 2, 1)).expired == 1
        assert round_at(NOW, date(2027, 2, 2)).expired == 0
        assert TimelineEntry.objects.filter(text_code="credit.limit_expired").count() == 1


def test_what_was_promised_is_sent_once_in_the_readers_language(cast: Cast) -> None:
    User.objects.update(language="en")
    with cast.house.scope():
        asked(cast)
        assert send_notices(now=NOW) == 1
        assert send_notices(now=NOW) == 0
    (message,) = mail.outbox
    assert message.to == ["credit.analyst@atelier.example"]
    assert "DC-2611-001" in message.subject
    assert "Menuiserie Kerlann" in message.body
    assert "/credit/requests/DC-2611-001" in message.body
