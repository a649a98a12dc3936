"""Insurance of any day: policies in force, what each customer is covered for, and whose cover has stopped.

The insurer's last word about a customer counts, for as long as it says; without one the policy's blind cover; without
either what people wrote beside the limit. A requested, refused or unknown cover is worth nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from django.db.models import Q, QuerySet, Sum

from credit.models.insurance import Cover, DeclarationKind, DeclaredInvoice, InsurerPolicy
from credit.rules.covers import COUNTING
from credit.rules.insurance import Clock, Split, clock, split, stops_on
from kernel.money import Money
from ledger.models import DocumentKind, DueLine
from ledger.queries import home_and_rates

ZERO = Decimal(0)
NAMED = 2_000  # beyond so many customers, reading every cover is cheaper than naming them


@dataclass(frozen=True, slots=True)
class Insured:
    """What stands behind a customer on a day: the policy, the insurer's last word (None: blind cover), the amount."""

    policy: InsurerPolicy
    cover: Cover | None
    amount: Money

    @property
    def is_blind(self) -> bool:
        """Return whether the insurer was never asked about the customer."""
        return self.cover is None


@dataclass(frozen=True, slots=True)
class Stop:
    """The invoice that stopped the cover of later deliveries, and the first day without."""

    policy: InsurerPolicy
    number: str
    document_id: UUID
    invoice_date: date
    since: date
    times: Clock

    @property
    def last_date(self) -> date:
        """Return the last day on which deliveries were covered."""
        return self.since - timedelta(days=1)


def confirmed() -> QuerySet[InsurerPolicy]:
    """Return the policies that two people stand behind."""
    return InsurerPolicy.objects.filter(confirmed_by__isnull=False)


def policies_on(day: date) -> list[InsurerPolicy]:
    """Return the policies in force on a day, the newest of each number; the first is the one for whom none is named."""
    found: dict[str, InsurerPolicy] = {}
    for row in confirmed().filter(
        Q(valid_until=None) | Q(valid_until__gte=day), valid_from__lte=day
    ):
        found.setdefault(row.number, row)
    return list(found.values())


def last_words(customer_ids: Iterable[UUID], day: date) -> dict[UUID, list[Cover]]:
    """Return the newest cover that each insurer gave each customer up to `day`, whatever it says."""
    idents = set(customer_ids)
    said = Cover.objects.filter(valid_from__lte=day, undone_at=None)
    if len(idents) <= NAMED:
        said = said.filter(customer__in=idents)
    rows = said.order_by("customer_id", "policy_number", "-valid_from", "-recorded_at").distinct(
        "customer_id", "policy_number"
    )
    found: dict[UUID, list[Cover]] = {}
    for row in rows:
        if row.customer_id in idents:
            found.setdefault(row.customer_id, []).append(row)
    return found


def worth(cover: Cover, day: date) -> Decimal:
    """Return what a cover is worth on a day, in its own currency."""
    is_over = cover.valid_until is not None and cover.valid_until < day
    return ZERO if is_over or cover.state not in COUNTING else cover.amount


def insured_on(
    customer_ids: Iterable[UUID], day: date, policies: list[InsurerPolicy] | None = None
) -> dict[UUID, Insured]:
    """Return what stands behind each customer about whom an insurer said something, or who is covered blindly.

    Of two policies the larger cover counts, at the rates of the day: covers are never added up. Absent: nothing is
    known. Two statements, one without a policy.
    """
    idents = list(customer_ids)
    in_force = policies_on(day) if policies is None else policies
    if not in_force:
        return {}
    words = last_words(idents, day)
    by_number = {policy.number: policy for policy in in_force}
    found: dict[UUID, Insured] = {}
    rates: dict[str, Decimal] | None = None
    for ident in idents:
        known = {
            one.policy_number: one for one in words.get(ident, []) if one.policy_number in by_number
        }
        said = [_insured(by_number[number], cover, day) for number, cover in known.items()]
        blind = [
            Insured(policy, None, Money(policy.blind_limit, policy.currency))
            for policy in in_force
            if policy.number not in known and policy.blind_limit
        ]
        choice = [*said, *blind]
        if len(choice) > 1 and rates is None:
            rates = home_and_rates(day)[1]
        if choice:
            found[ident] = max(choice, key=lambda one: _value(one.amount, rates or {}))
    return found


def _insured(policy: InsurerPolicy, cover: Cover, day: date) -> Insured:
    return Insured(policy, cover, Money(worth(cover, day), cover.currency))


def _value(money: Money, rates: Mapping[str, Decimal]) -> Decimal:
    return money.amount * rates.get(money.currency, Decimal(1))


def in_other(money: Money, currency: str, rates: Mapping[str, Decimal]) -> Money | None:
    """Return an amount in another currency, to the cent; None without a rate."""
    if money.currency == currency:
        return money
    if money.currency not in rates or currency not in rates:
        return None
    return Money(money.amount * rates[money.currency] / rates[currency], currency).rounded()


