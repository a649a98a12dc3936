"""What the editor of texts lists: fields with an example, blocks, and the state of each language."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from django.utils.functional import Promise

from dunning.documents.view import message_view
from dunning.messages.fields import BLOCKS, FIELDS, merge_fields
from dunning.messages.samples import sample_contents
from dunning.queries.templates import TextState
from kernel import formats

CONDITION = '{% if penalties.total != "" %} … {% endif %}'
LOOP = "{% for item in items %}{{ item.number }} {{ item.amount }}{% endfor %}"


@dataclass(frozen=True, slots=True)
class FieldRow:
    """A field as the editor lists it: what is typed, what it stands for, and what it was in a made-up message."""

    typed: str
    meaning: str | Promise
    example: str


@lru_cache(maxsize=4)
def field_rows(language: str) -> tuple[FieldRow, ...]:
    """Return every published field with an example in `language`."""
    content = replace(sample_contents()[0], language=language)
    view = message_view(content)
    first_due = formats.day_full(min(line.due_date for line in content.lines), language)
    values = merge_fields(view, first_due=first_due, notice_number="MD-2026-0042")
    rows = []
    for field in FIELDS:
        if field.name == "items":
            example = f"{view.claimed[0].number} {view.claimed[0].claimed} …"
            rows.append(FieldRow(LOOP, field.meaning, example))
        else:
            rows.append(
                FieldRow(
                    f"{{{{ {field.name} }}}}", field.meaning, _as_text(_value(values, field.name))
                )
            )
    return tuple(rows)


def block_rows() -> tuple[FieldRow, ...]:
    """Return every block with what it stands for."""
    return tuple(FieldRow(f"{{{{ {block.name} }}}}", block.meaning, "") for block in BLOCKS)


@dataclass(frozen=True, slots=True)
class Column:
    """One language beside the others: its state, the form of its draft, and whether this person wrote in it."""

    state: TextState
    name: str
    form: Any
    seen: str
    is_author: bool
    shown: int
    text: Any  # what is in force, as a MessageTemplate; None where nothing is

    @property
    def code(self) -> str:
        """The code of the language."""
        return self.state.language


@dataclass(frozen=True, slots=True)
class FactRow:
    """A value a message was filled with."""

    name: str
    meaning: str | Promise
    value: str


def fact_rows(facts: Mapping[str, Any]) -> list[FactRow]:
    """Return the values a message was filled with, one a row, in the order in which the editor lists them."""
    rows = [
        FactRow(field.name, field.meaning, _as_text(_value(facts, field.name))) for field in FIELDS
    ]
    return [row for row in rows if row.value]


def _value(facts: Mapping[str, Any], name: str) -> Any:  # noqa: ANN401  what JSON holds
    found: Any = facts
    for part in name.split("."):
        found = found.get(part, "") if isinstance(found, Mapping) else ""
    return found


def _as_text(value: Any) -> str:  # noqa: ANN401  what JSON holds
    if isinstance(value, list):
        return " · ".join(" ".join(filter(None, map(str, line.values()))) for line in value)
    return str(value).lower() if isinstance(value, bool) else str(value)
