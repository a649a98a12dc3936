"""One file into the ledger, inside the open transaction: all of it or, when anything rises, nothing."""

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from kernel.permissions import Actor
from ledger.imports import statements
from ledger.imports.customers import Tally, resolve
from ledger.imports.messages import FileRefused
from ledger.imports.ports import dispute_register
from ledger.imports.reader import Reading
from ledger.imports.rows import FileKind, Problem, Settlement
from ledger.imports.workspace import Workspace
from ledger.models import Allocation, DueLine, Entity, ImportBatch, PaymentTerms
from ledger.rules.allocation import OpenLine, allocate
from ledger.rules.terms import DEFAULT_TERMS, due_date
from ledger.services.allocations import recompute_lines
from ledger.services.terms import terms_as_rule

ZERO: Final = Decimal(0)
MOST_TOLD: Final = 1_000  # problems of one kind that the ledger finds, told one by one


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked of an import beside its file."""

    batch: ImportBatch
    entity: Entity | None
    is_full: bool
    actor: Actor
    implied_label: str


@dataclass(slots=True)
class Outcome:
    """What came of it: counts per object name, further problems, rows that the ledger rejects."""

    tallies: dict[str, Tally] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    rejected_rows: list[int] = field(default_factory=list)
    figures: dict[str, Any] = field(default_factory=dict)

    @property
    def counts(self) -> dict[str, dict[str, int]]:
        """Return created, updated and unchanged, each per object name."""
        return {
            verb: {name: getattr(tally, verb) for name, tally in sorted(self.tallies.items())}
            for verb in ("created", "updated", "unchanged")
        }


def apply_reading(reading: Reading, order: Order) -> Outcome:
    """Write what a file says into the ledger and return what that was; raises FileRefused.

    Natural keys: customer by code, document by entity, customer, kind and number, instalment by its
    place. What does not differ is not written. Runs in the open transaction and locks nothing: the
    caller holds the tenant's import lock.
    """
    outcome = Outcome()
    work = Workspace(order.batch.pk, order.batch.file_date)
    work.allow_time()
    work.clear()
    _take_in(work, reading, order, outcome)
    if reading.kind is FileKind.FEC:
        _settle_openings(work, reading, order, outcome)
    _refresh_existing(work, outcome)
    _settle(work, order, outcome)
    _write(work, outcome)
    author = order.batch.imported_by_id
    work.run(statements.TELL_CUSTOMERS, file=order.batch.file_name, author=author)
    _register_disputes(work, order, outcome)
    work.clear()
    return outcome


def _take_in(work: Workspace, reading: Reading, order: Order, outcome: Outcome) -> None:
    resolved = resolve(reading.parties, entity=order.entity)
    outcome.tallies |= {
        "customers": resolved.customers,
        "contacts": resolved.contacts,
        "colleagues": resolved.colleagues,
    }
    work.add_parties(resolved.parties)
    for block in reading.blocks():
        work.add_lines(block)
        if resolved.unknown_entities:
            _reject_unknown_entities(block, resolved.unknown_entities, outcome)
    work.plan_for(int(reading.summary["accepted"]))
    work.run(statements.NUMBER_INSTALMENTS)
    work.run(statements.FIND_EXISTING_LINES)
    work.run(statements.ADDED_INSTALMENTS)
    _count_due_dates(work)
    for row, number, first in work.rows(statements.PAID_TWICE):
        facts = {"number": number, "first": first}
        outcome.problems.append(Problem(row, "paid_date", "paid_twice", facts, rejects=False))
    work.run(statements.FORGET_PAID_TWICE)


def _reject_unknown_entities(block: str, unknown: dict[int, str], outcome: Outcome) -> None:
    for line in json.loads(block):
        if line["p"] in unknown:
            outcome.rejected_rows.append(line["r"])
            facts = {"value": unknown[line["p"]]}
            outcome.problems.append(Problem(line["r"], "entity", "entity_unknown", facts))


def _count_due_dates(work: Workspace) -> None:
    """Set the due dates that follow from a customer's terms; each terms and start is counted once."""
    wanted = work.rows(statements.TERMS_TO_COUNT)
    if not wanted:
        return
    terms = {each.pk: terms_as_rule(each) for each in PaymentTerms.objects.all()}
    counted = [
        {
            "terms": str(terms_id),
            "start": start.isoformat(),
            "due": due_date(start, terms.get(terms_id, DEFAULT_TERMS)).isoformat(),
        }
        for terms_id, start in wanted
    ]
    work.run(statements.SET_COUNTED_DUE_DATES, counted=json.dumps(counted))


