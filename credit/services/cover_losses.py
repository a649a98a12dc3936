"""What follows when an insurer takes cover away: the owner of the risk is told, and a hold is put forward."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts.models import Membership, MembershipState, RoleGrant, Tenant
from credit.models import CoverImport, Hold, InsurerPolicy
from credit.queries.authority import MANAGER
from credit.queries.exposure import exposure_parts
from credit.queries.insurance import insured_on, stops
from credit.rules.covers import Standing, Verdict
from credit.rules.exposure import Parts, in_currency
from credit.services.holds import Wanted, place_hold
from credit.services.notices import tell
from kernel import formats
from kernel.money import Money
from kernel.permissions import system_actor
from kernel.tenancy import current_tenant_id
from ledger.models import Customer
from ledger.queries import home_and_rates


def warn_of_losses(
    lost: Mapping[Customer, Verdict],
    *,
    policy: InsurerPolicy,
    batch: CoverImport,
    now: datetime,
    today: date,
) -> None:
    """Tell of each customer who lost cover; propose a hold for whoever now owes more than what is left of it."""
    if not lost:
        return
    owed = exposure_parts([one.pk for one in lost], today)
    _home, rates = home_and_rates(today)
    held = _held([one.pk for one in lost])
    for customer, verdict in lost.items():
        before, after = verdict.before, verdict.after
        if before is None or after is None:
            continue
        tell(
            owners_of(customer),
            code="cover_lowered",
            once_key=f"cover:{batch.pk}:{customer.pk}",
            now=now,
            path=f"/customers/{customer.code}?tab=credit",
            customer=customer.name,
            insurer=policy.insurer,
            before=_money(before).as_json(),
            after=_money(after).as_json(),
            policy=policy.number,
        )
        told = in_currency(owed.get(customer.pk, {}), after.currency, rates)
        if isinstance(told, Parts) and told.total > after.amount and customer.pk not in held:
            _propose(
                customer,
                _reason(policy, Money(told.total, after.currency), _money(after)),
                now,
                today,
            )


def warn_of_stops(customer_ids: list[UUID], *, now: datetime, today: date) -> int:
    """Tell once of each invoice that stopped a customer's cover; return how many customers stand so."""
    found = stops(insured_on(customer_ids, today), today)
    if not found:
        return 0
    customers = Customer.objects.filter(pk__in=list(found)).select_related("risk_owner")
    for customer in customers:
        stop = found[customer.pk]
        tell(
            owners_of(customer),
            code="cover_stopped",
            once_key=f"cover-stop:{stop.document_id}",
            now=now,
            path=f"/customers/{customer.code}?tab=credit",
            customer=customer.name,
            invoice=stop.number,
            insurer=stop.policy.insurer,
            day={"day": stop.since.isoformat()},
        )
    return len(found)


def owners_of(customer: Customer) -> list[Membership]:
    """Return who answers for a customer's risk: its owner, else every credit manager."""
    if customer.risk_owner is not None:
        return [customer.risk_owner]
    managers = RoleGrant.objects.filter(role=MANAGER).values("membership")
    return list(Membership.objects.filter(pk__in=managers, state=MembershipState.ACTIVE))


def _held(customer_ids: list[UUID]) -> set[UUID]:
    live = Hold.objects.live().filter(customer__in=customer_ids, order_number="")
    return set(live.values_list("customer_id", flat=True))


def _propose(customer: Customer, reason: str, now: datetime, today: date) -> None:
    place_hold(
        Wanted(customer, reason), actor=system_actor(current_tenant_id()), now=now, today=today
    )


def _reason(policy: InsurerPolicy, owed: Money, left: Money) -> str:
    language = Tenant.objects.values_list("language", flat=True).get()
    with override(language):
        return _(
            "%(insurer)s lowered its cover to %(left)s (policy %(policy)s); %(owed)s stand at risk."
        ) % {
            "insurer": policy.insurer,
            "policy": policy.number,
            "left": formats.money(left, language),
            "owed": formats.money(owed, language),
        }


def _money(standing: Standing) -> Money:
    return Money(standing.amount or Decimal(0), standing.currency)
