"""Penalties above a limit are given up by two people, and neither slices nor a second hat get around it."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from accounts.models import AuditEvent, User
from accounts.queries import actor_of
from dunning.models import ClaimMovement, InterestClaim, WaiverRequest
from dunning.rules.interest_claims import Parts
from dunning.services.interest_claims import compute_claims
from dunning.services.waivers import (
    WaiverDecisionRefused,
    WaiverLimitRefused,
    decide_waiver,
    enter_limit,
    give_up,
    withdraw_waiver,
)
from kernel.permissions import Actor, system_actor
from ledger.models import TimelineEntry
from tests.cast import House
from tests.dunning.conftest import NOW, TODAY, Chase


@pytest.fixture
def manager(house: House) -> Actor:
    return house.actor("credit_manager")


@pytest.fixture
def second(house: House) -> Actor:
    member = house.member("credit_manager", email="second@atelier.example")
    with house.scope():
        found = actor_of(member)
    assert found is not None
    return found


@pytest.fixture
def claims(house: House, chase: Chase, manager: Actor) -> list[InterestClaim]:
    customer = chase.customer()
    lines = [chase.line(customer, 90, "5000"), chase.line(customer, 80, "5000")]
    with house.scope():
        enter_limit(valid_from=TODAY, amount=Decimal(50), actor=manager, today=TODAY)
        return compute_claims(
            documents=[line.document_id for line in lines], actor=manager, today=TODAY, now=NOW
        )


def asked(claim: InterestClaim, actor: Actor, amount: str) -> WaiverRequest | None:
    parts = Parts(Decimal(amount), Decimal(0))
    return give_up(claim=claim, parts=parts, reason="Goodwill", actor=actor, today=TODAY, now=NOW)


def test_one_person_gives_up_to_the_limit_and_two_above_it(
    house: House, claims: list[InterestClaim], manager: Actor, second: Actor
) -> None:
    with house.scope():
        assert asked(claims[0], manager, "50") is None
        request = asked(claims[1], manager, "1")
        assert request is not None
        assert ClaimMovement.objects.filter(kind="waived").count() == 1
        done = decide_waiver(
            request=request, is_approved=True, words="", actor=second, today=TODAY, now=NOW
        )
        assert done.state == "approved"
        moves = ClaimMovement.objects.filter(kind="waived").order_by("at", "pk")
        assert {move.author_id for move in moves} == {manager.membership_id, second.membership_id}
        assert TimelineEntry.objects.filter(text_code="dunning.waiver_proposed").exists()
        actions = AuditEvent.objects.values_list("action", flat=True)
        assert {"dunning.propose_waiver", "dunning.approve_waiver"} <= set(actions)


def test_slices_of_a_large_waiver_count_together(
    house: House, claims: list[InterestClaim], manager: Actor
) -> None:
    with house.scope():
        assert asked(claims[0], manager, "20") is None
        assert asked(claims[1], manager, "20") is None
        assert asked(claims[0], manager, "20") is not None


def test_whoever_may_only_propose_gives_nothing_up_alone(
    house: House, claims: list[InterestClaim]
) -> None:
    analyst = house.actor("credit_analyst")
    with house.scope():
        assert asked(claims[0], analyst, "1") is not None
        with pytest.raises(WaiverDecisionRefused, match="proposed already"):
            asked(claims[0], analyst, "1")


def test_nobody_decides_about_his_own_waiver_not_even_in_the_database(
    house: House, claims: list[InterestClaim], manager: Actor
) -> None:
    with house.scope():
        request = asked(claims[0], manager, "60")
        assert request is not None
        for actor in (manager, system_actor(house.tenant_id)):
            with pytest.raises(WaiverDecisionRefused, match="S1"):
                decide_waiver(
                    request=request, is_approved=True, words="", actor=actor, today=TODAY, now=NOW
                )
        with pytest.raises(IntegrityError, match="s1_two_people"), transaction.atomic():
            WaiverRequest.objects.update(
                state="approved", decided_by=manager.membership_id, decided_at=NOW
            )
    answer = house.client("credit_manager").post(f"/legal/waivers/{request.pk}", {"answer": "yes"})
    assert answer.status_code == 422
    assert house.client("credit_analyst").post(f"/legal/waivers/{request.pk}").status_code == 403
    with house.scope():
        assert not ClaimMovement.objects.filter(kind="waived").exists()


def test_a_refusal_says_why_and_gives_nothing_up(
    house: House, claims: list[InterestClaim], manager: Actor, second: Actor
) -> None:
    with house.scope():
        request = asked(claims[0], manager, "60")
        assert request is not None
        with pytest.raises(WaiverDecisionRefused, match="Say why"):
            decide_waiver(
                request=request, is_approved=False, words="", actor=second, today=TODAY, now=NOW
            )
        decide_waiver(
            request=request,
            is_approved=False,
            words="Late again",
            actor=second,
            today=TODAY,
            now=NOW,
        )
        with pytest.raises(WaiverDecisionRefused, match="decided already"):
            decide_waiver(
                request=request, is_approved=True, words="", actor=second, today=TODAY, now=NOW
            )
        assert not ClaimMovement.objects.filter(kind="waived").exists()


def test_a_limit_never_counts_for_days_gone_by(house: House, manager: Actor) -> None:
    with house.scope(), pytest.raises(WaiverLimitRefused):
        enter_limit(
            valid_from=TODAY - timedelta(days=1), amount=Decimal(9), actor=manager, today=TODAY
        )
    client = house.client("credit_manager")
    User.objects.update(language="en")
    page = client.get("/legal/parameters").content.decode()
    assert "One person who may approve write-offs" in page


def test_only_who_proposed_a_waiver_takes_it_back_and_only_while_it_waits(
    house: House, claims: list[InterestClaim], manager: Actor, second: Actor
) -> None:
    with house.scope():
        request = asked(claims[0], manager, "51")
        assert request is not None
        with pytest.raises(WaiverDecisionRefused, match="takes that back"):
            withdraw_waiver(request=request, actor=second, now=NOW)
    client = house.client("credit_manager")
    User.objects.update(language="en")
    page = f"/legal/customers/{claims[0].customer_id}"
    assert "Take the proposal back" in client.get(page).content.decode()
    assert client.post(f"/legal/waivers/{request.pk}/back").status_code == 302
    assert "Take the proposal back" not in client.get(page).content.decode()
    with house.scope():
        assert WaiverRequest.objects.get().state == "withdrawn"
        assert not ClaimMovement.objects.filter(kind="waived").exists()
        with pytest.raises(WaiverDecisionRefused, match="decided already"):
            withdraw_waiver(request=request, actor=manager, now=NOW)
