"""What versions, channels, steps and sums are called."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from dunning import scenario_words as words
from dunning.models import Channel as ChannelModel
from dunning.models import ScenarioVersion
from dunning.rules.findings import FoundStep
from dunning.rules.simulated import Sums
from dunning.rules.steps import Channel
from kernel import formats
from kernel.money import Money


def version_name(version: ScenarioVersion) -> str:
    """Return what a version is called where two stand beside one another."""
    return kept_name(
        {
            "name": version.scenario.name,
            "number": version.number,
            "is_draft": version.is_draft,
        }
    )


def kept_name(version: Mapping[str, Any]) -> str:
    """Return what a version was called when its simulation was asked for."""
    facts = {"name": version["name"], "number": version["number"]}
    if version["is_draft"]:
        return _("%(name)s, version %(number)s (draft)") % facts
    return _("%(name)s, version %(number)s") % facts


def channel_word(channel: Channel) -> str:
    """Return the name of a channel."""
    return str(ChannelModel(channel.value).label)


def step_words(step: FoundStep) -> str:
    """Return what a step is: its channel and its level."""
    if step.channel is Channel.DECISION:
        return channel_word(step.channel)
    facts = {"channel": channel_word(step.channel), "level": step.level}
    return _("%(channel)s, level %(level)s") % facts


def message_words(sums: Sums) -> str:
    """Return the messages of some time by channel."""
    return ", ".join(
        f"{channel_word(channel)} {formats.number(count, words.language())}"
        for channel, count in sums.messages.items()
    )


def amounts(sums: Sums) -> Sequence[Money]:
    """Return what is asked for, tax included, by currency."""
    return [Money(amount, currency) for currency, amount in sums.amounts.items()]
