"""Scenarios as they are written, published, put away, and led to by rules."""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from functools import partial

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.models import AuditEvent
from dunning.models import (
    AssignmentRule,
    Scenario,
    ScenarioAssignment,
    ScenarioOverride,
    ScenarioVersion,
    Step,
)
from dunning.queries.scenarios import followings
from dunning.rules.assignment import Conditions, Typology
from dunning.rules.scenario_checks import MOST_STEPS
from dunning.rules.steps import CatchUp, Channel, Mode, StepRule
from dunning.services import assignment_rules as rules
from dunning.services import drafts, publishing
from dunning.services import scenario_shelf as shelf
from dunning.services.scenarios import ensure_ready_scenarios
from kernel.errors import Refused
from kernel.permissions import Actor, system_actor
from ledger.models import Customer
from tests.cast import House

TODAY = date(2026, 10, 31)
PUBLIC_BUYERS = Conditions(typologies=frozenset({Typology.PUBLIC_BUYER}))
PUBLIC_IN_FRANCE = replace(PUBLIC_BUYERS, countries=frozenset({"FR"}))


@pytest.fixture
def author(house: House) -> Actor:
    return house.actor("credit_analyst")


@pytest.fixture
def manager(house: House) -> Actor:
    return house.actor("credit_manager")


@pytest.fixture
def scope(house: House, author: Actor, manager: Actor) -> AbstractContextManager[None]:
    """Return the scope of a house whose ready scenarios are installed."""
    with house.scope():
        ensure_ready_scenarios()
    return house.scope()


def scenario(code: str = "standard-b2b") -> Scenario:
    return Scenario.objects.get(code=code)


def draft_of(author: Actor, code: str = "standard-b2b") -> ScenarioVersion:
    return drafts.open_draft(scenario=scenario(code), actor=author)


def seen(draft: ScenarioVersion) -> str:
    return drafts.stamp(ScenarioVersion.objects.get(pk=draft.pk))


def step_of(version: ScenarioVersion, day: int) -> StepRule:
    return Step.objects.get(version=version, offset_days=day).as_rule()


def change(draft: ScenarioVersion, actor: Actor, day: int, **fields: object) -> Step:
    """Change the step of a day in the draft as it is now."""
    step = step_of(draft, day)
    return drafts.write_step(
        draft=draft,
        step=replace(step, **fields),  # type: ignore[arg-type]
        actor=actor,
        seen=seen(draft),
        number=step.number,
    )


def publish(draft: ScenarioVersion, actor: Actor, today: date = TODAY) -> ScenarioVersion:
    return publishing.publish(draft=draft, actor=actor, today=today, seen=seen(draft))


def audited(action: str) -> int:
    return AuditEvent.objects.filter(action=action).count()


def refuses(act: Callable[[], object]) -> str:
    """Return what the service says when it declines; nothing of what it began is kept."""
    with pytest.raises(Refused) as refused, transaction.atomic():
        act()
    return refused.value.message


def test_a_draft_begins_with_what_is_published(
    scope: AbstractContextManager[None], author: Actor
) -> None:
    with scope:
        draft = draft_of(author)
        published = publishing.newest_published(scenario().pk)
        assert published is not None
        assert draft.number == published.number + 1
        assert draft.as_rules().steps == published.as_rules().steps
        assert draft.authors == [str(author.membership_id)]
        assert audited("dunning.open_draft") == 1


def test_there_is_one_draft_whoever_opens_it(
    scope: AbstractContextManager[None], author: Actor, manager: Actor
) -> None:
    with scope:
        draft = draft_of(author)
        assert drafts.open_draft(scenario=scenario(), actor=manager).pk == draft.pk
        assert audited("dunning.open_draft") == 1


def test_a_published_version_is_never_changed(
    scope: AbstractContextManager[None], author: Actor
) -> None:
    with scope:
        published = publishing.newest_published(scenario().pk)
        assert published is not None
        said = refuses(
            lambda: drafts.write_step(
                draft=published,
                step=step_of(published, 10),
                actor=author,
                seen=drafts.stamp(published),
            )
        )
        assert "no draft any more" in said


