"""Which steps a request takes, and whether a circuit can be published at all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from itertools import product

DECIDING = frozenset({"decision", "committee"})
GRADES = ("", "A", "B", "C", "D", "E")
OTHER = "*"  # any value that no condition names


@dataclass(frozen=True, slots=True)
class StepRule:
    """A step of a circuit: what for, whose, and under which conditions; an empty condition always holds."""

    position: int
    number: int
    kind: str
    role: str = ""
    person: str = ""
    substitute: str = ""
    escalates_to: str = ""
    above: Decimal | None = None
    up_to: Decimal | None = None
    currency: str = "EUR"
    grades: frozenset[str] = frozenset()
    countries: frozenset[str] = frozenset()
    entities: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Facts:
    """What conditions look at; `rates` are the worth of one unit of each currency in the home currency."""

    kind: str
    amount: Decimal
    currency: str
    grade: str = ""
    country: str = "FR"
    entity: str = ""
    rates: Mapping[str, Decimal] = field(default_factory=dict)


def amount_in(facts: Facts, currency: str) -> Decimal | None:
    """Return the amount of the facts in another currency; None without a rate."""
    if facts.currency == currency:
        return facts.amount
    if facts.currency not in facts.rates or currency not in facts.rates:
        return None
    return facts.amount * facts.rates[facts.currency] / facts.rates[currency]


def is_amount_meant(
    facts: Facts, *, above: Decimal | None, up_to: Decimal | None, currency: str
) -> bool:
    """Say whether the amount lies above `above` (excluded) and up to `up_to` (included); without a rate it does."""
    amount = amount_in(facts, currency)
    if amount is None:
        return True
    return (above is None or amount > above) and (up_to is None or amount <= up_to)


def applies(step: StepRule, facts: Facts) -> bool:
    """Say whether a request with these facts takes the step."""
    return (
        is_amount_meant(facts, above=step.above, up_to=step.up_to, currency=step.currency)
        and (not step.grades or facts.grade in step.grades)
        and (not step.countries or facts.country in step.countries)
        and (not step.entities or facts.entity in step.entities)
        and (not step.kinds or facts.kind in step.kinds)
    )


def steps_for(steps: Iterable[StepRule], facts: Facts) -> list[StepRule]:
    """Return the steps that a request with these facts takes, in their order."""
    taken = [step for step in steps if applies(step, facts)]
    return sorted(taken, key=lambda step: (step.number, step.position))


@dataclass(frozen=True, slots=True)
class CircuitScope:
    """For what a circuit is: empty means everything; `all_kinds` are the kinds of request there are."""

    all_kinds: tuple[str, ...]
    kinds: frozenset[str] = frozenset()
    countries: frozenset[str] = frozenset()
    entities: frozenset[str] = frozenset()

    def fits(self, facts: Facts) -> bool:
        """Say whether the circuit is for a request with these facts."""
        return (
            (not self.kinds or facts.kind in self.kinds)
            and (not self.countries or facts.country in self.countries)
            and (not self.entities or facts.entity in self.entities)
        )


class Flaw(StrEnum):
    """What keeps a circuit from being published."""

    EMPTY = "empty"
    NO_DECISION = "no_decision"
    NO_END = "no_end"
    NOBODY = "nobody"
    LOOP = "loop"
    UNREACHABLE = "unreachable"
    EXPORT_TOO_EARLY = "export_too_early"


@dataclass(frozen=True, slots=True)
class Fault:
    """A flaw, at a step when it is one step's; `people` walk the loop; `example` is a case that nobody decides."""

    flaw: Flaw
    number: int | None = None
    kind: str = ""
    people: tuple[str, ...] = ()
    example: Facts | None = None


