"""What the pages of scenarios are handed: the track around the due date, steps and changes as rows of words."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from dunning import scenario_words as words
from dunning.models import CatchUp as CatchUpModel
from dunning.models import ScenarioVersion
from dunning.rules.content import Register
from dunning.rules.policy import DEFAULT_POLICY, Policy
from dunning.rules.scenario_checks import (
    StepChange,
    free_day,
    is_day_possible,
    parameter_changes,
    parameter_values,
    step_changes,
)
from dunning.rules.steps import Channel, Mode, Stage, StepRule

ICONS = {
    Channel.EMAIL: "mail",
    Channel.CALL: "phone",
    Channel.SMS: "comment",
    Channel.REGISTERED_ELETTER: "shield",
    Channel.LETTER: "letter",
    Channel.REGISTERED_LETTER: "letter",
    Channel.DECISION: "gavel",
}
BUCKETS = ((30, "is-b1"), (60, "is-b2"), (90, "is-b3"))  # ageing, by days after the due date
DAYS_AFTER_LAST = 10
FIRM_FROM_LEVEL = 2
FORMAL_FROM_LEVEL = 3


@dataclass(frozen=True, slots=True)
class Node:
    """A column of the track: a step, or the due date where `step` is None. `add_day` is free right after it."""

    step: StepRule | None
    css: str = ""
    icon: str = ""
    title: str = ""
    how: str = ""
    leaves_by_itself: bool = False
    is_chosen: bool = False
    add_day: int | None = None
    next_day: int = 0


def track(
    steps: Sequence[StepRule], *, policy: Policy, chosen: int | None = None, is_draft: bool = False
) -> list[Node]:
    """Return the columns of the track, the due date among them; `chosen` is the number of a step."""
    nodes = [_node(step, policy, chosen) for step in steps]
    place = sum(step.is_preventive for step in steps)
    nodes.insert(place, Node(None, css="is-due"))
    if not is_draft:
        return nodes
    return [
        replace(node, add_day=_day_between(node, after), next_day=_day(after))
        for node, after in pairwise(nodes)
    ] + nodes[-1:]


def _node(step: StepRule, policy: Policy, chosen: int | None) -> Node:
    alone = leaves_by_itself(step, policy)
    return Node(
        step=step,
        css=bucket(step.offset_days),
        icon=icon_of(step.channel),
        title=words.title_of(step),
        how=how(step, policy),
        leaves_by_itself=alone,
        is_chosen=step.number == chosen,
    )


def _day(node: Node) -> int:
    return node.step.offset_days if node.step else 0


def _day_between(node: Node, after: Node) -> int | None:
    """Return the middle of the free days between two columns; None when they are neighbours."""
    free = [day for day in range(_day(node) + 1, _day(after)) if is_day_possible(day)]
    return free[(len(free) - 1) // 2] if free else None


def bucket(day: int) -> str:
    """Return the class of the age a line has on that day."""
    if day < 0:
        return ""
    return next((css for limit, css in BUCKETS if day < limit), "is-b4")


def icon_of(channel: Channel) -> str:
    """Return the icon of a channel, that of a message where it has none of its own."""
    return ICONS.get(channel, "mail")


def leaves_by_itself(step: StepRule, policy: Policy) -> bool:
    """Return whether nobody has to do anything for a step, as far as the scenario can tell."""
    return step.mode is Mode.AUTO and step.level < policy.confirm_from_level


def how(step: StepRule, policy: Policy) -> str:
    """Return who lets a step happen and for which amounts, in a few words."""
    if leaves_by_itself(step, policy):
        said = pgettext("step", "by itself")
    else:
        said = pgettext("step", "by a person") if step.mode is Mode.MANUAL else _("to confirm")
    least = step.minimum_amount if step.is_preventive else step.only_from
    if not least:
        return said
    return _("%(how)s, from %(amount)s") % {"how": said, "amount": words.euros(least)}


def new_step(steps: Sequence[StepRule], wanted: int | None) -> StepRule:
    """Return what a new step begins with: on the day asked for, in the level of the step before it."""
    last = max((step.offset_days for step in steps), default=0)
    day = free_day(steps, max(last, 0) + DAYS_AFTER_LAST if wanted is None else wanted)
    level = max((step.level for step in steps if step.offset_days < day), default=0)
    return StepRule(
        number=0,
        offset_days=day,
        channel=Channel.EMAIL,
        level=0 if day < 0 else max(level, 1),
        stage=Stage.AMICABLE,
        mode=Mode.CONFIRM,
        register=_fitting_register(day, level),
    )


def _fitting_register(day: int, level: int) -> Register:
    if day < 0:
        return Register.BEFORE_DUE
    if level >= FORMAL_FROM_LEVEL:
        return Register.FORMAL
    return Register.FIRM if level >= FIRM_FROM_LEVEL else Register.COURTEOUS


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of what a step or a version says; `is_default` where a version says nothing of its own."""

    name: str
    value: str
    is_default: bool = False


