"""Migrations from nothing in half the time: the fields of a past model are copied, not taken apart and built anew.

Between any two operations Django renders every model that is related to a changed one, and here nearly all are. It
makes each field from its deconstruction; a copy without what the field has remembered is the same field.
"""

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from django.db.models import Field
from django.utils.functional import cached_property


@contextmanager
def quick_states() -> Iterator[None]:
    """Copy fields inside this block; outside it Django does as it always does."""
    slow = Field.clone
    Field.clone = _copied  # type: ignore[assignment, method-assign]
    try:
        yield
    finally:
        Field.clone = slow  # type: ignore[method-assign]


def _copied(field: "Field[Any, Any]") -> "Field[Any, Any]":
    made = copy.deepcopy(field)
    kind: type = type(field)
    for name in _remembered(kind):
        made.__dict__.pop(name, None)
    return made


@cache
def _remembered(kind: type) -> frozenset[str]:
    """Return the names of what a kind of field works out once: it may speak of a model that is no longer true."""
    return frozenset(
        name
        for ancestor in kind.__mro__
        for name, value in vars(ancestor).items()
        if isinstance(value, cached_property)
    )