def _settle_openings(work: Workspace, reading: Reading, order: Order, outcome: Outcome) -> None:
    """Compare balances brought forward with what earlier files made known, and settle the books."""
    entity_id = _entity_of_books(order)
    opening = reading.summary.get("opening_date")
    known: list[tuple[Any, ...]] = []
    if opening:
        known = work.rows(statements.KNOWN_OPENINGS, entity=entity_id, opening=opening)
    customers = [str(row[0]) for row in known]
    if known:
        _tell_openings(known, outcome)
        work.run(statements.DROP_KNOWN_OPENINGS, customers=customers)
        work.run(statements.ADD_OPEN_BEFORE, entity=entity_id, opening=opening, customers=customers)
    work.add_settlements(reading.settlements, UUID(entity_id))
    if known:
        _settle_older(work, reading.settlements, customers, entity_id)


def _entity_of_books(order: Order) -> str:
    if order.entity is None:  # a FEC is of one entity: the caller has refused it otherwise
        raise FileRefused("entity_missing")
    return str(order.entity.pk)


def _tell_openings(known: Sequence[tuple[Any, ...]], outcome: Outcome) -> None:
    facts: dict[str, Any] = {"customers": len(known)}
    outcome.problems.append(Problem(0, "Debit", "opening_known", facts, rejects=False))
    for _customer_id, code, said, had in known:
        if said != had and len(outcome.problems) < MOST_TOLD:
            facts = {"customer": code, "value": f"{said:.2f}", "known": f"{had:.2f}"}
            outcome.problems.append(Problem(0, "Debit", "opening_differs", facts, rejects=False))


def _settle_older(
    work: Workspace, settlements: Sequence[Settlement], customers: list[str], entity_id: str
) -> None:
    """Let what the books settle of a balance brought forward settle the oldest items of before."""
    said = json.dumps(
        [
            dict(zip(("u", "dk", "dn", "ck", "cn", "a"), each[:6], strict=True))
            for each in settlements
        ]
    )
    debits = work.rows(statements.OPEN_BEFORE, customers=customers)
    credits_ = work.rows(
        statements.UNMATCHED_SETTLEMENTS,
        settlements=said,
        customers=customers,
        entity=entity_id,
    )
    work.add_matches(oldest_first([*debits, *credits_]))


Match = tuple[UUID, UUID, Decimal, date]


def oldest_first(rows: Sequence[tuple[Any, ...]]) -> Iterator[Match]:
    """Yield what the credits of each group settle of its debits, in the order given.

    A row is (entity, customer, document or None, currency, line, is a debit, rest, issue date); rows
    with the same first four belong together. Counts from the later of the two issue dates.
    """
    groups: dict[tuple[object, ...], list[tuple[Any, ...]]] = defaultdict(list)
    for row in rows:
        if row[6] > ZERO:
            groups[row[:4]].append(row)
    for members in groups.values():
        yield from _of_group(members)


def _of_group(members: Sequence[tuple[Any, ...]]) -> Iterator[Match]:
    days = {row[4]: row[7] for row in members}
    debits = [(row[4], row[6]) for row in members if row[5]]
    credits_ = [(row[4], row[6]) for row in members if not row[5]]
    at = 0
    for credit, left in credits_:
        rest = left
        while rest > ZERO and at < len(debits):
            debit, owed = debits[at]
            shared = allocate(rest, [OpenLine(debit, days[debit], owed)])
            part = shared.shares[0].amount
            yield debit, credit, part, max(days[debit], days[credit])
            rest = shared.unallocated
            debits[at] = (debit, owed - part)
            if debits[at][1] == ZERO:
                at += 1


def _refresh_existing(work: Workspace, outcome: Outcome) -> None:
    """Bring documents that differ up to date; keep what they were, so that it can be undone."""
    changed = work.rows(statements.CHANGED_DOCUMENTS)
    taken: list[tuple[UUID, int]] = []
    for document_id, row, number, known, value, *_dates, settled, is_cut in changed:
        facts = {"number": number, "known": f"{known:.2f}", "value": f"{value:.2f}"}
        if is_cut:
            facts["settled"] = f"{settled:.2f}"
            outcome.problems.append(Problem(row, "amount", "below_settled", facts))
            outcome.rejected_rows.append(row)
            continue
        taken.append((document_id, row))
        if known != value and len(outcome.problems) < MOST_TOLD:
            outcome.problems.append(Problem(row, "amount", "amount_changed", facts, rejects=False))
    documents = [str(document_id) for document_id, _row in taken]
    if documents:
        rows = [row for _document, row in taken]
        work.run(statements.KEEP_BEFORE, documents=documents, rows=rows)
        work.run(statements.UPDATE_DOCUMENTS, documents=documents)
        work.run(statements.UPDATE_LINES, documents=documents)
        work.run(statements.EMPTY_DROPPED_INSTALMENTS, documents=documents)
        work.run(statements.REFRESH_OPEN, documents=documents)
    left_alone = [str(row[0]) for row in changed if row[-1]]
    if left_alone:
        work.run(statements.LEAVE_ALONE, documents=left_alone)
    (counts,) = work.rows(statements.COUNTS)
    new, found, *_rest = counts
    outcome.tallies["documents"] = Tally(new, len(taken), found - len(taken))