def step_facts(step: StepRule) -> list[Fact]:
    """Return everything a published step says, and not what it leaves open."""
    said = [part for part in words.PARTS if getattr(step, part) not in (None, "")]
    if step.channel.is_contact and "recipient" not in said:
        said.append("recipient")
    return [
        Fact(str(name), words.part_in_words(step, part))
        for part, name in words.PARTS.items()
        if part in said
    ]


def parameter_facts(version: ScenarioVersion) -> list[Fact]:
    """Return the parameters of a version, the defaults included."""
    values = parameter_values(version.as_policy())
    defaults = parameter_values(DEFAULT_POLICY)
    found = [
        Fact(
            str(words.PARAMETERS[name]),
            words.parameter_in_words(name, value),
            is_default=value == defaults[name],
        )
        for name, value in values.items()
    ]
    caught_up = Fact(
        str(words.PARAMETERS["catch_up"]),
        version.get_catch_up_display(),
        is_default=version.catch_up == CatchUpModel.CURRENT,
    )
    return [*found, caught_up]


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """A step or the parameters before and after; `kind` is new, removed, changed or parameters."""

    kind: str
    title: str
    said: tuple[words.Said, ...] = ()
    facts: str = ""


def change_rows(before: ScenarioVersion | None, after: ScenarioVersion) -> list[ChangeRow]:
    """Return what a version changes, step by step, then its parameters."""
    changes = step_changes(before.as_rules() if before else None, after.as_rules())
    rows = [_change_row(change, after.as_policy()) for change in changes]
    said = _parameters_said(before, after)
    return [*rows, ChangeRow("parameters", _("Parameters"), tuple(said))] if said else rows


def _change_row(change: StepChange, policy: Policy) -> ChangeRow:
    step = change.after or change.before
    if step is None:
        message = "a change has a step"
        raise ValueError(message)
    title = f"{words.day_of(step)} · {words.title_of(step)}"
    if change.before is None or change.after is None:
        facts = ", ".join(
            [
                words.part_in_words(step, "channel"),
                _("level %(level)s") % {"level": step.level},
                how(step, policy),
            ]
        )
        return ChangeRow("new" if change.before is None else "removed", title, facts=facts)
    said = words.parts_of_change(change.before, change.after, change.parts)
    return ChangeRow("changed", title, tuple(said))


def _parameters_said(before: ScenarioVersion | None, after: ScenarioVersion) -> list[words.Said]:
    old = before.as_policy() if before else DEFAULT_POLICY
    said = [
        words.Said(
            str(words.PARAMETERS[name]),
            words.parameter_in_words(name, was),
            words.parameter_in_words(name, now),
        )
        for name, was, now in parameter_changes(old, after.as_policy())
    ]
    was_caught_up = before.catch_up if before else CatchUpModel.CURRENT.value
    if was_caught_up != after.catch_up:
        said.append(
            words.Said(
                str(words.PARAMETERS["catch_up"]),
                str(CatchUpModel(was_caught_up).label),
                after.get_catch_up_display(),
            )
        )
    return said
