"""Scenarios in words: findings, conditions of a rule, parameters and changes as sentences in the reader's language."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import time
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from django.utils.translation import get_language, gettext_lazy, pgettext, pgettext_lazy
from django.utils.translation import gettext as _

from dunning.models import Anchor, Channel, Mode, Recipient, Register
from dunning.rules.assignment import Conditions, Typology
from dunning.rules.policy import SHARES
from dunning.rules.scenario_checks import (
    EARLIEST_DAY,
    HAS_OWN_WORDS,
    HIGHEST_LEVEL,
    LATEST_DAY,
    LATEST_YEAR_DAY,
    MOST_STEPS,
    NEWEST_MONTHS,
    OLDEST_MONTHS,
    Advice,
    Fault,
    Finding,
)
from dunning.rules.steps import Channel as ChannelRule
from dunning.rules.steps import StepRule
from dunning.template_words import language_names
from kernel import formats
from kernel.money import Money
from ledger.rules.payers import PayerProfile

EURO = "EUR"

PURPOSES = MappingProxyType(
    {
        "standard-b2b": gettext_lazy("Companies that pay on terms"),
        "key-account": gettext_lazy("The largest customers, whose payment runs have fixed days"),
        "public": gettext_lazy("Administrations, which pay through Chorus Pro"),
        "risky": gettext_lazy("Weak risk classes, and whoever is over the limit"),
        "small-amounts": gettext_lazy("Customers who owe little in all"),
        "excellent-payers": gettext_lazy("Customers who pay on time"),
        "late-payers": gettext_lazy("Customers who pay late as a habit"),
        "very-late-payers": gettext_lazy("Customers who pay very late"),
        "silent": gettext_lazy(
            "Customers followed by hand: nothing leaves, somebody is asked to look"
        ),
    }
)
"""What the ready scenarios are for, by code."""

TYPOLOGIES = MappingProxyType(
    {
        Typology.PUBLIC_BUYER.value: pgettext_lazy("kind of customer", "a public buyer"),
        Typology.KEY_ACCOUNT.value: pgettext_lazy("kind of customer", "a key account"),
        Typology.GROUP.value: pgettext_lazy("kind of customer", "part of a group"),
        Typology.COMPANY.value: pgettext_lazy("kind of customer", "a single company"),
    }
)
PROFILES = MappingProxyType(
    {
        PayerProfile.EXCELLENT.value: gettext_lazy("Pays on time"),
        PayerProfile.GOOD.value: gettext_lazy("Good payer"),
        PayerProfile.MEDIUM.value: gettext_lazy("Pays somewhat late"),
        PayerProfile.LATE.value: gettext_lazy("Late payer"),
        PayerProfile.BAD.value: gettext_lazy("Very late payer"),
    }
)
WEEKDAYS = MappingProxyType(
    {
        0: pgettext_lazy("weekday", "Monday"),
        1: pgettext_lazy("weekday", "Tuesday"),
        2: pgettext_lazy("weekday", "Wednesday"),
        3: pgettext_lazy("weekday", "Thursday"),
        4: pgettext_lazy("weekday", "Friday"),
        5: pgettext_lazy("weekday", "Saturday"),
        6: pgettext_lazy("weekday", "Sunday"),
    }
)

PARAMETERS = MappingProxyType(
    {
        "contact_gap_days": gettext_lazy("Days between two contacts"),
        "contact_cap": gettext_lazy("Contacts within thirty days, at most"),
        "call_cap": gettext_lazy("Calls within seven days, at most"),
        "confirm_from_level": gettext_lazy("To confirm from level"),
        "copy_sales_from_level": gettext_lazy("Sales representative in copy from level"),
        "group_minimum": gettext_lazy("Smallest claim worth a message"),
        "confirm_above": gettext_lazy("To confirm above"),
        "pace": gettext_lazy("Pace of the days"),
        "manager_confirms": gettext_lazy("Confirmed by a credit manager alone"),
        "weekdays": gettext_lazy("Days on which messages leave"),
        "opens_at": pgettext_lazy("hour of sending", "From"),
        "closes_at": pgettext_lazy("hour of sending", "Until"),
        "catch_up": gettext_lazy("After days on which nothing ran"),
    }
)

PARTS = MappingProxyType(
    {
        "offset_days": gettext_lazy("Day"),
        "label": gettext_lazy("Name of the step"),
        "channel": gettext_lazy("Channel"),
        "level": gettext_lazy("Level"),
        "mode": gettext_lazy("Who lets it leave"),
        "register": gettext_lazy("Tone"),
        "recipient": gettext_lazy("Written to"),
        "has_statement": gettext_lazy("Statement attached"),
        "has_invoices": gettext_lazy("Overdue invoices attached"),
        "only_from": gettext_lazy("Only if the claim is from"),
        "minimum_amount": gettext_lazy("Only lines that owe at least"),
        "new_customer_months": gettext_lazy("Or of customers new since, in months"),
        "anchor": gettext_lazy("Counted from"),
        "anchor_days": gettext_lazy("Days after that"),
    }
)
"""What may be said of a step, in the order of the form."""

_TONES = MappingProxyType(
    {
        "courteous": pgettext_lazy("tone of a level", "courteous"),
        "firm": pgettext_lazy("tone of a level", "firm"),
        "formal": pgettext_lazy("tone of a level", "formal"),
        "formal_notice": pgettext_lazy("tone of a level", "formal notice"),
        "before_due": pgettext_lazy("tone of a level", "before the due date"),
    }
)


def language() -> str:
    """Return the language of the reader."""
    return get_language() or "en"


def day_of(step: StepRule | None) -> str:
    """Return the day of a step as people say it: D+10."""
    return formats.day_offset(step.offset_days, language()) if step else ""


def euros(amount: Decimal) -> str:
    """Return an amount of euros, without cents where there are none."""
    write = formats.money_whole if amount == amount.to_integral_value() else formats.money
    return write(Money(amount, EURO), language())


def hour(value: time) -> str:
    """Return an hour as a field shows it."""
    return f"{value:%H:%M}"


def title_of(step: StepRule) -> str:
    """Return what the track calls a step: the label it was given, else what its channel and tone say."""
    if step.label:
        return step.label
    if step.channel in HAS_OWN_WORDS:
        if step.is_preventive:
            return _("Due date announced")
        tone = _TONES.get(step.register.value) if step.register else None
        if tone is None:
            return _("Level %(level)s") % {"level": step.level}
        if step.channel is ChannelRule.LETTER:
            return _("Letter, level %(level)s, %(tone)s") % {"level": step.level, "tone": tone}
        return _("Level %(level)s, %(tone)s") % {"level": step.level, "tone": tone}
    return {
        ChannelRule.CALL: _("Call with script"),
        ChannelRule.SMS: _("Text message"),
        ChannelRule.REGISTERED_ELETTER: _("Formal notice by e-letter"),
        ChannelRule.REGISTERED_LETTER: _("Formal notice"),
        ChannelRule.DECISION: pgettext("dunning channel", "Decision"),
    }[step.channel]


def finding_sentence(finding: Finding) -> str:
    """Return a finding as a full sentence: which step, on which day, what is expected and the way out."""
    step, other = finding.step, finding.other
    facts = {
        "step": title_of(step) if step else "",
        "day": day_of(step),
        "level": step.level if step else "",
        "channel": str(Channel(step.channel.value).label) if step else "",
        "other": title_of(other) if other else "",
        "other_day": day_of(other),
        "other_level": other.level if other else "",
        "earliest": formats.day_offset(EARLIEST_DAY, language()),
        "latest": formats.day_offset(LATEST_DAY, language()),
        "highest": HIGHEST_LEVEL,
        "most": MOST_STEPS,
        "days": step.anchor_days if step else "",
        "longest": LATEST_DAY,
        "year_day": LATEST_YEAR_DAY,
        "newest": NEWEST_MONTHS,
        "oldest": OLDEST_MONTHS,
        "languages": language_names(finding.languages),
    }
    return (_FAULTS | _ADVICE)[finding.what]() % facts


_FAULTS: dict[Fault | Advice, Callable[[], str]] = {
    Fault.ANCHOR_BEFORE_DUE: lambda: _(
        "“%(step)s” on %(day)s comes before the due date, from which alone such a step is counted. "
        "Count it from the due date, or move it after it."
    ),
    Fault.ANCHOR_DAYS_OUT_OF_BOUNDS: lambda: _(
        "“%(step)s” on %(day)s is counted %(days)s days after something; write between 0 and %(longest)s, "
        "at least 1 after the step before it."
    ),
    Fault.NOTHING_BEFORE: lambda: _(
        "“%(step)s” on %(day)s is counted from the step before it, and none comes before it after the due date: "
        "nobody would ever be reminded. Count the first step from something else."
    ),
    Fault.YEAR_DAY_OUT_OF_BOUNDS: lambda: _(
        "“%(step)s” leaves once a year, on day %(days)s of it; write a day between 1 and %(year_day)s."
    ),
    Fault.YEARLY_TWICE: lambda: _(
        "“%(step)s” is the second yearly statement of this scenario; one is enough. Take one out."
    ),
    Fault.YEARLY_UNWRITTEN: lambda: _(
        "“%(step)s” is a yearly statement, which is written: make it an e-mail or a letter."
    ),
    Fault.MONTHS_OUT_OF_BOUNDS: lambda: _(
        "“%(step)s” on %(day)s says how long a customer is new: between %(newest)s and %(oldest)s months. Write that."
    ),
    Fault.CHANNEL_OFF: lambda: _(
        "“%(step)s” on %(day)s leaves by “%(channel)s”, for which no provider is set up here: it would never leave. "
        "Have one set up, or choose another channel."
    ),
    Fault.TEXT_MISSING: lambda: _(
        "“%(step)s” on %(day)s leaves by itself, but its text is missing in a language that customers read: "
        "%(languages)s. Write that text and publish it, or have the step confirmed by a person."
    ),
    Fault.NO_STEP: lambda: _(
        "There is no step yet, so nobody would ever be reminded. Add a step first."
    ),
    Fault.TOO_MANY_STEPS: lambda: _(
        "A scenario has %(most)s steps at most; nobody reads more. Take some out first."
    ),
    Fault.SAME_DAY: lambda: _(
        "“%(other)s” and “%(step)s” both stand on %(day)s, and one line gets one step a day. Move one of them."
    ),
    Fault.ON_THE_DUE_DATE: lambda: _(
        "“%(step)s” stands on the due date itself, when nothing is late yet. Move it at least one day."
    ),
    Fault.DAY_OUT_OF_BOUNDS: lambda: _(
        "“%(step)s” stands on %(day)s; a step stands between %(earliest)s and %(latest)s. Move it there."
    ),
    Fault.LEVEL_OUT_OF_BOUNDS: lambda: _(
        "“%(step)s” on %(day)s has level %(level)s; levels go from 0 to %(highest)s. Choose one of them."
    ),
    Fault.LEVEL_BEFORE_DUE: lambda: _(
        "“%(step)s” on %(day)s has level %(level)s, but nothing is late before the due date. Give it level 0, "
        "or move it after the due date."
    ),
    Fault.LEVEL_MISSING: lambda: _(
        "“%(step)s” on %(day)s has level 0, which is for steps before the due date. Give it level 1 or higher."
    ),
    Fault.LEVEL_GOES_DOWN: lambda: _(
        "“%(step)s” on %(day)s has level %(level)s, below level %(other_level)s of “%(other)s” on %(other_day)s. "
        "A level never goes down: give it at least level %(other_level)s, or move it before %(other_day)s."
    ),
    Fault.CHANNEL_BEFORE_DUE: lambda: _(
        "“%(step)s” on %(day)s comes before the due date, where only e-mails are sent. Make it an e-mail, "
        "or move it after the due date."
    ),
    Fault.CLAIM_BEFORE_DUE: lambda: _(
        "“%(step)s” on %(day)s depends on what a message claims, but nothing is claimed before the due date. "
        "Say what the line must owe instead."
    ),
    Fault.MINIMUM_AFTER_DUE: lambda: _(
        "“%(step)s” on %(day)s depends on what one line owes, which counts before the due date only. "
        "Say from which claim it is taken instead."
    ),
    Fault.TONE_MISSING: lambda: _(
        "“%(step)s” on %(day)s is an e-mail without a tone. Choose courteous, firm or formal."
    ),
    Fault.TONE_BEFORE_DUE: lambda: _(
        "“%(step)s” on %(day)s comes before the due date and speaks as if the customer were late. "
        "Choose the tone “Before the due date”."
    ),
    Fault.TONE_AFTER_DUE: lambda: _(
        "“%(step)s” on %(day)s comes after the due date and speaks as before it. Choose courteous, firm or formal."
    ),
    Fault.NOTICE_BY_MAIL: lambda: _(
        "“%(step)s” on %(day)s is a formal notice by e-mail, which proves nothing. Make it a registered letter, "
        "or choose another tone."
    ),
    Fault.NOTICE_BY_ITSELF: lambda: _(
        "“%(step)s” on %(day)s is a formal notice set to leave by itself. Somebody signs it: set it “To confirm”."
    ),
    Fault.NOTICE_TOO_EARLY: lambda: _(
        "“%(step)s” on %(day)s is a formal notice, and not everybody it reaches was asked at level 3 before. "
        "Add a step of level 3 on an earlier day, for the same claims, or move the notice after it."
    ),
    Fault.TASK_BY_ITSELF: lambda: _(
        "“%(step)s” on %(day)s is something a person does, so it cannot leave by itself nor be confirmed. "
        "Set it “By a person”."
    ),
    Fault.MAIL_BY_A_PERSON: lambda: _(
        "“%(step)s” on %(day)s is a message that nobody would send. Set it “By itself” or “To confirm”."
    ),
}

_ADVICE: dict[Fault | Advice, Callable[[], str]] = {
    Advice.INSIDE_THE_GAP: lambda: _(
        "“%(step)s” on %(day)s comes soon after “%(other)s” on %(other_day)s: "
        "it will wait until the gap between two contacts is over."
    ),
    Advice.BEYOND_THE_CAP: lambda: _(
        "“%(step)s” on %(day)s will wait: the contacts since %(other_day)s already reach the most allowed "
        "within thirty days."
    ),
    Advice.SECOND_ANNOUNCEMENT: lambda: _(
        "A line is announced once before its due date: “%(step)s” on %(day)s reaches only lines that entered the "
        "ledger after %(other_day)s, and that owe what “%(other)s” asks for."
    ),
    Advice.CONFIRMED_ANYWAY: lambda: _(
        "“%(step)s” on %(day)s has level %(level)s and is confirmed by a person all the same, as the parameters say."
    ),
}


def findings_as_text(findings: Iterable[Finding]) -> str:
    """Return findings one after another, as a refusal shows them."""
    return " ".join(finding_sentence(finding) for finding in findings)


@dataclass(frozen=True, slots=True)
class Said:
    """What a part of a step says, before and after; empty where it says nothing."""

    name: str
    before: str
    after: str


def parts_of_change(
    before: StepRule | None, after: StepRule | None, parts: Sequence[str]
) -> list[Said]:
    """Return what changed in a step, part by part, in the order of the form."""
    if before is None or after is None:
        return []
    return [
        Said(str(name), part_in_words(before, part), part_in_words(after, part))
        for part, name in PARTS.items()
        if part in parts
    ]


def part_in_words(step: StepRule, part: str) -> str:
    """Return what a part of a step says."""
    value: Any = getattr(step, part)
    if part == "recipient" and not value and step.channel.is_contact:
        return _("Whoever fits the level")
    if value is None or value == "":
        return pgettext("part of a step", "none")
    words: Mapping[str, Callable[[Any], str]] = {
        "offset_days": lambda day: formats.day_offset(day, language()),
        "channel": lambda channel: str(Channel(channel.value).label),
        "mode": lambda mode: str(Mode(mode.value).label),
        "register": lambda register: str(Register(register.value).label),
        "recipient": lambda recipient: str(Recipient(recipient.value).label),
        "has_statement": lambda has: _("yes") if has else _("no"),
        "has_invoices": lambda has: _("yes") if has else _("no"),
        "only_from": euros,
        "minimum_amount": euros,
        "anchor": lambda anchor: str(Anchor(anchor.value).label),
    }
    return words.get(part, str)(value)


def parameter_in_words(name: str, value: object) -> str:
    """Return the value of a parameter with its unit."""
    if isinstance(value, frozenset):
        return ", ".join(str(WEEKDAYS[day]) for day in sorted(value))
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, Decimal):
        is_share = name in SHARES
        return f"× {formats.number(value, language(), decimals=2)}" if is_share else euros(value)
    if isinstance(value, time):
        return hour(value)
    if name == "contact_gap_days" and isinstance(value, int):
        return formats.days(value, language())
    return str(value)


def conditions_in_words(conditions: Conditions, portfolios: Mapping[str, str]) -> str:
    """Return which customers a rule means, as the middle of a sentence; `portfolios` names nodes by their path."""
    parts = [
        _("are %(kinds)s")
        % {"kinds": _or(TYPOLOGIES.get(one, one) for one in _in(conditions.typologies, TYPOLOGIES))}
        if conditions.typologies
        else "",
        _("are in %(countries)s") % {"countries": _or(sorted(conditions.countries))}
        if conditions.countries
        else "",
        _("are followed in %(portfolios)s")
        % {"portfolios": _or(portfolios.get(path, path) for path in sorted(conditions.portfolios))}
        if conditions.portfolios
        else "",
        _("pay like this: %(profiles)s")
        % {"profiles": _or(PROFILES.get(one, one) for one in _in(conditions.profiles, PROFILES))}
        if conditions.profiles
        else "",
        _("are in risk class %(classes)s") % {"classes": _or(sorted(conditions.risk_classes))}
        if conditions.risk_classes
        else "",
        *_amounts_in_words(conditions),
    ]
    return _and(part for part in parts if part)


def _amounts_in_words(conditions: Conditions) -> list[str]:
    found = []
    if conditions.open_from is not None:
        found.append(_("owe at least %(amount)s") % {"amount": euros(conditions.open_from)})
    if conditions.open_below is not None:
        found.append(
            _("owe less than %(amount)s in all") % {"amount": euros(conditions.open_below)}
        )
    if conditions.overdue_from is not None:
        found.append(
            _("are late with at least %(amount)s") % {"amount": euros(conditions.overdue_from)}
        )
    if conditions.limit_used_from is not None:
        share = formats.percent(conditions.limit_used_from, language(), decimals=0)
        found.append(_("use at least %(share)s of their limit") % {"share": share})
    return found


def rule_sentence(conditions: Conditions, scenario: str, portfolios: Mapping[str, str]) -> str:
    """Return a rule as one sentence."""
    return _("Customers who %(conditions)s follow “%(scenario)s”.") % {
        "conditions": conditions_in_words(conditions, portfolios),
        "scenario": scenario,
    }


def _in(chosen: Iterable[str], order: Mapping[str, object]) -> list[str]:
    """Return what was chosen in the order in which it is offered."""
    given = set(chosen)
    return [one for one in order if one in given] + sorted(given - set(order))


def _or(words: Iterable[object]) -> str:
    return _joined(words, _("or"))


def _and(words: Iterable[object]) -> str:
    return _joined(words, _("and"))


def _joined(words: Iterable[object], last: str) -> str:
    said = [str(word) for word in words]
    if len(said) < 2:  # noqa: PLR2004  two words need a conjunction
        return "".join(said)
    return f"{', '.join(said[:-1])} {last} {said[-1]}"