def faults(steps: Iterable[StepRule], scope: CircuitScope) -> list[Fault]:
    """Return everything that keeps these steps from being a circuit; empty when it can be published."""
    ordered = sorted(steps, key=lambda step: (step.number, step.position))
    if not ordered:
        return [Fault(Flaw.EMPTY)]
    found = [
        Fault(Flaw.NOBODY, step.number, step.kind)
        for step in ordered
        if not step.role and not step.person and step.kind != "export"
    ]
    found += _loops(ordered)
    found += [
        Fault(Flaw.UNREACHABLE, step.number, step.kind)
        for step in ordered
        if not _is_reachable(step, scope)
    ]
    return [*found, *_ends(ordered), *_undecided(ordered, scope)]


def _ends(steps: list[StepRule]) -> Iterator[Fault]:
    deciding = [step.number for step in steps if step.kind in DECIDING]
    if not deciding:
        yield Fault(Flaw.NO_DECISION)
        return
    last = max(deciding)
    for step in steps:
        if step.kind == "export" and step.number <= last:
            yield Fault(Flaw.EXPORT_TOO_EARLY, step.number, step.kind)
        elif step.kind != "export" and step.number > last:
            yield Fault(Flaw.NO_END, step.number, step.kind)


def _undecided(steps: list[StepRule], scope: CircuitScope) -> Iterator[Fault]:
    """Give the first case, among all that the conditions tell apart, in which no deciding step is taken."""
    if not any(step.kind in DECIDING for step in steps):
        return
    for facts in _cases(steps, scope):
        if not any(step.kind in DECIDING for step in steps_for(steps, facts)):
            yield Fault(Flaw.NO_DECISION, example=facts)
            return


def _cases(steps: list[StepRule], scope: CircuitScope) -> Iterator[Facts]:
    kinds = [kind for kind in scope.all_kinds if not scope.kinds or kind in scope.kinds]
    countries = sorted(scope.countries) or [
        *sorted({each for step in steps for each in step.countries}),
        OTHER,
    ]
    entities = sorted(scope.entities) or [
        *sorted({each for step in steps for each in step.entities}),
        OTHER,
    ]
    currencies = sorted({step.currency for step in steps}) or ["EUR"]
    for currency in currencies:
        amounts = sorted(_amounts(steps, currency))
        for kind, country, entity, grade, amount in product(
            kinds, countries, entities, GRADES, amounts
        ):
            yield Facts(kind, amount, currency, grade, country, entity)


def _amounts(steps: list[StepRule], currency: str) -> set[Decimal]:
    """Return one amount for each stretch between the thresholds: each threshold, and one cent above it."""
    found = {Decimal(0), Decimal(1)}
    for step in steps:
        for threshold in (step.above, step.up_to):
            if step.currency == currency and threshold is not None:
                found |= {threshold, threshold + Decimal("0.01")}
    return found


def _is_reachable(step: StepRule, scope: CircuitScope) -> bool:
    if step.above is not None and step.up_to is not None and step.up_to <= step.above:
        return False
    if step.up_to is not None and step.up_to < 0:
        return False
    pairs = (
        (step.kinds, scope.kinds or frozenset(scope.all_kinds)),
        (step.countries, scope.countries),
        (step.entities, scope.entities),
    )
    if any(asked and known and not asked & known for asked, known in pairs):
        return False
    return not step.grades or bool(step.grades & set(GRADES))


def _loops(steps: list[StepRule]) -> Iterator[Fault]:
    """Follow who stands in for whom, then who is asked above whom: neither way may lead back."""
    for way in ("substitute", "escalates_to"):
        edges: dict[str, set[str]] = {}
        for step in steps:
            after = getattr(step, way)
            if step.person and after:
                edges.setdefault(step.person, set()).add(after)
        if loop := _cycle(edges):
            yield Fault(Flaw.LOOP, people=loop)


def _cycle(edges: Mapping[str, set[str]]) -> tuple[str, ...]:
    for start in sorted(edges):
        seen: list[tuple[str, tuple[str, ...]]] = [(start, (start,))]
        while seen:
            here, path = seen.pop()
            for after in sorted(edges.get(here, ())):
                if after == start:
                    return (*path, start)
                if after not in path:
                    seen.append((after, (*path, after)))
    return ()
