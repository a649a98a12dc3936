"""What the pages of insurance show: the covers of a person's customers, the last sync, the card of one customer."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Q, QuerySet

from credit.models import Cover, CoverImport, CoverOrigin, ImportState, InsurerPolicy
from credit.permissions import SEE_OPINIONS
from credit.queries.declarations import Ticking, ticking
from credit.queries.exposure import exposure_parts
from credit.queries.insurance import Insured, Stop, insured_on, policies_on, splits, stops, worth
from credit.rules.exposure import Parts, in_currency
from credit.rules.insurance import Split
from kernel.money import Money
from kernel.permissions import Actor
from ledger.models import Customer
from ledger.queries import home_and_rates
from ledger.queries.paging import Page, bounds

PAGE = 50


@dataclass(frozen=True, slots=True)
class CoverRow:
    """A customer's cover of today with what stands against it."""

    cover: Cover
    amount: Money
    exposure: Money | None
    split: Split | None
    stop: Stop | None
    is_over: bool


@dataclass(frozen=True, slots=True)
class SyncCard:
    """The last word of each insurer: how many covers count, when they came, how many were lowered, or what failed."""

    policy: InsurerPolicy
    covers: int
    last: CoverImport | None
    lowered: int
    failed: CoverImport | None

    @property
    def at(self) -> datetime | None:
        """Return when covers last came in."""
        return self.last.applied_at if self.last else None


@dataclass(frozen=True, slots=True)
class InsuranceCard:
    """A customer's insurance: cover, the parts of his exposure, the stop, the clocks, and what came before."""

    insured: Insured | None
    exposure: Money | None
    split: Split | None
    stop: Stop | None
    history: list[tuple[Cover, Money]]
    clocks: list[Ticking]


def covers_seen(actor: Actor, day: date) -> QuerySet[Cover]:
    """Return the newest word of each insurer in force about each customer whose credit the actor sees."""
    numbers = [one.number for one in policies_on(day)]
    newest = (
        Cover.objects.filter(policy_number__in=numbers, valid_from__lte=day, undone_at=None)
        .order_by("customer_id", "policy_number", "-valid_from", "-recorded_at")
        .distinct("customer_id", "policy_number")
    )
    return Cover.objects.filter(
        pk__in=newest.values("pk"), customer__in=Customer.objects.visible_to(actor, SEE_OPINIONS)
    )


def cover_list(
    actor: Actor, day: date, *, state: str = "", words: str = "", page: int = 1
) -> Page[CoverRow]:
    """Return a page of covers by name, each with the exposure and its insured part; a fixed number of statements."""
    found = covers_seen(actor, day)
    if state == "ended":
        found = found.filter(valid_until__lt=day)
    elif state:
        found = found.filter(state=state)
    if words := words.strip()[:100]:
        found = found.filter(
            Q(customer__sort_name__icontains=words)
            | Q(customer__code__iexact=words)
            | Q(reference__iexact=words)
        )
    count = found.count()
    number, window = bounds(page, PAGE, count)
    rows = list(found.select_related("customer").order_by("customer__sort_name", "pk")[window])
    return Page(_with_exposure(rows, day), number, PAGE, count)


def _with_exposure(rows: list[Cover], day: date) -> list[CoverRow]:
    idents = [row.customer_id for row in rows]
    owed = exposure_parts(idents, day)
    _home, rates = home_and_rates(day)
    exposures = {}
    for row in rows:
        told = in_currency(owed.get(row.customer_id, {}), row.currency, rates)
        if isinstance(told, Parts):
            exposures[row.customer_id] = Money(told.total, row.currency)
    insured = insured_on(idents, day)
    parts = splits(exposures, day, insured)
    stopped = stops(insured, day)
    return [
        CoverRow(
            row,
            amount := Money(worth(row, day), row.currency),
            exposures.get(row.customer_id),
            parts.get(row.customer_id),
            stopped.get(row.customer_id),
            row.customer_id in exposures and exposures[row.customer_id].amount > amount.amount,
        )
        for row in rows
    ]


def sync_cards(actor: Actor, day: date) -> list[SyncCard]:
    """Return the card of each policy in force."""
    seen = covers_seen(actor, day)
    cards = []
    for policy in policies_on(day):
        imports = CoverImport.objects.filter(policy_number=policy.number)
        last = imports.filter(state=ImportState.APPLIED).order_by("-applied_at", "-pk").first()
        newest_sync = imports.filter(origin=CoverOrigin.SYNC).first()
        failed = newest_sync if newest_sync and newest_sync.state == ImportState.FAILED else None
        counts: dict[str, Any] = last.counts if last else {}
        cards.append(
            SyncCard(
                policy,
                seen.filter(policy_number=policy.number, amount__gt=Decimal(0)).count(),
                last,
                int(counts.get("losses", 0)),
                failed,
            )
        )
    return cards


def insurance_card(customer: Customer, day: date) -> InsuranceCard | None:
    """Return a customer's insurance on a day; None where no policy is in force and no insurer ever said anything."""
    history = list(Cover.objects.filter(customer=customer, undone_at=None)[:20])
    if not policies_on(day) and not history:
        return None
    insured = insured_on([customer.pk], day).get(customer.pk)
    known = {} if insured is None else {customer.pk: insured}
    home, rates = home_and_rates(day)
    currency = insured.amount.currency if insured else home
    told = in_currency(exposure_parts([customer.pk], day).get(customer.pk, {}), currency, rates)
    exposure = Money(told.total, currency) if isinstance(told, Parts) else None
    part = splits({customer.pk: exposure}, day, known).get(customer.pk) if exposure else None
    return InsuranceCard(
        insured,
        exposure,
        part,
        stops(known, day).get(customer.pk),
        [(one, Money(one.amount, one.currency)) for one in history],
        [
            one
            for one in ticking(today=day, documents=_late(customer, day))
            if one.customer.pk == customer.pk
        ],
    )


def _late(customer: Customer, day: date) -> list[Any]:
    return list(
        customer.due_lines.filter(is_open=True, due_date__lt=day).values_list(
            "document_id", flat=True
        )[:200]
    )
