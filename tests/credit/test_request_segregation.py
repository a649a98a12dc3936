"""Nobody decides what he asked for, by whatever way (S1, S7, S12, S13), nor what he does not know (R17)."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from accounts.models import Membership, RoleGrant, Scope
from accounts.queries import actor_of
from credit.models import CreditLimit, CreditRequest, RequestState, RequestStep
from credit.services import ceilings, delegations, requests, rerouting
from credit.services.circuits import complete_step
from credit.services.denials import NotYours
from credit.services.step_checks import StepRefused
from kernel.permissions import Actor
from ledger.models import Customer
from tests.cast import CustomerMaker, House
from tests.credit.asking import (
    NOW,
    TODAY,
    Cast,
    asked,
    cast_of,
    end,
    euros,
    ident,
    member,
    open_step,
    person,
    to_decision,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast(house: House) -> Cast:
    return cast_of(house)


def decided(request: CreditRequest, actor: Actor) -> CreditRequest:
    return end(request, actor, "as_asked", words="Fine")


def refused(request: CreditRequest, actor: Actor, rule: str) -> None:
    with pytest.raises(NotYours, match=rule):
        decided(request, actor)
    assert not CreditLimit.objects.exists()


def test_whoever_asked_does_not_decide(cast: Cast) -> None:
    with cast.house.scope():
        request = to_decision_of(cast, cast.manager)
        refused(request, cast.manager, "S1")
        decided(request, cast.other_manager)


def to_decision_of(cast: Cast, asker: Actor) -> CreditRequest:
    request = asked(cast, asker)
    request = end(request, cast.analyst, "complete", words="x")
    return end(request, cast.analyst, "favourable", words="x")


@pytest.mark.parametrize(
    ("email", "phone"),
    [
        ("credit.manager+second@atelier.example", ""),
        ("another@atelier.example", "06 12 34 56 78"),
    ],
)
def test_a_second_account_of_the_requester_does_not_decide(
    cast: Cast, email: str, phone: str
) -> None:
    second = person(cast.house, "credit_manager", email)
    with cast.house.scope():
        Membership.objects.filter(pk=ident(cast.manager)).update(phone="+33 6 12 34 56 78")
        Membership.objects.filter(pk=ident(second)).update(phone=phone)
        request = to_decision_of(cast, cast.manager)
        refused(request, second, "S1")


def test_a_machine_never_decides(cast: Cast) -> None:
    with cast.house.scope():
        request = to_decision(cast)
        refused(request, replace(cast.manager, kind="api"), "S12")
        refused(request, replace(cast.manager, kind="system", membership_id=None), "S12")


def delegation(cast: Cast, delegator: Actor, delegate: Actor) -> None:
    delegations.delegate(
        delegator=member(delegator),
        delegate=member(delegate),
        starts_on=TODAY,
        ends_on=date(2026, 11, 30),
        reason="Holidays",
        actor=delegator,
        now=NOW,
        today=TODAY,
    )


def named_decision(request: CreditRequest, actor: Actor) -> None:
    request.steps.filter(kind="decision").update(person=ident(actor), role="")


def test_a_delegate_decides_in_the_name_of_who_delegated(cast: Cast) -> None:
    with cast.house.scope():
        request = to_decision(cast)
        named_decision(request, cast.manager)
        with pytest.raises(NotYours, match="Credit Manager"):
            decided(request, cast.other_manager)
        delegation(cast, cast.manager, cast.other_manager)
        decided(request, cast.other_manager)
        step = request.steps.get(kind="decision")
        assert (step.done_by_id, step.on_behalf_of_id) == (
            ident(cast.other_manager),
            ident(cast.manager),
        )


def test_a_delegate_does_not_decide_what_his_delegator_asked_for(cast: Cast) -> None:
    with cast.house.scope():
        request = to_decision_of(cast, cast.manager)
        named_decision(request, cast.manager)
        delegation(cast, cast.manager, cast.other_manager)
        refused(request, cast.other_manager, "S13")


def test_a_delegation_is_over_after_its_last_day(cast: Cast) -> None:
    with cast.house.scope():
        request = to_decision(cast)
        named_decision(request, cast.manager)
        delegation(cast, cast.manager, cast.other_manager)
        with pytest.raises(NotYours):
            complete_step(
                step=open_step(request),
                outcome="as_asked",
                words="late",
                actor=cast.other_manager,
                now=NOW,
                today=date(2026, 12, 1),
            )


def test_nobody_gives_himself_the_steps_of_another(cast: Cast) -> None:
    with cast.house.scope(), pytest.raises(delegations.DelegationRefused, match="himself"):
        delegations.delegate(
            delegator=member(cast.manager),
            delegate=member(cast.other_manager),
            starts_on=TODAY,
            ends_on=TODAY,
            reason="x",
            actor=cast.other_manager,
            now=NOW,
            today=TODAY,
        )


def test_who_asked_first_does_not_decide_a_reopened_request(cast: Cast) -> None:
    with cast.house.scope():
        first = to_decision_of(cast, cast.manager)
        first = end(first, cast.other_manager, "refuse", words="No accounts yet")
        again = requests.continue_as(first, "opening", actor=cast.rep, now=NOW, today=TODAY)
        requests.submit(request=again, actor=cast.rep, now=NOW, today=TODAY)
        again = end(again, cast.analyst, "complete", words="x")
        again = end(again, cast.analyst, "favourable", words="x")
        refused(again, cast.manager, "S1")
        decided(again, cast.other_manager)


def test_the_database_itself_refuses_the_requester(cast: Cast) -> None:
    with cast.house.scope():
        request = to_decision(cast)
        for changes in ({"done_by": request.requested_by}, {"on_behalf_of": request.requested_by}):
            with pytest.raises(IntegrityError, match="request_step_s1"), transaction.atomic():
                RequestStep.objects.filter(request=request, kind="decision").update(**changes)
        with pytest.raises(IntegrityError, match="s1"), transaction.atomic():
            CreditRequest.objects.filter(pk=request.pk).update(decided_by=request.requested_by)


def test_an_approver_stands_outside_the_sales_line(
    cast: Cast, make_customer: CustomerMaker
) -> None:
    with cast.house.scope():
        customer = make_customer(cast.house)
        Customer.objects.filter(pk=customer.pk).update(sales_rep=ident(cast.rep))
        Membership.objects.filter(pk=ident(cast.rep)).update(manager=ident(cast.manager))
        customer.refresh_from_db()
        request = asked(
            cast, cast.analyst, kind="limit", customer=customer, asked_amount=Decimal(50_000)
        )
        request.steps.filter(kind="analysis").update(state="skipped")
        step = request.steps.get(kind="decision")
        step.state = "open"
        step.save()
        refused(request, cast.manager, "S7")
        decided(request, cast.other_manager)


def test_an_analyst_without_the_country_is_told_who_knows_it(cast: Cast) -> None:
    admin = cast.house.actor("tenant_admin")
    italian = person(cast.house, "credit_analyst", "it.analyst@atelier.example")
    with cast.house.scope():
        delegations.tag_country(member=member(italian), country="it", actor=admin, now=NOW)
        delegations.tag_country(member=member(cast.analyst), country="FR", actor=admin, now=NOW)
        request = asked(cast, country="IT", siren="", name="Falegnameria Finta")
        request = end(request, cast.analyst, "complete", words="x")
        with pytest.raises(NotYours, match="IT"):
            end(request, cast.analyst, "favourable", words="x")
        end(request, italian, "favourable", words="x")


def test_a_file_of_a_country_one_does_not_know_is_passed_on(cast: Cast) -> None:
    admin = cast.house.actor("tenant_admin")
    italian = person(cast.house, "credit_analyst", "it.analyst@atelier.example")
    with cast.house.scope():
        delegations.tag_country(member=member(italian), country="IT", actor=admin, now=NOW)
        request = asked(cast, country="IT", siren="", name="Falegnameria Finta")
        request = end(request, cast.analyst, "complete", words="x")
        step = open_step(request)
        with pytest.raises(rerouting.RerouteRefused):
            rerouting.reroute(step=step, actor=cast.rep, now=NOW, today=TODAY)
        rerouting.reroute(step=step, actor=cast.analyst, now=NOW, today=TODAY)
        assert open_step(request).person_id == ident(italian)


def ceiling(cast: Cast, actor: Actor, amount: str) -> None:
    ceilings.set_ceiling(
        member=member(actor),
        kind="",
        amount=euros(amount),
        actor=_admin(cast),
        now=NOW,
    )


def _admin(cast: Cast) -> Actor:
    found = actor_of(cast.house.member_known("tenant_admin"))
    assert found is not None
    return found


def test_above_his_ceiling_a_decision_passes_to_who_may_grant_it(cast: Cast) -> None:
    with cast.house.scope():
        ceiling(cast, cast.manager, "50000")
        ceiling(cast, cast.other_manager, "200000")
        request = to_decision(cast)
        request = end(request, cast.manager, "as_asked", words="Above my ceiling, but sound")
        assert request.state == RequestState.IN_CIRCUIT
        assert open_step(request).person_id == ident(cast.other_manager)
        request = end(request, cast.other_manager, "as_asked", words="Agreed")
        assert request.state == RequestState.GRANTED


def test_above_every_ceiling_the_grant_is_refused_in_words(cast: Cast) -> None:
    with cast.house.scope():
        ceiling(cast, cast.manager, "50000")
        request = to_decision(cast)
        with pytest.raises(StepRefused, match=r"50000.*80000"):
            end(request, cast.manager, "as_asked", words="Sound")
        assert not CreditLimit.objects.exists()


def test_nobody_sets_his_own_ceiling(cast: Cast) -> None:
    with cast.house.scope(), pytest.raises(ceilings.CeilingRefused, match="S1"):
        ceilings.set_ceiling(
            member=member(cast.manager), kind="", amount=euros("1"), actor=cast.manager, now=NOW
        )


def test_a_role_held_elsewhere_in_the_tree_decides_nothing_here(cast: Cast) -> None:
    elsewhere = person(cast.house, "credit_manager", "be.manager@atelier.example")
    with cast.house.scope():
        root = Scope.objects.get(path="/")
        belgium = Scope.objects.create(
            parent=root, kind="country", code="BE", name="BE", path="/BE/"
        )
        RoleGrant.objects.filter(membership=ident(elsewhere)).update(scope=belgium)
        actor = actor_of(ident(elsewhere))
        assert actor is not None
        refused(to_decision(cast), actor, "role")