def test_a_step_is_changed_and_audited(scope: AbstractContextManager[None], author: Actor) -> None:
    with scope:
        draft = draft_of(author)
        change(draft, author, 10, offset_days=12, only_from=Decimal(500))
        assert step_of(draft, 12).only_from == Decimal(500)
        published = publishing.newest_published(scenario().pk)
        assert published is not None
        assert Step.objects.filter(version=published, offset_days=10).exists()
        assert audited("dunning.write_step") == 1


def test_a_day_takes_one_step(scope: AbstractContextManager[None], author: Actor) -> None:
    with scope:
        draft = draft_of(author)
        said = refuses(lambda: change(draft, author, 10, offset_days=20))
        assert "D+20" in said
        assert "D+21" in said
        assert step_of(draft, 10).level == 2


@pytest.mark.parametrize("day", [0, -91, 731])
def test_a_step_stands_on_a_day_that_makes_sense(
    scope: AbstractContextManager[None], author: Actor, day: int
) -> None:
    with scope:
        draft = draft_of(author)
        assert "Choose another day" in refuses(lambda: change(draft, author, 10, offset_days=day))


def test_a_new_step_gets_a_number_no_version_used(
    scope: AbstractContextManager[None], author: Actor
) -> None:
    with scope:
        draft = draft_of(author)
        drafts.remove_step(draft=draft, number=7, actor=author, seen=seen(draft))
        step = replace(step_of(draft, 3), offset_days=5)
        row = drafts.write_step(draft=draft, step=step, actor=author, seen=seen(draft))
        assert row.number == 8
        assert audited("dunning.remove_step") == 1


def test_a_copy_of_a_step_stands_on_the_next_free_day(
    scope: AbstractContextManager[None], author: Actor
) -> None:
    with scope:
        draft = draft_of(author)
        number = step_of(draft, 10).number
        row = drafts.duplicate_step(draft=draft, number=number, actor=author, seen=seen(draft))
        assert row.offset_days == 11
        assert replace(row.as_rule(), number=0, offset_days=10) == replace(
            step_of(draft, 10), number=0
        )


def test_a_draft_takes_as_many_steps_as_somebody_reads(
    scope: AbstractContextManager[None], author: Actor
) -> None:
    with scope:
        draft = draft_of(author, "silent")
        number = step_of(draft, 30).number
        copy = partial(drafts.duplicate_step, draft=draft, number=number, actor=author)
        for _more in range(MOST_STEPS - Step.objects.filter(version=draft).count()):
            copy(seen=seen(draft))
        assert "40 steps at most" in refuses(partial(copy, seen=seen(draft)))


