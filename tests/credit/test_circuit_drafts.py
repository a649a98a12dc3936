"""A circuit is written by one person and published by another (S10); requests on their way keep theirs."""

from decimal import Decimal

import pytest

from accounts.models import Membership, MembershipState, Tenant
from credit.models import Circuit, CircuitVersion
from credit.services import circuit_drafts as drafts
from credit.services.circuits import NoCircuit
from kernel.permissions import system_actor
from tests.cast import House
from tests.credit.asking import NOW, Cast, asked, cast_of, ident, member, open_step

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast(house: House) -> Cast:
    return cast_of(house)


def shipped() -> None:
    drafts.install_ready(tenant=Tenant.objects.get(), now=NOW)


def opening_draft(cast: Cast) -> CircuitVersion:
    shipped()
    return drafts.open_draft(Circuit.objects.get(code="openings"), actor=cast.analyst)


def write(
    draft: CircuitVersion, cast: Cast, position: int | None, **step: object
) -> CircuitVersion:
    fields = {"number": 1, "kind": "decision", "role": "credit_manager", **step}
    return drafts.write_step(
        draft=draft,
        position=position,
        step=drafts.WrittenStep(**fields),  # type: ignore[arg-type]
        seen=draft.revision,
        actor=cast.analyst,
    )


def test_another_person_publishes_and_new_requests_follow(cast: Cast) -> None:
    with cast.house.scope():
        before = asked(cast)
        draft = opening_draft(cast)
        draft = drafts.remove_step(draft=draft, position=1, seen=draft.revision, actor=cast.analyst)
        with pytest.raises(drafts.CircuitSamePerson, match="S10"):
            drafts.publish(draft=draft, seen=draft.revision, actor=cast.analyst, now=NOW)
        drafts.publish(draft=draft, seen=draft.revision, actor=cast.manager, now=NOW)
        after = asked(cast, siren="", name="Autre Fictive")
        assert open_step(before).kind == "completeness"
        assert open_step(after).kind == "analysis"


def test_a_machine_publishes_nothing(cast: Cast) -> None:
    with cast.house.scope():
        draft = opening_draft(cast)
        with pytest.raises(drafts.CircuitRefused, match="S12"):
            drafts.publish(
                draft=draft,
                seen=draft.revision,
                actor=system_actor(cast.house.tenant_id),
                now=NOW,
            )


def test_a_draft_without_a_decision_is_refused_in_words(cast: Cast) -> None:
    with cast.house.scope():
        draft = opening_draft(cast)
        for position in (3, 4):
            draft = drafts.remove_step(
                draft=draft, position=position, seen=draft.revision, actor=cast.analyst
            )
        with pytest.raises(drafts.CircuitNotPublishable, match="no step that decides"):
            drafts.publish(draft=draft, seen=draft.revision, actor=cast.manager, now=NOW)


def test_an_amount_nobody_decides_is_named(cast: Cast) -> None:
    with cast.house.scope():
        draft = opening_draft(cast)
        draft = drafts.remove_step(draft=draft, position=4, seen=draft.revision, actor=cast.analyst)
        draft = write(draft, cast, 3, number=3, up_to=Decimal(50_000))
        with pytest.raises(drafts.CircuitNotPublishable, match=r"50000\.01"):
            drafts.publish(draft=draft, seen=draft.revision, actor=cast.manager, now=NOW)


def test_people_who_stand_in_for_each_other_in_a_circle_are_refused_by_name(cast: Cast) -> None:
    with cast.house.scope():
        draft = opening_draft(cast)
        one, two = member(cast.analyst), member(cast.other_manager)
        draft = write(draft, cast, 1, kind="analysis", person=one, escalates_to=two, role="")
        draft = write(
            draft, cast, 2, kind="analysis", number=2, person=two, escalates_to=one, role=""
        )
        with pytest.raises(drafts.CircuitNotPublishable, match="Credit Analyst → "):
            drafts.publish(draft=draft, seen=draft.revision, actor=cast.manager, now=NOW)


