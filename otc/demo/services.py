"""Make the demo tenants, once; a second call keeps them as they are."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from accounts import look_ups
from accounts.models import Membership, Tenant
from accounts.queries.tenants import actor_with_address
from accounts.services import audit
from accounts.services.tenants import NewTenant, open_tenant
from dunning.services.plan import plan_reminders
from kernel.permissions import Actor, system_actor
from kernel.tenancy import tenant_scope
from ledger.models import Customer, Document, PaymentTerms
from ledger.services import define_terms, recompute_lines, terms_as_rule
from otc.demo import customers, opinions, storage
from otc.demo.charter import adopt_charter
from otc.demo.committee import call_committee, hold_committee
from otc.demo.copies import add_copies
from otc.demo.history import history
from otc.demo.housekeeping import keep_house
from otc.demo.imports import import_freshest
from otc.demo.insurance import insure
from otc.demo.letters import prepare_letters, write_letter_step
from otc.demo.orders import take_orders
from otc.demo.orvanne import ORVANNE
from otc.demo.people import hire
from otc.demo.relations import relate
from otc.demo.requests import ask_for_credit
from otc.demo.sales import let_sales_speak
from otc.demo.scores import score_customers
from otc.demo.shape import Company
from otc.demo.teller import Teller
from otc.demo.wexcombe import WEXCOMBE
from otc.demo.words import tell_words

COMPANIES = (ORVANNE, WEXCOMBE)


@dataclass(frozen=True, slots=True)
class MadeTenant:
    """A demo tenant and what is in it; `is_new` says whether it was made by this call."""

    slug: str
    name: str
    tenant_id: UUID
    is_new: bool
    customers: int
    documents: int


def create_demo(*, now: datetime) -> Iterator[MadeTenant]:
    """Make each demo tenant that is not there yet, in a transaction of its own, and tell about it.

    Opens its own tenant scopes. The history ends on the tenant's own day at `now`.
    """
    for company in COMPANIES:
        yield make_tenant(company, now=now)


def make_tenant(company: Company, *, now: datetime) -> MadeTenant:
    """Make one demo tenant, or keep it when it has customers already."""
    tenant_id = look_ups.tenant_of_slug(company.slug) or _open(company, now)
    today = now.astimezone(ZoneInfo(company.time_zone)).date()
    with tenant_scope(tenant_id):
        is_new = not Customer.objects.exists()
        if is_new:
            Tenant.objects.filter(pk=tenant_id).update(time_zone=company.time_zone)
            fill(company, actor=system_actor(tenant_id), now=now, today=today)
        made = MadeTenant(
            slug=company.slug,
            name=company.name,
            tenant_id=tenant_id,
            is_new=is_new,
            customers=Customer.objects.count(),
            documents=Document.objects.count(),
        )
    if is_new:
        import_freshest(tenant_id, language=company.language, now=now, today=today)
        tell_words(tenant_id, company, now=now, today=today)
        with tenant_scope(tenant_id):
            write_letter_step()
            add_copies(language=company.language, actor=system_actor(tenant_id), now=now)
            plan_reminders(today=today, now=now, actor=system_actor(tenant_id))
            manager = next(each for each in company.people if each.role == "credit_manager")
            keep_house(
                language=company.language, actor=actor_with_address(manager.email), today=today
            )
            prepare_letters(actor=actor_with_address(manager.email), today=today, now=now)
        let_sales_speak(tenant_id, company, now=now, today=today)
    return made


def _open(company: Company, now: datetime) -> UUID:
    admin = next(person for person in company.people if person.role == "tenant_admin")
    opened = open_tenant(
        NewTenant(
            slug=company.slug,
            name=company.name,
            country=company.country,
            currency=company.currency,
            language=company.language,
            is_demo=True,
        ),
        admin_email=admin.email,
        admin_name=admin.name,
        now=now,
    )
    return opened.tenant_id


def load_sample(tenant_id: UUID, now: datetime) -> None:
    """Fill somebody's new, empty tenant with a small sample; fills the port `settings.OTC_SAMPLE_DATA`.

    Its people are names on accounts: nobody but the tenant's own first person may sign in.
    """
    zone = ZoneInfo(SAMPLE.time_zone)
    today = now.astimezone(zone).date()
    with tenant_scope(tenant_id):
        fill(SAMPLE, actor=system_actor(tenant_id), now=now, today=today, has_sign_ins=False)


def _sample_of(company: Company) -> Company:
    """Return the same kind of company with an eighth of the customers and half the history."""
    small = tuple(
        replace(portfolio, customers=max(4, portfolio.customers // 8))
        for portfolio in company.portfolios
    )
    return replace(company, portfolios=small, months=company.months // 2)


SAMPLE = _sample_of(ORVANNE)


def fill(
    company: Company, *, actor: Actor, now: datetime, today: date, has_sign_ins: bool = True
) -> None:
    """Store people, customers and history of `company` in the open, still empty tenant scope."""
    admin = Membership.objects.filter(grants__role="tenant_admin").earliest("joined_at")
    entities = storage.store_entities(company)
    staff = hire(company, admin=admin, now=now, has_sign_ins=has_sign_ins)
    terms = _terms(company, actor, today)
    clients = customers.draw(company)
    stored = storage.store_customers(company, clients, terms, staff)
    rules = {code: terms_as_rule(row) for code, row in terms.items()}
    book = history(company, clients, rules, today)
    lines = storage.store_book(book, entities, stored)
    recompute_lines()
    opinions.store_rates(company, today)
    made = storage.Made(company, staff, clients, stored, book, lines, today)
    disputes = opinions.store_disputes(made)
    opinions.store_limits(made)
    opinions.entrust(made, disputes)
    if has_sign_ins:
        adopt_charter(made)
        hold_committee(made)
        ask_for_credit(made)
        call_committee(made)
        take_orders(made)
        relate(made)
        insure(made)
        score_customers(made)
    Teller(made).tell(disputes)
    audit.record(
        actor=actor, action="otc.create_demo", customers=len(stored), documents=len(book.papers)
    )


def _terms(company: Company, actor: Actor, today: date) -> dict[str, PaymentTerms]:
    return {
        term.code: define_terms(
            code=term.code,
            label=term.label,
            method=term.method,
            days=term.days,
            country=company.country,
            actor=actor,
            today=today,
        )
        for term in company.terms
    }
