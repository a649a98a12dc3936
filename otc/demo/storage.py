"""Puts a drawn company into the tables: whole batches, a handful of statements a table."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from random import Random
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Model

from accounts.models import Scope
from kernel.identifiers import uuid7
from ledger.models import (
    Allocation,
    Contact,
    ContactRole,
    Customer,
    CustomerGroup,
    Document,
    DueLine,
    Entity,
    PaymentTerms,
    TaxShare,
)
from ledger.rules.names import sort_key
from otc.demo import names
from otc.demo.customers import Client
from otc.demo.insert import insert
from otc.demo.papers import Book, Paper
from otc.demo.people import Staff
from otc.demo.shape import Company

BATCH_ROWS = 4_000

Row = TypeVar("Row", bound=Model)

# Who is known at a customer: role, share of customers with such a contact.
_CONTACTS = (
    (ContactRole.ACCOUNTS_PAYABLE, 0.97, "compta"),
    (ContactRole.ACCOUNTS_PAYABLE_MANAGER, 0.55, "daf"),
    (ContactRole.BUYER, 0.45, "achats"),
    (ContactRole.EXECUTIVE, 0.18, "direction"),
)
_WITHOUT_ADDRESS, _UNDELIVERABLE, _OPTED_OUT = 0.03, 0.015, 0.01
_IN_A_GROUP, _VIP, _DIRECT_DEBIT = 0.09, 0.04, 0.03


def store(rows: Iterable[Row], model: type[Row]) -> list[Row]:
    """Insert rows of one table in large batches and return them."""
    return model._default_manager.bulk_create(list(rows), batch_size=BATCH_ROWS)


@dataclass(frozen=True, slots=True)
class StoredLine:
    """A due line as stored, by its ids."""

    id: UUID
    document_id: UUID
    customer_id: UUID


@dataclass(frozen=True)
class Made:
    """A company as far as it is stored."""

    company: Company
    staff: Staff
    clients: list[Client]
    customers: dict[int, Customer]
    book: Book
    lines: dict[int, list[StoredLine]]  # by the identity of the paper
    today: date

    def dice(self, subject: str) -> Random:
        """Return the dice of one subject, the same for the same seed."""
        return Random(f"{self.company.seed}/{subject}")  # noqa: S311  invented data, no secret

    def line(self, paper: Paper, instalment: int = 0) -> StoredLine:
        """Return a stored line of a paper."""
        return self.lines[id(paper)][instalment]


def store_entities(company: Company) -> dict[str, Entity]:
    """Store the scope tree and its legal entities; return these by code."""
    known = {"/": Scope.objects.get(path="/")}
    for node in company.nodes:
        above = node.path.rstrip("/").rpartition("/")[0] + "/"
        known[node.path] = Scope.objects.create(
            parent=known[above], kind=node.kind, code=node.code, name=node.name, path=node.path
        )
    return {
        firm.code: Entity.objects.create(
            scope=known[firm.path],
            code=firm.code,
            name=firm.name,
            siren=firm.siren,
            vat_number=firm.vat_number,
            country=company.country,
            currency=company.currency,
            address=firm.address,
            email=f"recouvrement@{company.domain}"
            if company.language == "fr"
            else f"credit@{company.domain}",
            phone="+33 1 99 00 00 00" if company.country == "FR" else "+44 1632 960000",
            iban=firm.iban,
            bic=firm.bic,
            account_holder=firm.name,
        )
        for firm in company.firms
    }


def store_customers(
    company: Company, clients: list[Client], terms: Mapping[str, PaymentTerms], staff: Staff
) -> dict[int, Customer]:
    """Store the customers with their groups, owners and contacts; return them by their index."""
    dice = Random(f"{company.seed}/accounts")  # noqa: S311  invented data, no secret
    scopes = {scope.path: scope for scope in Scope.objects.all()}
    groups = store(
        (
            CustomerGroup(code=f"G{n:02d}", name=name)
            for n, name in enumerate(company.groups, start=1)
        ),
        CustomerGroup,
    )
    customers = [
        Customer(
            code=client.code,
            name=client.name,
            sort_name=sort_key(client.name),
            siren=client.siren,
            vat_number=names.french_vat_number(client.siren) if client.siren else "",
            country=client.country,
            language=client.language,
            address=names.address(dice, client.country),
            group=dice.choice(groups) if dice.random() < _IN_A_GROUP else None,
            terms=terms[client.terms],
            portfolio=scopes[client.portfolio.path],
            is_vip=dice.random() < _VIP,
            is_public_buyer=client.is_public,
            pays_by_direct_debit=dice.random() < _DIRECT_DEBIT,
            **_owners(client, staff, dice),
        )
        for client in clients
    ]
    stored = {
        client.index: row for client, row in zip(clients, store(customers, Customer), strict=True)
    }
    _store_contacts(clients, stored, dice)
    return stored


def _owners(client: Client, staff: Staff, dice: Random) -> dict[str, UUID | None]:
    owners: dict[str, UUID | None] = {}
    for seat in ("sales_rep", "collector", "risk_owner"):
        held = staff.of(seat, client.portfolio.path)
        owners[f"{seat}_id"] = dice.choice(held).pk if held else None
    return owners


def _store_contacts(clients: list[Client], customers: dict[int, Customer], dice: Random) -> None:
    people = names.Names(dice)
    contacts: list[Contact] = []
    for client in clients:
        is_first = True
        for role, share, mailbox in _CONTACTS:
            if dice.random() > share:
                continue
            address = f"{mailbox}@{names.domain(client.code)}"
            contacts.append(
                Contact(
                    customer=customers[client.index],
                    name=people.person(),
                    email="" if dice.random() < _WITHOUT_ADDRESS else address,
                    phone=f"+33 1 99 00 {dice.randint(10, 99)} {dice.randint(10, 99)}",
                    role=role,
                    is_primary=is_first,
                    is_undeliverable=dice.random() < _UNDELIVERABLE,
                    is_opted_out=dice.random() < _OPTED_OUT,
                )
            )
            is_first = False
    store(contacts, Contact)


def store_book(
    book: Book, entities: Mapping[str, Entity], customers: Mapping[int, Customer]
) -> dict[int, list[StoredLine]]:
    """Store papers, their lines and taxes, and what settled what; return the lines by the identity of their paper."""
    ids = {id(paper): uuid7() for paper in book.papers}
    insert(Document, (_document(paper, ids, entities, customers) for paper in book.papers))
    lines = {id(paper): _stored(paper, ids, customers) for paper in book.papers}
    insert(
        DueLine,
        (row for paper in book.papers for row in _lines(paper, lines[id(paper)], entities)),
    )
    insert(
        TaxShare,
        (
            {
                "id": uuid7(),
                "document_id": ids[id(paper)],
                "rate": rate,
                "amount_excl_tax": base,
                "tax": tax,
            }
            for paper in book.papers
            for rate, base, tax in paper.tax
        ),
    )
    insert(
        Allocation,
        (
            {
                "id": uuid7(),
                "debit_line_id": lines[id(done.debit)][done.instalment].id,
                "credit_line_id": lines[id(done.credit)][0].id,
                "amount": done.amount,
                "effective_date": done.day,
            }
            for done in book.settled
        ),
    )
    return lines


def _document(
    paper: Paper,
    ids: Mapping[int, UUID],
    entities: Mapping[str, Entity],
    customers: Mapping[int, Customer],
) -> dict[str, Any]:
    return {
        "id": ids[id(paper)],
        "entity_id": entities[paper.firm].pk,
        "customer_id": customers[paper.client.index].pk,
        "kind": paper.kind.value,
        "number": paper.number,
        "issue_date": paper.day,
        "currency": paper.client.currency,
        "amount": paper.amount,
        "amount_excl_tax": paper.excl_tax,
        "perimeter": paper.perimeter.value,
        "linked_document_id": ids[id(paper.linked)] if paper.linked else None,
        "order_number": paper.order_number,
    }


def _stored(
    paper: Paper, ids: Mapping[int, UUID], customers: Mapping[int, Customer]
) -> list[StoredLine]:
    customer_id = customers[paper.client.index].pk
    return [StoredLine(uuid7(), ids[id(paper)], customer_id) for _ in paper.lines]


def _lines(
    paper: Paper, stored: list[StoredLine], entities: Mapping[str, Entity]
) -> Iterator[dict[str, Any]]:
    for number, (line, row) in enumerate(zip(paper.lines, stored, strict=True), start=1):
        yield {
            "id": row.id,
            "document_id": row.document_id,
            "number": number,
            "due_date": line.due,
            "contractual_due_date": line.due,
            "amount": line.amount,
            "open_amount": line.amount,  # set right by `recompute_lines` once the allocations are in
            "entity_id": entities[paper.firm].pk,
            "customer_id": row.customer_id,
            "kind": paper.kind.value,
            "issue_date": paper.day,
            "currency": paper.client.currency,
            "perimeter": paper.perimeter.value,
        }