@pytest.mark.django_db(transaction=True)
def test_one_of_two_who_act_at_once_is_told(
    house: House, scope: AbstractContextManager[None], author: Actor, manager: Actor
) -> None:
    with scope:
        draft = draft_of(author)
        change(draft, author, 10, offset_days=12)
    with house.scope():
        shown = seen(draft)
        step = step_of(draft, 12)
    start = threading.Barrier(2)
    said: list[str] = []

    def act(write: Callable[[], object]) -> None:
        try:
            start.wait(10)
            with house.scope():
                write()
            said.append("done")
        except Refused as refused:
            said.append(refused.code)
        finally:
            connection.close()

    acts: list[Callable[[], object]] = [
        partial(publishing.publish, draft=draft, actor=manager, today=TODAY, seen=shown),
        partial(
            drafts.write_step,
            draft=draft,
            step=replace(step, offset_days=13),
            actor=author,
            seen=shown,
            number=step.number,
        ),
    ]
    threads = [threading.Thread(target=act, args=[write]) for write in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert "done" in said
    assert len({"draft_changed", "not_a_draft"} & set(said)) == 1
    with house.scope():
        version = ScenarioVersion.objects.get(pk=draft.pk)
        day = Step.objects.get(version=version, number=step.number).offset_days
        assert (version.is_draft, day) in {(True, 13), (False, 12)}


def test_a_step_that_is_gone_is_refused(scope: AbstractContextManager[None], author: Actor) -> None:
    with scope:
        draft = draft_of(author)
        acts: list[Callable[..., object]] = [drafts.remove_step, drafts.duplicate_step]
        for act in acts:
            gone = partial(act, draft=draft, number=99, actor=author, seen=seen(draft))
            assert "not in the draft any more" in refuses(gone)


def test_a_draft_that_changed_meanwhile_refuses_and_loses_nothing(
    scope: AbstractContextManager[None], author: Actor, manager: Actor
) -> None:
    with scope:
        draft = draft_of(author)
        stale = seen(draft)
        change(draft, manager, 10, offset_days=12)
        step = step_of(draft, 3)
        acts: list[Callable[[], object]] = [
            lambda: drafts.write_step(draft=draft, step=step, actor=author, seen=stale, number=step.number),
            lambda: drafts.remove_step(draft=draft, number=step.number, actor=author, seen=stale),
            lambda: drafts.duplicate_step(draft=draft, number=step.number, actor=author, seen=stale),
            lambda: drafts.write_parameters(
                draft=draft, values={}, catch_up=CatchUp.CURRENT, actor=author, seen=stale
            ),
            lambda: drafts.discard_draft(draft=draft, actor=author, seen=stale),
            lambda: publishing.publish(
                draft=draft, actor=manager, today=TODAY, seen=stale
            ),
        ]  # fmt: skip
        assert all(manager.name in refuses(act) for act in acts)
        assert step_of(draft, 12).level == 2


def test_parameters_are_kept_where_they_differ_from_the_defaults(
    scope: AbstractContextManager[None], author: Actor
) -> None:
    with scope:
        draft = draft_of(author)
        drafts.write_parameters(
            draft=draft,
            values={"contact_gap_days": 7, "contact_cap": 4, "group_minimum": "20", "weekdays": [0, 4],
                    "opens_at": "09:00", "closes_at": "17:00"},
            catch_up=CatchUp.ONE_BY_ONE,
            actor=author,
            seen=seen(draft),
        )  # fmt: skip
        kept = ScenarioVersion.objects.get(pk=draft.pk)
        assert kept.parameters == {"contact_gap_days": 7, "weekdays": [0, 4], "closes_at": "17:00"}
        assert kept.as_policy().window.weekdays == {0, 4}
        assert kept.catch_up == CatchUp.ONE_BY_ONE
        assert audited("dunning.write_parameters") == 1


def test_the_pace_of_a_draft_moves_its_days_and_gives_them_back(
    scope: AbstractContextManager[None], author: Actor
) -> None:
    """At half the pace, the day of D+10 is 5; its author still reads and writes 10, and at the usual pace it is 10."""
    with scope:
        draft = draft_of(author)
        written = [step.offset_days for step in draft.as_rules().steps]

        def pace(value: str) -> list[int]:
            now = ScenarioVersion.objects.get(pk=draft.pk)
            drafts.write_parameters(
                draft=now, values={"pace": value}, catch_up=CatchUp.CURRENT, actor=author, seen=seen(now)
            )  # fmt: skip
            return list(now.steps.order_by("offset_days").values_list("offset_days", flat=True))

        assert pace("0.5") == [-4, 2, 5, 10, 15, 23, 30]
        now = ScenarioVersion.objects.get(pk=draft.pk)
        ten = next(step for step in now.as_rules().steps if step.written == 10)
        again = replace(ten, offset_days=12, written_days=None)
        kept = drafts.write_step(
            draft=now, step=again, number=ten.number, actor=author, seen=seen(now)
        )
        assert (kept.offset_days, kept.written_days) == (6, 12)
        assert pace("1") == [12 if day == 10 else day for day in written]


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"pace": "0.1"}, "× 0.25"),
        ({"contact_gap_days": 31}, "between 1 and 30"),
        ({"contact_cap": 5}, "between 1 and 4"),
        ({"group_minimum": "1000001"}, "€1,000,000"),
        ({"weekdays": []}, "at least one day"),
        ({"opens_at": "12:00", "closes_at": "11:00"}, "only from 12:00"),
    ],
)
def test_a_parameter_out_of_its_bounds_is_refused_with_them(
    scope: AbstractContextManager[None], author: Actor, values: dict[str, object], said: str
) -> None:
    with scope:
        draft = draft_of(author)
        assert said in refuses(
            lambda: drafts.write_parameters(
                draft=draft, values=values, catch_up=CatchUp.CURRENT, actor=author, seen=seen(draft)
            )
        )


