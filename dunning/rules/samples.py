"""On which customers a text is shown before it is published: three that differ as much as the ledger allows (S10)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class SampleGroup:
    """A customer to show a text on, with the entity and currency of his lines and what makes him worth it."""

    customer_id: UUID
    code: str
    name: str
    language: str
    entity_id: UUID
    currency: str
    lines: int
    has_credit: bool
    is_foreign: bool


KINDS: tuple[Callable[[SampleGroup], bool], ...] = (
    lambda sample: sample.has_credit,
    lambda sample: sample.lines > 1,
    lambda sample: sample.is_foreign,
)


def in_order(
    samples: Sequence[SampleGroup], *, language: str, wanted: Sequence[UUID] = ()
) -> list[SampleGroup]:
    """Return `samples` in the order in which they are shown: those asked for, then one of each kind, then the others.

    The kinds: a credit note to net, several lines, another currency. Of two alike, who reads `language` goes first.
    """
    ordered = sorted(samples, key=lambda sample: sample.language != language)
    asked = {customer_id: place for place, customer_id in enumerate(wanted)}
    chosen = sorted(
        (sample for sample in ordered if sample.customer_id in asked),
        key=lambda sample: asked[sample.customer_id],
    )
    for is_kind in KINDS:
        rest = [sample for sample in ordered if sample not in chosen]
        chosen += [sample for sample in rest if is_kind(sample)][:1]
    return chosen + [sample for sample in ordered if sample not in chosen]
