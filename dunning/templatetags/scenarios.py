"""Filters for the pages of scenarios: `{% load scenarios %}`."""

from collections.abc import Mapping

from django import template

from dunning import scenario_words as words
from dunning.rules.steps import StepRule

register = template.Library()


@register.filter
def entry(found: Mapping[str, object], name: str) -> object:
    """Return what a mapping holds under a name, nothing when it does not."""
    return found.get(name, "")


@register.filter
def said(step: StepRule, part: str) -> str:
    """Return what a part of a step says: `{{ step|said:"recipient" }}`."""
    return words.part_in_words(step, part)
