"""What a person types into the palette: a name, a code, a SIREN, a document number or an amount."""

import re
from decimal import Decimal, InvalidOperation
from typing import TypedDict

from django.db.models import Q

from kernel.permissions import Actor
from ledger.models import Customer, DocumentKind
from ledger.queries.visible import lines_visible_to
from ledger.rules.names import sort_key


class Found(TypedDict):
    """A place the palette can go to."""

    label: str
    url: str
    meta: str
    icon: str


def found_customers(words: str, actor: Actor, *, limit: int) -> list[Found]:
    """Return customers the actor may see whose name, code or SIREN begins with `words`.

    Prefixes only: behind the wall a substring search cannot use an index (PERFORMANCE).
    """
    digits = re.sub(r"\D", "", words)
    condition = Q(sort_name__startswith=sort_key(words)) | Q(code__istartswith=words)
    if len(digits) >= 3:  # noqa: PLR2004  fewer digits match half the register
        condition |= Q(siren__startswith=digits)
    customers = Customer.objects.visible_to(actor).filter(condition).order_by("sort_name")[:limit]
    return [
        Found(
            label=customer.name, url=f"/customers/{customer.code}", meta=customer.code, icon="users"
        )
        for customer in customers
    ]


def found_documents(words: str, actor: Actor, *, limit: int) -> list[Found]:
    """Return documents of visible customers whose number begins with `words`, or open lines of that very amount."""
    condition = Q(document__number__startswith=words)
    amount = typed_amount(words)
    if amount is not None:
        condition |= Q(is_open=True, open_amount=amount) | Q(amount=amount)
    lines = (
        lines_visible_to(actor)
        .filter(condition, number=1)
        .select_related("document", "customer")
        .order_by("-issue_date")[:limit]
    )
    return [
        Found(
            label=line.document.number,
            url=f"/items/{line.document_id}",
            meta=f"{line.customer.name} · {DocumentKind(line.kind).label}",
            icon="doc",
        )
        for line in lines
    ]


def typed_amount(words: str) -> Decimal | None:
    """Return the amount a person typed, `1 234,50` as well as `1234.50`; None when it is none."""
    plain = re.sub(r"[\s\u00a0\u202f€]", "", words).replace(",", ".")
    try:
        amount = Decimal(plain)
    except InvalidOperation:
        return None
    return amount if amount.is_finite() else None
