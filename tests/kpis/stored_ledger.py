"""Puts a slow ledger into the database, and makes random ones from a seed."""

import random
from datetime import date, timedelta
from decimal import Decimal

from accounts.models import Membership, Scope, ScopeKind
from disputes.models import Dispute, DisputeOutcome
from ledger.models import (
    Allocation,
    Customer,
    CustomerGroup,
    Document,
    DueLine,
    Entity,
    ExchangeRate,
)
from ledger.rules.allocation import effective_date
from ledger.services.allocations import recompute_lines
from tests.cast import House
from tests.kpis import slow_ledger as slow


def store(ledger: slow.SlowLedger, house: House) -> None:
    """Write the ledger into the open scope of a house; entities other than its own are made below the root."""
    entities = _entities(ledger, house)
    customers = _customers(ledger, house)
    documents = {
        document.name: Document(
            entity=entities[document.entity],
            customer=customers[document.customer],
            kind=document.kind,
            number=document.name,
            issue_date=document.issue_date,
            currency=document.currency,
            amount=document.amount,
            perimeter=document.perimeter,
            is_opening=document.is_opening,
        )
        for document in ledger.documents
    }
    for document in ledger.documents:
        if document.linked:
            documents[document.name].linked_document = documents[document.linked]
    ordered = sorted(
        documents.values(), key=lambda document: document.linked_document_id is not None
    )
    Document.objects.bulk_create(ordered)
    lines = {
        (document.name, number): _line(documents[document.name], number, line)
        for document in ledger.documents
        for number, line in enumerate(document.lines)
    }
    DueLine.objects.bulk_create(lines.values())
    _allocate(ledger, lines)
    _contest(ledger, lines)
    ExchangeRate.objects.bulk_create(
        ExchangeRate(currency=currency, valid_from=day, rate=rate)
        for currency, rates in ledger.rates.items()
        for day, rate in rates
    )
    recompute_lines()


def _entities(ledger: slow.SlowLedger, house: House) -> dict[str, Entity]:
    found = {"": Entity.objects.get(pk=house.entity_id)}
    root = Scope.objects.get(path="/")
    for code in sorted({document.entity for document in ledger.documents} - {""}):
        scope = Scope.objects.create(
            parent=root, kind=ScopeKind.ENTITY, code=code, name=code, path=f"/{code}/"
        )
        found[code] = Entity.objects.create(scope=scope, code=code, name=code)
    return found


def _customers(ledger: slow.SlowLedger, house: House) -> dict[str, Customer]:
    names = {debtor.collector for debtor in ledger.debtors} | {
        debtor.sales_rep for debtor in ledger.debtors
    }
    people = {
        name: Membership.objects.create(email=f"{name}@example.com", name=name.title())
        for name in sorted(names - {""})
    }
    groups = {
        code: CustomerGroup.objects.create(code=code, name=code)
        for code in sorted({debtor.group for debtor in ledger.debtors} - {""})
    }
    return {
        debtor.code: Customer.objects.create(
            code=debtor.code,
            name=f"Client {debtor.code}",
            sort_name=f"client {debtor.code.casefold()}",
            siren=debtor.siren,
            country=debtor.country,
            group=groups.get(debtor.group),
            portfolio_id=house.portfolio_id,
            collector=people.get(debtor.collector),
            sales_rep=people.get(debtor.sales_rep),
        )
        for debtor in ledger.debtors
    }


def _line(document: Document, number: int, line: slow.Line) -> DueLine:
    return DueLine(
        document=document,
        number=number + 1,
        due_date=line.due_date,
        contractual_due_date=line.due_date,
        amount=line.amount,
        open_amount=line.amount,
        is_open=bool(line.amount),
        entity=document.entity,
        customer=document.customer,
        kind=document.kind,
        issue_date=document.issue_date,
        currency=document.currency,
        perimeter=document.perimeter,
    )


def _allocate(ledger: slow.SlowLedger, lines: dict[tuple[str, int], DueLine]) -> None:
    made: list[Allocation] = []
    for allocation in ledger.allocations:
        debit, credit = lines[allocation.debit], lines[allocation.credit]
        reversed_one = next(
            (
                one
                for one in made
                if allocation.amount < 0
                and (one.debit_line, one.credit_line, one.amount)
                == (debit, credit, -allocation.amount)
                and not any(other.reverses is one for other in made)
            ),
            None,
        )
        made.append(
            Allocation(
                debit_line=debit,
                credit_line=credit,
                amount=allocation.amount,
                effective_date=allocation.effective_date,
                reverses=reversed_one,
            )
        )
    Allocation.objects.bulk_create(made)


def _contest(ledger: slow.SlowLedger, lines: dict[tuple[str, int], DueLine]) -> None:
    decided = [
        (contest, contest.closed_date, "unjustified" if contest.closed_date else "")
        for contest in ledger.contests
    ]
    # Each once more as an import that was undone leaves it: no figure may see these.
    undone = [
        (contest, contest.opened_date, DisputeOutcome.UNDONE.value) for contest in ledger.contests
    ]
    Dispute.objects.bulk_create(
        Dispute(
            number=number,
            due_line=lines[contest.line],
            customer=lines[contest.line].customer,
            amount=contest.amount,
            currency=lines[contest.line].currency,
            type="price",
            opened_date=contest.opened_date,
            closed_date=closed_date,
            outcome=outcome,
        )
        for number, (contest, closed_date, outcome) in enumerate([*decided, *undone], start=1)
    )