def test_whoever_wrote_in_a_draft_does_not_publish_it(
    house: House, scope: AbstractContextManager[None], author: Actor, manager: Actor
) -> None:
    with scope:
        draft = draft_of(author)
        change(draft, manager, 10, offset_days=12)
        for one in (author, manager):
            said = refuses(lambda one=one: publish(draft, one))  # type: ignore[misc]
            assert "S10" in said
            assert author.name in said
            assert manager.name in said


def test_the_database_itself_wants_two_people(
    scope: AbstractContextManager[None], author: Actor
) -> None:
    with scope:
        draft = draft_of(author)
        with pytest.raises(IntegrityError), transaction.atomic():
            ScenarioVersion.objects.filter(pk=draft.pk).update(
                is_draft=False, published_by=author.membership_id
            )


def test_a_machine_publishes_nothing(
    house: House, scope: AbstractContextManager[None], author: Actor
) -> None:
    with scope:
        draft = draft_of(author)
        assert "named person" in refuses(lambda: publish(draft, system_actor(house.tenant_id)))


def test_a_published_draft_is_followed_from_its_day_on(
    scope: AbstractContextManager[None], author: Actor, manager: Actor
) -> None:
    with scope:
        draft = draft_of(author)
        change(draft, author, 10, offset_days=12)
        version = publish(draft, manager)
        assert (version.is_draft, version.published_date) == (False, TODAY)
        assert version.published_by_id == manager.membership_id
        rules_now = followings().default.rules
        assert rules_now.version == 2
        assert rules_now.published_date == TODAY
        assert [step.offset_days for step in rules_now.steps] == [-7, 3, 12, 20, 30, 45, 60]
        assert audited("dunning.publish_scenario") == 1
        assert draft_of(author).number == 3


def test_a_draft_with_a_fault_is_not_published(
    scope: AbstractContextManager[None], author: Actor, manager: Actor
) -> None:
    with scope:
        draft = draft_of(author)
        change(draft, author, 45, mode=Mode.AUTO)
        change(draft, author, 30, level=1)
        said = refuses(lambda: publish(draft, manager))
        assert "D+45" in said
        assert "To confirm" in said
        assert "D+30" in said
        assert ScenarioVersion.objects.get(pk=draft.pk).is_draft


def test_a_draft_that_changes_nothing_is_not_published(
    scope: AbstractContextManager[None], author: Actor, manager: Actor
) -> None:
    with scope:
        draft = draft_of(author)
        assert "says what version 1 says" in refuses(lambda: publish(draft, manager))
        drafts.write_parameters(
            draft=draft, values={}, catch_up=CatchUp.ONE_BY_ONE, actor=author, seen=seen(draft)
        )
        assert publish(draft, manager).catch_up == CatchUp.ONE_BY_ONE


def test_a_discarded_draft_leaves_what_is_published(
    scope: AbstractContextManager[None], author: Actor
) -> None:
    with scope:
        draft = draft_of(author)
        drafts.discard_draft(draft=draft, actor=author, seen=seen(draft))
        assert not ScenarioVersion.objects.filter(is_draft=True).exists()
        assert publishing.newest_published(scenario().pk) is not None
        assert audited("dunning.discard_draft") == 1


def test_a_scenario_of_ones_own_begins_as_a_draft(
    scope: AbstractContextManager[None], author: Actor, manager: Actor
) -> None:
    with scope:
        draft = shelf.start_scenario(name="  Exacting  builders ", ready_code="risky", actor=author)
        assert (draft.scenario.name, draft.scenario.code) == (
            "Exacting builders",
            "exacting-builders",
        )
        assert draft.number == 1
        assert len(draft.as_rules().steps) == 7
        assert draft.scenario_id not in followings().by_scenario
        publish(draft, manager)
        assert draft.scenario_id in followings().by_scenario