def stops(
    insured: Mapping[UUID, Insured], day: date, *, documents: Iterable[UUID] | None = None
) -> dict[UUID, Stop]:
    """Return the customers whose cover of later deliveries has stopped by `day`, with the invoice that did it first.

    Whoever is covered for nothing has nothing to stop. Two statements for all of them.
    """
    live = {ident: one for ident, one in insured.items() if one.amount.amount > 0}
    if not live:
        return {}
    shortest = min(min(one.policy.domestic_days, one.policy.export_days) for one in live.values())
    lines = DueLine.objects.filter(
        customer__in=list(live),
        kind=DocumentKind.INVOICE,
        is_open=True,
        issue_date__lt=day - timedelta(days=shortest),
    )
    if documents is not None:
        lines = lines.filter(document__in=list(documents))
    rows = list(
        lines.order_by("issue_date", "document_id")
        .values_list(
            "customer_id", "document_id", "document__number", "document__amount", "issue_date",
            "customer__country", "entity__country",
        )
        .distinct()
    )  # fmt: skip
    told = told_about(row[1] for row in rows)
    found: dict[UUID, Stop] = {}
    for customer_id, document_id, number, amount, issued, land, home in rows:
        policy = live[customer_id].policy
        if amount < policy.threshold:
            continue
        times = times_of(
            issued, policy, is_export=land != home, told=told.get(document_id, frozenset())
        )
        is_declared = DeclarationKind.OVERDUE in told.get(document_id, frozenset())
        since = stops_on(times, policy.clauses.stop_rule, is_declared=is_declared)
        known = found.get(customer_id)
        if since is not None and since <= day and (known is None or since < known.since):
            found[customer_id] = Stop(policy, number, document_id, issued, since, times)
    return found


def told_about(documents: Iterable[UUID]) -> dict[UUID, frozenset[str]]:
    """Return what insurers were told about each document: kinds of declarations."""
    found: dict[UUID, set[str]] = {}
    rows = DeclaredInvoice.objects.filter(document__in=list(documents))
    for document_id, kind in rows.values_list("document_id", "kind"):
        found.setdefault(document_id, set()).add(kind)
    return {ident: frozenset(kinds) for ident, kinds in found.items()}


def times_of(
    issued: date, policy: InsurerPolicy, *, is_export: bool, told: frozenset[str]
) -> Clock:
    """Return the clock of an invoice under a policy; an extension asked for counts in full."""
    extended = policy.extension_days if DeclarationKind.EXTENSION in told else 0
    return clock(issued, policy.clauses, is_export=is_export, extended_days=extended)


def splits(
    exposures: Mapping[UUID, Money], day: date, insured: Mapping[UUID, Insured] | None = None
) -> dict[UUID, Split]:
    """Return the insured and uninsured part of exposures, each in its own currency; who is not insured is absent.

    After a stop only what was invoiced before it stays covered. A cover in a currency without a rate counts nothing.
    """
    known = insured_on(exposures, day) if insured is None else insured
    stopped = stops(known, day)
    before = _open_before({ident: stop.since for ident, stop in stopped.items()})
    rates: Mapping[str, Decimal] = {}
    if any(
        one.amount.currency != exposures[ident].currency
        for ident, one in known.items()
        if ident in exposures
    ):
        rates = home_and_rates(day)[1]
    found = {}
    for ident, exposure in exposures.items():
        one = known.get(ident)
        if one is None:
            continue
        cover = in_other(one.amount, exposure.currency, rates) or Money.zero(exposure.currency)
        borne = in_other(
            Money(one.policy.deductible, one.policy.currency), exposure.currency, rates
        )
        coverable = exposure
        if ident in stopped:
            coverable = Money(before.get((ident, exposure.currency), ZERO), exposure.currency)
        found[ident] = split(
            exposure,
            cover,
            one.policy.insured_share,
            deductible=borne.amount if borne else ZERO,
            coverable=coverable,
        )
    return found


def _open_before(since: Mapping[UUID, date]) -> dict[tuple[UUID, str], Decimal]:
    """Return what is still owed of what was invoiced before each customer's stop, per currency."""
    if not since:
        return {}
    each = Q(pk__in=[])
    for ident, day in since.items():
        each |= Q(customer=ident, issue_date__lt=day)
    rows = (
        DueLine.objects.filter(each, is_open=True)
        .values("customer_id", "currency")
        .annotate(owed=Sum("open_amount"))
    )
    return {(row["customer_id"], row["currency"]): row["owed"] for row in rows}


def insured_customers(day: date) -> set[UUID]:
    """Return every customer whom an insurer's word covers on a day; blind cover aside."""
    numbers = {policy.number for policy in policies_on(day)}
    rows = (
        Cover.objects.filter(policy_number__in=numbers, valid_from__lte=day, undone_at=None)
        .order_by("customer_id", "policy_number", "-valid_from", "-recorded_at")
        .distinct("customer_id", "policy_number")
    )
    return {row.customer_id for row in rows if worth(row, day) > 0}
