"""What is known about companies, what it cost, and how each source does."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.db.models import Count, Q, Sum
from django.utils import timezone

from credit.models import InformationSource, LegalEvent, LookUp, LookUpState, Source
from credit.ports import information_from
from credit.rules.company_facts import Company, company_of, merged
from credit.rules.look_ups import Spending
from kernel.money import Money
from ledger.models import Customer

ASKABLE = (Source.REGISTER, Source.COMMERCIAL)
USABLE = (LookUpState.FOUND, LookUpState.DEGRADED, LookUpState.NOT_FOUND)
UNDER_WAY = (LookUpState.ASKED, LookUpState.RUNNING)


@dataclass(frozen=True, slots=True)
class SourceView:
    """A source with its state, its last errors and its money of the month."""

    row: InformationSource
    is_reachable: bool  # the settings name an address
    spending: Spending
    calls: int
    failures: int
    by_person: list[tuple[str, int, Money]]

    @property
    def budget(self) -> Money:
        """Return what may be spent a month."""
        return Money(self.row.monthly_budget, self.row.currency)

    @property
    def spent(self) -> Money:
        """Return what this month cost."""
        return Money(self.spending.spent, self.row.currency)

    @property
    def price(self) -> Money:
        """Return what one call costs."""
        return Money(self.row.price, self.row.currency)


def source_row(source: str) -> InformationSource:
    """Return how the tenant uses a source; an unsaved row, switched off, where nobody said."""
    found = InformationSource.objects.filter(source=source).first()
    return found or InformationSource(source=source)


def spending(row: InformationSource, today: date) -> Spending:
    """Return the money of the month of `today`; calls under way count, failed ones cost nothing."""
    spent = LookUp.objects.filter(
        source=row.source, asked_at__gte=_month(today), currency=row.currency
    ).aggregate(spent=Sum("price"))["spent"]
    return Spending(row.monthly_budget, spent or Decimal(0), row.price)


def _month(today: date) -> datetime:
    first = datetime(today.year, today.month, 1)  # noqa: DTZ001  made aware below, in the tenant's zone
    return timezone.make_aware(first)


def source_views(*, today: date) -> list[SourceView]:
    """Return every source that can be asked, with this month's calls, failures and money by person."""
    found = []
    for source in ASKABLE:
        row = source_row(source)
        calls = LookUp.objects.filter(source=source, asked_at__gte=_month(today))
        counts = calls.aggregate(
            calls=Count("id"), failures=Count("id", filter=Q(state=LookUpState.FAILED))
        )
        people = (
            calls.values("asked_by__name")
            .annotate(count=Count("id"), money=Sum("price"))
            .order_by("-money", "asked_by__name")
        )
        found.append(
            SourceView(
                row,
                information_from(source) is not None,
                spending(row, today),
                counts["calls"],
                counts["failures"],
                [
                    (
                        one["asked_by__name"] or "—",
                        one["count"],
                        Money(one["money"] or Decimal(0), row.currency),
                    )
                    for one in people
                ],
            )
        )
    return found


def usable(source: str, siren: str, *, now: datetime, kept_days: int) -> LookUp | None:
    """Return the newest answer of a source that is young enough to be used again; None: it would have to be asked."""
    return LookUp.objects.filter(
        source=source,
        siren=siren,
        state__in=USABLE,
        answered_at__gte=now - timedelta(days=kept_days),
    ).first()


@dataclass(frozen=True, slots=True)
class Dossier:
    """All that is known about a company by its SIREN; `answers` are the newest of each source, with their age."""

    siren: str
    company: Company
    answers: list[LookUp]
    under_way: list[LookUp]
    events: list[LegalEvent]


def dossier(siren: str) -> Dossier:
    """Return what the sources answered about a company, put together: the public register's word comes first."""
    newest: dict[str, LookUp] = {}
    under_way = []
    for row in LookUp.objects.filter(siren=siren).select_related("asked_by"):
        if row.state in UNDER_WAY:
            under_way.append(row)
        elif row.source not in newest or (
            newest[row.source].state not in USABLE and row.state in USABLE
        ):
            newest[row.source] = row
    order = [source for source in Source.values if source in newest]
    answers = [newest[source] for source in order]
    parts = [company_of(row.facts) for row in answers if row.facts]
    return Dossier(
        siren,
        merged(parts) if parts else Company(siren),
        answers,
        under_way,
        list(LegalEvent.objects.filter(siren=siren)),
    )


def events_of(sirens: Iterable[str]) -> dict[str, list[LegalEvent]]:
    """Return the legal events of companies, the newest first; scores read them."""
    found: dict[str, list[LegalEvent]] = {}
    for row in LegalEvent.objects.filter(siren__in=list(sirens)):
        found.setdefault(row.siren, []).append(row)
    return found


def askable_now() -> list[tuple[str, str]]:
    """Return the sources that can be asked, with their names: connected here and switched on by the tenant."""
    on = InformationSource.objects.filter(is_on=True).values_list("source", flat=True)
    return [
        (source.value, str(source.label))
        for source in ASKABLE
        if source in set(on) and information_from(source) is not None
    ]


PROCEDURES = ("safeguard", "receivership", "liquidation")


def running_procedures(
    customer_ids: Collection[UUID] | None, today: date
) -> dict[UUID, LegalEvent]:
    """Return the procedure that files and providers say is open about each customer, None for all; two statements.

    The newest event of a company speaks; one that ended leaves nothing. The gazette's notices are the chase's own
    insolvencies, which a person may end, and stay out of this.
    """
    events = LegalEvent.objects.exclude(source=Source.BODACC).filter(event_date__lte=today)
    newest = events.filter(kind__in=[*PROCEDURES, "ended"]).order_by("siren", "-event_date", "-pk")
    open_now = {row.siren: row for row in newest.distinct("siren") if row.kind in PROCEDURES}
    customers = Customer.objects.filter(siren__in=list(open_now))
    if customer_ids is not None:
        customers = customers.filter(pk__in=list(customer_ids))
    return {ident: open_now[siren] for ident, siren in customers.values_list("pk", "siren")}