def test_a_scenario_never_published_disappears_with_its_draft(
    scope: AbstractContextManager[None], author: Actor
) -> None:
    with scope:
        draft = shelf.start_scenario(name="Short", ready_code="silent", actor=author)
        drafts.discard_draft(draft=draft, actor=author, seen=seen(draft))
        assert not Scenario.objects.filter(code="short").exists()


def test_a_copy_says_what_the_scenario_says(
    scope: AbstractContextManager[None], author: Actor
) -> None:
    with scope:
        copy = shelf.duplicate_scenario(
            scenario=scenario("risky"), name="Risky, North", actor=author
        )
        source = publishing.newest_published(scenario("risky").pk)
        assert source is not None
        assert copy.as_rules().steps == source.as_rules().steps
        assert copy.is_draft


@pytest.mark.parametrize("name", ["", "  ", "standard b2b"])
def test_a_scenario_has_a_name_of_its_own(
    scope: AbstractContextManager[None], author: Actor, name: str
) -> None:
    with scope:
        before = Scenario.objects.count()
        refuses(lambda: shelf.start_scenario(name=name, ready_code="risky", actor=author))
        assert Scenario.objects.count() == before


def test_names_that_make_one_code_get_two(
    scope: AbstractContextManager[None], author: Actor
) -> None:
    with scope:
        for name, code in [
            ("Rules", "rules-2"),
            ("Nord !", "nord"),
            ("Nord ?", "nord-2"),
            ("北", "scenario"),
        ]:
            draft = shelf.start_scenario(name=name, ready_code="silent", actor=author)
            assert draft.scenario.code == code


def test_the_default_is_not_archived(scope: AbstractContextManager[None], manager: Actor) -> None:
    with scope:
        said = refuses(
            lambda: shelf.archive_scenario(scenario=scenario(), actor=manager, today=TODAY)
        )
        assert "default" in said


def test_a_scenario_a_rule_leads_to_is_not_archived(
    scope: AbstractContextManager[None], manager: Actor
) -> None:
    with scope:
        rule = rules.add_rule(
            name="Town halls", scenario=scenario("public"), conditions=PUBLIC_BUYERS, actor=manager,
            is_active=False,
        )  # fmt: skip
        archive = partial(
            shelf.archive_scenario, scenario=scenario("public"), actor=manager, today=TODAY
        )
        assert "Town halls" in refuses(archive)
        rules.delete_rule(rule=rule, actor=manager)
        archive()
        assert scenario("public").is_archived
        shelf.restore_scenario(scenario=scenario("public"), actor=manager)
        assert not scenario("public").is_archived
        assert audited("dunning.archive_scenario") == audited("dunning.restore_scenario") == 1


def test_a_scenario_somebody_chose_is_not_archived_while_it_lasts(
    scope: AbstractContextManager[None], manager: Actor, house: House,
    make_customer: Callable[..., Customer],
) -> None:  # fmt: skip
    with scope:
        ScenarioOverride.objects.create(
            customer=make_customer(house, name="Bâti-Loire"),
            scenario=scenario("silent"),
            reason="Talks",
            from_date=TODAY,
            until_date=TODAY + timedelta(days=3),
        )
        archive = partial(shelf.archive_scenario, scenario=scenario("silent"), actor=manager)
        assert "Bâti-Loire" in refuses(partial(archive, today=TODAY + timedelta(days=3)))
        archive(today=TODAY + timedelta(days=4))
        assert scenario("silent").is_archived


def test_an_archived_scenario_is_not_written_in(
    scope: AbstractContextManager[None], author: Actor, manager: Actor
) -> None:
    with scope:
        shelf.archive_scenario(scenario=scenario("silent"), actor=manager, today=TODAY)
        assert "archived" in refuses(lambda: draft_of(author, "silent"))


