"""Match what a gazette published against our customers by SIREN, and freeze those it names."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from credit.models import Source
from credit.rules.company_facts import Event
from credit.services.information import keep_events
from dunning.models import Insolvency, Procedure
from dunning.services.insolvencies import record_insolvency
from dunning.watch import PublishedInsolvency
from kernel.permissions import system_actor
from kernel.tenancy import current_tenant_id
from ledger.models import Customer

LOOK_BACK = timedelta(days=10)
"""How far each night looks back: nights that were missed are made up for, notices known already change nothing."""


@dataclass(frozen=True, slots=True)
class WatchResult:
    """How many notices named a customer of ours, and how many of these were news."""

    matched: int
    recorded: int


def take_in(notices: Iterable[PublishedInsolvency], *, today: date, now: datetime) -> WatchResult:
    """Record the insolvencies of our customers among `notices`, the earliest first; safe to run twice.

    One query finds the customers of all notices. A notice that was taken in before, or whose insolvency a person has
    ended since, changes nothing.
    """
    actor = system_actor(current_tenant_id())
    ordered = sorted(notices, key=lambda notice: (notice.published_date, notice.notice_id))
    sirens = {notice.siren for notice in ordered}
    by_siren: dict[str, list[Customer]] = {}
    for customer in Customer.objects.filter(siren__in=sirens).exclude(siren=""):
        by_siren.setdefault(customer.siren, []).append(customer)
    known = set(
        Insolvency.objects.filter(
            notice_id__in={notice.notice_id for notice in ordered}
        ).values_list("customer_id", "notice_id")
    )
    matched = recorded = 0
    for notice in ordered:
        if notice.siren in by_siren:
            event = Event(
                notice.procedure,
                notice.judgment_date.isoformat(),
                notice.notice_id,
                notice.court[:60],
            )
            keep_events([event], siren=notice.siren, source=Source.BODACC, now=now)
        for customer in by_siren.get(notice.siren, ()):
            matched += 1
            if (customer.pk, notice.notice_id) in known:
                continue
            record_insolvency(
                customer=customer,
                procedure=Procedure(notice.procedure),
                judgment_date=min(notice.judgment_date, today),
                published_date=min(notice.published_date, today),
                source="bodacc",
                notice_id=notice.notice_id,
                court=notice.court,
                actor=actor,
                today=today,
                now=now,
            )
            recorded += 1
    return WatchResult(matched, recorded)