def _settle(work: Workspace, order: Order, outcome: Outcome) -> None:
    """Match what settles what: by name, by what the file says is left, then by implied payments."""
    if order.is_full:
        entities = [str(order.entity.pk)] if order.entity else _entities_in(work)
        outcome.figures["settled_as_absent"] = work.run(statements.ADD_ABSENT, entities=entities)
    _take_back(work, order, outcome)
    if work.number(statements.HAS_LINKS) or work.number(statements.WAITING_LINKS):
        work.run(statements.ADD_GUESTS)
        work.add_matches(oldest_first(work.rows(statements.LINKED)))
    work.add_matches(oldest_first(work.rows(statements.DECLARED)))
    names = {"short": order.batch.pk.hex[-6:], "label": order.implied_label}
    if work.run(statements.ADD_IMPLIED, **names):
        work.run(statements.MATCH_IMPLIED)


def _entities_in(work: Workspace) -> list[str]:
    found = work.rows("SELECT DISTINCT entity_id FROM ledger_workline")
    return [str(entity_id) for (entity_id,) in found]


def _take_back(work: Workspace, order: Order, outcome: Outcome) -> None:
    """Reverse, latest first, what the ledger holds as settled beyond what the file says."""
    touched: set[UUID] = set()
    for line_id, _row, _number, surplus in work.rows(statements.SETTLED_LESS):
        touched.add(line_id)
        touched |= _reverse(line_id, surplus, order)
    if not touched:
        return
    outcome.figures["taken_back"] = len(touched)
    recompute_lines(touched)
    work.run(statements.REFRESH_LINES, lines=[str(line_id) for line_id in touched])


def _reverse(line_id: UUID, surplus: Decimal, order: Order) -> set[UUID]:
    """Reverse whole allocations of a line until `surplus` is free; return the other lines."""
    others: set[UUID] = set()
    mine = Allocation.objects.filter(reverses=None, reversed_by=None)
    for allocation in (mine.filter(debit_line=line_id) | mine.filter(credit_line=line_id)).order_by(
        "-effective_date", "-created_at"
    ):
        if surplus <= ZERO:
            break
        Allocation.objects.create(
            debit_line_id=allocation.debit_line_id,
            credit_line_id=allocation.credit_line_id,
            amount=-allocation.amount,
            effective_date=max(order.batch.file_date, allocation.effective_date),
            reverses=allocation,
            batch=order.batch,
        )
        surplus -= allocation.amount
        others |= {allocation.debit_line_id, allocation.credit_line_id}
    return others


def _write(work: Workspace, outcome: Outcome) -> None:
    (counts,) = work.rows(statements.COUNTS)
    _new, _found, new_lines, known_lines, estimated, implied = counts
    work.run(statements.INSERT_DOCUMENTS)
    work.run(statements.INSERT_LINES)
    allocations = work.run(statements.INSERT_ALLOCATIONS)
    recompute_lines(line_id for (line_id,) in work.rows(statements.TOUCHED_LINES))
    work.run(statements.LINK_DOCUMENTS)
    for row, value in work.rows(statements.UNKNOWN_LINKS):
        facts = {"value": value}
        problem = Problem(row, "linked_document", "linked_document_unknown", facts, rejects=False)
        outcome.problems.append(problem)
    if estimated:
        facts = {"count": estimated}
        outcome.problems.append(Problem(0, "due_date", "dates_estimated", facts, rejects=False))
    outcome.tallies["due_lines"] = Tally(new_lines, 0, known_lines)
    outcome.tallies["implied_payments"] = Tally(implied)
    outcome.tallies["allocations"] = Tally(allocations)


def _register_disputes(work: Workspace, order: Order, outcome: Outcome) -> None:
    register = dispute_register()
    tally = outcome.tallies["disputes"] = Tally()
    declared = {row[0]: row for row in work.rows(statements.DECLARED_DISPUTES)}
    if not declared:
        return
    for line in DueLine.objects.filter(pk__in=declared, is_open=True).order_by("pk"):
        _line, amount, reason = declared[line.pk]
        made = register(
            line=line,
            amount=amount,
            reason=reason,
            actor=order.actor,
            today=order.batch.file_date,
            batch_id=order.batch.pk,
        )
        tally.created += made is not None
        tally.unchanged += made is None