def test_a_person_who_left_is_not_named(cast: Cast) -> None:
    with cast.house.scope():
        draft = opening_draft(cast)
        draft = write(draft, cast, 3, number=3, person=member(cast.other_manager))
        Membership.objects.filter(pk=ident(cast.other_manager)).update(state=MembershipState.LEFT)
        with pytest.raises(drafts.CircuitNotPublishable, match="does not work here"):
            drafts.publish(draft=draft, seen=draft.revision, actor=cast.manager, now=NOW)


def test_a_stale_edit_is_refused(cast: Cast) -> None:
    with cast.house.scope():
        draft = opening_draft(cast)
        seen = draft.revision
        write(draft, cast, None)
        with pytest.raises(drafts.CircuitChanged):
            drafts.remove_step(draft=draft, position=1, seen=seen, actor=cast.manager)


@pytest.mark.parametrize(
    ("step", "words"),
    [
        ({"kind": "arbitration"}, "no step of a circuit"),
        ({"kind": "lunch"}, "no step of a circuit"),
        ({"role": "portal_user"}, "no role"),
        ({"deadline_hours": 3, "reminder_hours": 3}, "comes before"),
        ({"above": Decimal(5), "up_to": Decimal(5)}, "no amount"),
        ({"number": 0}, "numbered"),
    ],
)
def test_a_step_that_cannot_be_is_refused(cast: Cast, step: dict[str, object], words: str) -> None:
    with cast.house.scope():
        draft = opening_draft(cast)
        with pytest.raises(drafts.CircuitRefused, match=words):
            write(draft, cast, None, **step)


def test_a_request_no_circuit_is_for_is_refused(cast: Cast) -> None:
    with cast.house.scope():
        shipped()
        Circuit.objects.filter(code="openings").update(is_archived=True)
        with pytest.raises(NoCircuit, match="No published circuit"):
            asked(cast)


def test_a_circuit_goes_out_of_use_and_changes_place_by_two_people(cast: Cast) -> None:
    with cast.house.scope():
        draft = opening_draft(cast)
        _first, second = draft.steps.order_by("number", "position")[:2]
        draft = drafts.move_step(
            draft=draft, position=second.position, is_earlier=True, seen=draft.revision, actor=cast.analyst
        )  # fmt: skip
        assert draft.steps.order_by("number", "position")[0].position == second.position
        draft = drafts.propose_standing(
            draft=draft, place=3, is_archival=True, seen=draft.revision, actor=cast.analyst
        )
        with pytest.raises(drafts.CircuitSamePerson):
            drafts.publish(draft=draft, seen=draft.revision, actor=cast.analyst, now=NOW)
        with pytest.raises(drafts.CircuitNotPublishable, match="Account opening"):
            drafts.publish(draft=draft, seen=draft.revision, actor=cast.manager, now=NOW)
        draft = drafts.propose_standing(
            draft=draft, place=3, is_archival=False, seen=draft.revision, actor=cast.analyst
        )
        drafts.publish(draft=draft, seen=draft.revision, actor=cast.manager, now=NOW)
        assert [one.code for one in Circuit.objects.all()] == ["limits", "short", "openings"]
        everything = drafts.new_circuit(
            name="All", kinds=[], countries=[], entities=[], actor=cast.analyst, is_first=False
        )
        everything = write(everything, cast, None)
        drafts.publish(draft=everything, seen=everything.revision, actor=cast.manager, now=NOW)
        out = drafts.open_draft(Circuit.objects.get(code="openings"), actor=cast.analyst)
        out = drafts.propose_standing(
            draft=out, place=None, is_archival=True, seen=out.revision, actor=cast.analyst
        )
        drafts.publish(draft=out, seen=out.revision, actor=cast.manager, now=NOW)
        assert asked(cast).circuit_version.circuit.code == "all"
        back = drafts.open_draft(Circuit.objects.get(code="openings"), actor=cast.analyst)
        drafts.publish(draft=back, seen=back.revision, actor=cast.manager, now=NOW)
        assert not Circuit.objects.get(code="openings").is_archived
