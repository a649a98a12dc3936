"""Who the lines are about: customers, contacts, colleagues and entities, found or made.

A file with a million lines speaks of a few thousand customers, so these are compared in memory and
only what differs is written.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from accounts.models import Membership, MembershipState, Tenant
from kernel.tenancy import current_tenant_id
from ledger.imports.rows import Party
from ledger.models import Contact, Customer, Entity
from ledger.rules.names import sort_key

AT_ONCE: Final = 2_000
# What a file may change of a customer it names; where the file says nothing, nothing changes.
CUSTOMER_FIELDS: Final = ("name", "siren", "vat_number", "country", "language")


@dataclass(slots=True)
class Tally:
    """How many objects of one name were created, updated and left alone."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0


@dataclass(slots=True)
class Resolved:
    """Parties as the work tables want them, those whose entity nobody knows, and what was written."""

    parties: list[dict[str, Any]] = field(default_factory=list)
    unknown_entities: dict[int, str] = field(default_factory=dict)
    customers: Tally = field(default_factory=Tally)
    contacts: Tally = field(default_factory=Tally)
    colleagues: Tally = field(default_factory=Tally)


def resolve(parties: Sequence[Party], *, entity: Entity | None) -> Resolved:
    """Return the customer and entity of each party, made or brought up to date in the ledger.

    `entity` stands where a party names none. A party whose entity is not known is left out.
    """
    resolved = Resolved()
    entities = _entities()
    placed: list[tuple[Party, Entity]] = []
    for party in parties:
        found = entity if party.entity is None else entities.get(party.entity.casefold())
        if found is None:
            resolved.unknown_entities[party.number] = party.entity or ""
        else:
            placed.append((party, found))
    colleagues = _colleagues((party for party, _entity in placed), resolved.colleagues)
    customers = _customers(placed, colleagues, resolved.customers)
    _contacts((party for party, _entity in placed), customers, resolved.contacts)
    for party, found in placed:
        customer = customers[party.customer_code]
        resolved.parties.append(
            {
                "party": party.number,
                "entity_id": found.pk,
                "customer_id": customer.pk,
                "terms_id": customer.terms_id,
                "currency": found.currency,
            }
        )
    return resolved


def _entities() -> dict[str, Entity]:
    """Return the tenant's entities by code, name, SIREN and VAT number."""
    known: dict[str, Entity] = {}
    for entity in Entity.objects.select_related("scope"):
        for name in (entity.vat_number, entity.siren, entity.name, entity.code):
            if name:
                known[name.casefold()] = entity
    return known


def _colleagues(parties: Iterable[Party], tally: Tally) -> dict[str, Membership]:
    """Return the colleagues that the file names, by what it calls them; new ones have no access."""
    wanted = {name for party in parties for name in (party.sales_rep, party.collector) if name}
    if not wanted:
        return {}
    known: dict[str, Membership] = {}
    for membership in Membership.objects.exclude(state=MembershipState.LEFT):
        known[membership.name.casefold()] = membership
        if membership.email:
            known[membership.email.casefold()] = membership
    made = []
    for name in sorted(wanted):
        if name.casefold() not in known:
            is_address = "@" in name
            membership = Membership(name=name[:150], email=name.lower() if is_address else "")
            known[name.casefold()] = membership
            made.append(membership)
    Membership.objects.bulk_create(made)
    tally.created += len(made)
    return {name: known[name.casefold()] for name in wanted}


