"""Whether a company that asks for an account is known already, in this entity or another, blocked or not."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Q
from django.db.models.functions import Now

from credit.models import CreditLimit, CreditRequest, RequestState
from credit.queries.charter_facts import is_insolvent_on
from credit.queries.holds import is_customer_held
from credit.rules.likeness import Match, bare_name, name_match
from ledger.models import Customer, Perimeter

LOOKED_AT = 200  # names with the same first word; a common word gives more, which nobody would read
SHOWN = 10
REFUSED_FOR = timedelta(days=365)
_ORDER = (Match.SIREN, Match.VAT, Match.NAME, Match.NEAR_NAME)


@dataclass(frozen=True, slots=True)
class Known:
    """A customer recognised, by what, and why credit is closed to him where it is: codes of reasons."""

    customer: Customer
    match: Match
    closed: tuple[str, ...] = ()


def known_companies(name: str, siren: str, vat_number: str, *, today: date) -> list[Known]:
    """Return the customers that may be this company, the surest match first.

    All entities of the tenant are searched, beyond what the asker sees: a company blocked elsewhere is the point.
    """
    words = bare_name(name).split()
    numbers = Q(pk__in=[])
    if siren:
        # A French VAT number ends with the SIREN.
        numbers |= Q(siren=siren) | Q(vat_number__endswith=siren, vat_number__startswith="FR")
    if vat_number:
        numbers |= Q(vat_number=vat_number)
        if vat_number.startswith("FR"):
            numbers |= Q(siren=vat_number[-9:])
    seen = Customer.objects.select_related("portfolio", "group")
    found: dict[object, tuple[Customer, Match]] = {}
    for customer in seen.filter(numbers):
        by_siren = bool(siren) and customer.siren == siren
        found[customer.pk] = (customer, Match.SIREN if by_siren else Match.VAT)
    if words:
        for customer in seen.filter(sort_name__contains=words[0])[:LOOKED_AT]:
            match = name_match(name, customer.name)
            if match is not None:
                found.setdefault(customer.pk, (customer, match))
    ordered = sorted(found.values(), key=lambda each: (_ORDER.index(each[1]), each[0].sort_name))
    return [
        Known(customer, match, closed_reasons(customer, today))
        for customer, match in ordered[:SHOWN]
    ]


def closed_reasons(customer: Customer, today: date) -> tuple[str, ...]:
    """Return why credit is closed to a customer, the gravest first.

    `insolvent`, `on_hold`, `no_limit` (set to nothing), `doubtful`, `refused` within a year.
    """
    reasons = []
    if is_insolvent_on(customer.pk, today):
        reasons.append("insolvent")
    if is_customer_held(customer.pk, today):
        reasons.append("on_hold")
    limit = CreditLimit.objects.filter(
        customer=customer, undone_at=None, valid_from__lte=Now()
    ).first()
    if limit is not None and limit.amount == 0:
        reasons.append("no_limit")
    if customer.documents.filter(perimeter=Perimeter.DOUBTFUL).exists():
        reasons.append("doubtful")
    if CreditRequest.objects.filter(
        customer=customer,
        state=RequestState.REFUSED,
        decided_at__gte=Now() - REFUSED_FOR,
    ).exists():
        reasons.append("refused")
    return tuple(reasons)
