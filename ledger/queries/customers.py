"""The list of customers without figures: who they are, where they belong, who looks after them."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q, QuerySet

from kernel.permissions import Actor
from ledger.models import Customer, within
from ledger.queries.items import NOBODY
from ledger.queries.paging import Page, bounds
from ledger.rules.names import sort_key


@dataclass(frozen=True, slots=True)
class CustomerFilter:
    """What the list is narrowed to; `words` begin a name, a code or a SIREN.

    Owners are e-mail addresses, or names where there is none.
    """

    words: str = ""
    scope_path: str = "/"
    group_code: str = ""
    country: str = ""
    collector: str = ""
    sales_rep: str = ""
    risk_owner: str = ""
    has_illegal_terms: bool | None = None


@dataclass(frozen=True, slots=True)
class CustomerRow:
    """A customer as a list shows him; owners are names, empty where a seat is empty."""

    id: UUID
    code: str
    name: str
    siren: str
    country: str
    language: str
    group: str
    portfolio_path: str
    portfolio: str
    terms: str
    has_illegal_terms: bool
    sales_rep: str
    collector: str
    risk_owner: str
    is_vip: bool


SORTS: dict[str, tuple[str, ...]] = {
    "name": ("sort_name",),
    "code": ("code",),
    "country": ("country", "sort_name"),
    "portfolio": ("portfolio__path", "sort_name"),
    "collector": ("collector__name", "sort_name"),
}


def filtered_customers(asked: CustomerFilter, *, actor: Actor) -> "QuerySet[Customer]":
    """Return the customers of the filter that `actor` may see."""
    customers = Customer.objects.visible_to(actor)
    condition = within(asked.scope_path)
    if asked.words.strip():
        words = asked.words.strip()
        condition &= (
            Q(sort_name__startswith=sort_key(words))
            | Q(code__istartswith=words)
            | Q(siren__startswith=words.replace(" ", ""))
        )
    if asked.group_code:
        condition &= Q(group__code=asked.group_code)
    if asked.country:
        condition &= Q(country=asked.country)
    if asked.has_illegal_terms is not None:
        condition &= Q(terms__is_illegal=asked.has_illegal_terms)
    for seat in ("collector", "sales_rep", "risk_owner"):
        email = getattr(asked, seat)
        if email == NOBODY:
            condition &= Q(**{f"{seat}__isnull": True})
        elif email:
            condition &= Q(**{f"{seat}__email": email}) | Q(
                **{f"{seat}__email": "", f"{seat}__name": email}
            )
    return customers.filter(condition)


def customer_list(
    asked: CustomerFilter,
    *,
    actor: Actor,
    sort: str = "name",
    page: int = 1,
    page_size: int = 50,
) -> Page[CustomerRow]:
    """Return a page of the customers `actor` may see; two queries whatever the number of rows."""
    customers = filtered_customers(asked, actor=actor)
    count = customers.count()
    number, rows = bounds(page, page_size, count)
    sign = "-" if sort.startswith("-") else ""
    fields = SORTS.get(sort.removeprefix("-"), SORTS["name"])
    found = customers.select_related(
        "group", "portfolio", "terms", "sales_rep", "collector", "risk_owner"
    ).order_by(*(f"{sign}{name}" for name in fields), "pk")[rows]
    return Page([_row(customer) for customer in found], number, page_size, count)


def _row(customer: Customer) -> CustomerRow:
    return CustomerRow(
        id=customer.pk,
        code=customer.code,
        name=customer.name,
        siren=customer.siren,
        country=customer.country,
        language=customer.language,
        group=customer.group.name if customer.group else "",
        portfolio_path=customer.portfolio.path,
        portfolio=customer.portfolio.name,
        terms=customer.terms.label if customer.terms else "",
        has_illegal_terms=bool(customer.terms and customer.terms.is_illegal),
        sales_rep=customer.sales_rep.name if customer.sales_rep else "",
        collector=customer.collector.name if customer.collector else "",
        risk_owner=customer.risk_owner.name if customer.risk_owner else "",
        is_vip=customer.is_vip,
    )