def _customers(
    placed: Sequence[tuple[Party, Entity]], colleagues: Mapping[str, Membership], tally: Tally
) -> dict[str, Customer]:
    tenant = Tenant.objects.get(pk=current_tenant_id())
    codes = list({party.customer_code for party, _entity in placed})
    known: dict[str, Customer] = {}
    for start in range(0, len(codes), AT_ONCE):
        found = Customer.objects.filter(code__in=codes[start : start + AT_ONCE])
        known |= {customer.code: customer for customer in found}
    existing = set(known)
    before = {code: _state(customer) for code, customer in known.items()}
    for party, entity in placed:
        customer = known.get(party.customer_code)
        if customer is None:
            customer = known[party.customer_code] = Customer(
                code=party.customer_code,
                name=party.customer_name or party.customer_code,
                country=entity.country,
                language=tenant.language,
                portfolio=entity.scope,
            )
        _bring_up_to_date(customer, party, colleagues)
    made = [customer for code, customer in known.items() if code not in existing]
    changed = [known[code] for code, state in before.items() if _state(known[code]) != state]
    Customer.objects.bulk_create(made, batch_size=AT_ONCE)
    columns = [*CUSTOMER_FIELDS, "sort_name", "sales_rep", "collector"]
    Customer.objects.bulk_update(changed, columns, batch_size=500)
    tally.created, tally.updated = len(made), len(changed)
    tally.unchanged = len(existing) - len(changed)
    return known


def _state(customer: Customer) -> tuple[object, ...]:
    values = [getattr(customer, name) for name in CUSTOMER_FIELDS]
    return (*values, customer.sales_rep_id, customer.collector_id)


def _bring_up_to_date(
    customer: Customer, party: Party, colleagues: Mapping[str, Membership]
) -> None:
    values = {"name": party.customer_name, "siren": party.siren, "vat_number": party.vat_number}
    values |= {"country": party.country, "language": party.language}
    for name, value in values.items():
        if value:
            setattr(customer, name, value)
    customer.sort_name = sort_key(customer.name)
    if party.sales_rep:
        customer.sales_rep = colleagues[party.sales_rep]
    if party.collector:
        customer.collector = colleagues[party.collector]


def _contacts(parties: Iterable[Party], customers: Mapping[str, Customer], tally: Tally) -> None:
    """Add or complete the contacts that the file names; the first of a customer is the main one."""
    named = [party for party in parties if party.email or party.contact_name or party.phone]
    if not named:
        return
    known, has_primary = _known_contacts({customers[party.customer_code].pk for party in named})
    made: dict[UUID, Contact] = {}
    changed: dict[UUID, Contact] = {}
    for party in named:
        customer = customers[party.customer_code]
        keys = [
            (customer.pk, key.casefold()) for key in (party.email, party.contact_name, "") if key
        ] or [(customer.pk, "")]
        contact = next((known[key] for key in keys if key in known), None)
        if contact is None:
            contact = Contact(customer=customer, is_primary=customer.pk not in has_primary)
            has_primary.add(customer.pk)
            made[contact.pk] = contact
        if _complete(contact, party) and contact.pk not in made:
            changed[contact.pk] = contact
        known |= dict.fromkeys(keys, contact)
    Contact.objects.bulk_create(made.values(), batch_size=AT_ONCE)
    Contact.objects.bulk_update(changed.values(), ["name", "email", "phone"], batch_size=500)
    tally.created, tally.updated = len(made), len(changed)
    tally.unchanged = len({contact.pk for contact in known.values()}) - len(made) - len(changed)


def _known_contacts(
    customer_ids: set[UUID],
) -> tuple[dict[tuple[UUID, str], Contact], set[UUID]]:
    known: dict[tuple[UUID, str], Contact] = {}
    has_primary: set[UUID] = set()
    ids = list(customer_ids)
    for start in range(0, len(ids), AT_ONCE):
        for contact in Contact.objects.filter(customer__in=ids[start : start + AT_ONCE]):
            for key in (contact.email, contact.name):
                if key:
                    known[contact.customer_id, key.casefold()] = contact
            if contact.is_primary:
                has_primary.add(contact.customer_id)
    return known, has_primary


def _complete(contact: Contact, party: Party) -> bool:
    """Put what the file says on a contact; return whether anything differed."""
    differs = False
    for name, value in (
        ("email", party.email),
        ("name", party.contact_name),
        ("phone", party.phone),
    ):
        if value and getattr(contact, name) != value:
            setattr(contact, name, value)
            differs = True
    return differs