def test_rules_are_added_last_and_moved(
    scope: AbstractContextManager[None], manager: Actor
) -> None:
    with scope:
        first, second, third = (
            rules.add_rule(
                name=name, scenario=scenario("public"), conditions=PUBLIC_BUYERS, actor=manager
            )
            for name in "abc"
        )
        rules.move_rule(rule=third, is_up=True, actor=manager)
        rules.move_rule(rule=first, is_up=True, actor=manager)  # nowhere to go
        rules.move_rule(rule=first, is_up=False, actor=manager)
        assert list(AssignmentRule.objects.values_list("name", flat=True)) == ["c", "a", "b"]
        assert audited("dunning.move_rule") == 2
        assert second.pk


@pytest.mark.parametrize(
    ("name", "conditions", "said"),
    [
        ("", PUBLIC_BUYERS, "Give the rule a name"),
        ("All", Conditions(), "asks nothing"),
        ("None", Conditions(open_from=Decimal(300), open_below=Decimal(300)), "Nobody owes"),
    ],
)
def test_a_rule_that_decides_nothing_is_refused(
    scope: AbstractContextManager[None],
    manager: Actor,
    name: str,
    conditions: Conditions,
    said: str,
) -> None:
    with scope:
        assert said in refuses(
            lambda: rules.add_rule(
                name=name, scenario=scenario("public"), conditions=conditions, actor=manager
            )
        )


def test_a_rule_leads_to_what_can_be_followed(
    scope: AbstractContextManager[None], author: Actor, manager: Actor
) -> None:
    with scope:
        draft = shelf.start_scenario(name="New", ready_code="risky", actor=author)
        shelf.archive_scenario(scenario=scenario("silent"), actor=manager, today=TODAY)
        for target, word in ((draft.scenario, "never published"), (scenario("silent"), "archived")):
            said = refuses(
                lambda target=target: rules.add_rule(  # type: ignore[misc]
                    name="x", scenario=target, conditions=PUBLIC_BUYERS, actor=manager
                )
            )
            assert word in said


def test_a_rule_that_changed_meanwhile_refuses(
    scope: AbstractContextManager[None], manager: Actor
) -> None:
    with scope:
        rule = rules.add_rule(
            name="a", scenario=scenario("public"), conditions=PUBLIC_BUYERS, actor=manager
        )
        stale = rules.stamp(rule)
        write = partial(
            rules.change_rule,
            rule=rule,
            name="b",
            scenario=scenario("risky"),
            conditions=PUBLIC_IN_FRANCE,
            actor=manager,
            seen=stale,
        )
        write()
        assert AssignmentRule.objects.get().as_rule().conditions == PUBLIC_IN_FRANCE
        assert "changed the rule" in refuses(write)
        rules.delete_rule(rule=rule, actor=manager)
        assert "deleted meanwhile" in refuses(write)


def test_a_deleted_rule_is_forgotten_where_it_decided(
    scope: AbstractContextManager[None], manager: Actor, house: House,
    make_customer: Callable[..., Customer],
) -> None:  # fmt: skip
    with scope:
        rule = rules.add_rule(
            name="a", scenario=scenario("public"), conditions=PUBLIC_BUYERS, actor=manager
        )
        ScenarioAssignment.objects.create(
            customer=make_customer(house), scenario=scenario("public"), rule=rule, since_date=TODAY
        )
        rules.delete_rule(rule=rule, actor=manager)
        assert ScenarioAssignment.objects.get().rule_id is None
        assert audited("dunning.delete_rule") == 1


def test_a_rule_is_switched_off_and_on(scope: AbstractContextManager[None], manager: Actor) -> None:
    with scope:
        rule = rules.add_rule(
            name="a", scenario=scenario("public"), conditions=PUBLIC_BUYERS, actor=manager
        )
        rules.switch_rule(rule=rule, is_active=False, actor=manager)
        assert not AssignmentRule.objects.get().is_active
        rules.switch_rule(rule=rule, is_active=True, actor=manager)
        assert AssignmentRule.objects.get().is_active
        assert audited("dunning.switch_rule") == 2


def test_the_channel_of_a_step_decides_what_it_keeps(
    scope: AbstractContextManager[None], author: Actor
) -> None:
    with scope:
        draft = draft_of(author)
        row = change(draft, author, 10, channel=Channel.CALL, mode=Mode.MANUAL)
        assert (row.register, row.has_statement) == ("", False)