def random_ledger(
    seed: int, *, first: date = date(2025, 1, 10), days: int = 690, size: int = 60
) -> slow.SlowLedger:
    """A ledger with instalments, part payments, prepayments, reversals, linked and free credit notes, disputes."""
    chance = random.Random(seed)  # noqa: S311  reproducible on purpose
    ledger = slow.SlowLedger(
        debtors=[
            slow.Debtor("C1", siren="732829320", collector="anne", sales_rep="rita"),
            slow.Debtor("C2", siren="732829320", collector="anne", country="BE"),
            slow.Debtor("C3", collector="bob", sales_rep="rita", group="G"),
            slow.Debtor("C4", country="DE", group="G", siren="443121975"),
            slow.Debtor("C5", sales_rep="sam"),
        ],
        rates={
            "USD": [
                (first, Decimal("0.9134")),
                (first + timedelta(days=300), Decimal("0.87654321")),
            ]
        },
    )
    for number in range(size):
        _issue(ledger, chance, number, first + timedelta(days=chance.randrange(days)))
    return ledger


def _issue(ledger: slow.SlowLedger, chance: random.Random, number: int, day: date) -> None:
    customer, entity = chance.choice(ledger.debtors).code, chance.choice(["", "", "BEL"])
    currency = chance.choice(["EUR", "EUR", "EUR", "USD"])
    amounts = [
        Decimal(chance.randrange(100, 500_000)) / 100 for _ in range(chance.choice([1, 1, 1, 2, 3]))
    ]
    due = day + timedelta(days=chance.choice([0, 15, 30, 45, 60]))
    lines = tuple(
        slow.Line(due + timedelta(days=30 * place), amount) for place, amount in enumerate(amounts)
    )
    invoice = slow.Document(
        f"F{number}",
        "invoice",
        customer,
        entity,
        day,
        lines,
        currency,
        perimeter=chance.choice(["operational"] * 8 + ["doubtful", "accrual"]),
        is_opening=chance.random() < 0.05,
    )
    ledger.documents.append(invoice)
    for place, line in enumerate(lines):
        _settle(ledger, chance, invoice, place, line)
        if chance.random() < 0.25:
            opened = day + timedelta(days=chance.randrange(60))
            closed = (
                opened + timedelta(days=chance.randrange(80)) if chance.random() < 0.5 else None
            )
            amount = (line.amount * Decimal(chance.choice(["0.2", "1"]))).quantize(Decimal("0.01"))
            ledger.contests.append(slow.Contest((invoice.name, place), amount, opened, closed))
    if chance.random() < 0.15:
        _credit(
            ledger,
            chance,
            slow.Document(f"A{number}", "credit_note", customer, entity, day, (), currency),
            day,
        )


def _settle(
    ledger: slow.SlowLedger,
    chance: random.Random,
    invoice: slow.Document,
    place: int,
    line: slow.Line,
) -> None:
    rest = line.amount
    for turn in range(chance.choice([0, 1, 1, 1, 2])):
        share = rest if chance.random() < 0.7 else (rest / 3).quantize(Decimal("0.01"))
        kind = chance.choice(["payment", "payment", "payment", "credit_note"])
        paid_on = line.due_date + timedelta(days=chance.randrange(-70, 90))
        extra = Decimal(0) if chance.random() < 0.8 else Decimal(chance.randrange(1, 5000)) / 100
        credit = slow.Document(
            f"{kind[0]}{invoice.name}-{place}-{turn}",
            kind,
            invoice.customer,
            invoice.entity,
            paid_on,
            (slow.Line(paid_on, -share - extra),),
            invoice.currency,
            linked=invoice.name if chance.random() < 0.6 else "",
            perimeter=invoice.perimeter,
        )
        if not share:
            return
        counts_from = effective_date(invoice.issue_date, paid_on)
        debit_side, credit_side = (invoice.name, place), (credit.name, 0)
        ledger.documents.append(credit)
        ledger.allocations.append(slow.Allocation(debit_side, credit_side, share, counts_from))
        if chance.random() < 0.15:
            back = counts_from + timedelta(days=chance.randrange(50))
            ledger.allocations.append(slow.Allocation(debit_side, credit_side, -share, back))
            if chance.random() < 0.6:
                again = back + timedelta(days=chance.choice([0, 0, 20]))
                ledger.allocations.append(slow.Allocation(debit_side, credit_side, share, again))
                rest -= share
        else:
            rest -= share


def _credit(ledger: slow.SlowLedger, chance: random.Random, note: slow.Document, day: date) -> None:
    amount = -Decimal(chance.randrange(100, 90_000)) / 100
    ledger.documents.append(
        slow.Document(
            note.name,
            note.kind,
            note.customer,
            note.entity,
            day + timedelta(days=chance.randrange(20)),
            (slow.Line(day, amount),),
            note.currency,
            linked=chance.choice([f"F{note.name[1:]}", ""]),
        )
    )
