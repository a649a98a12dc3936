"""What holds for every group of a tenant on one day."""

from datetime import date, timedelta

from django.db.models import Max

from accounts.models import Tenant
from dunning.rules.calendar import is_stale, zone_of
from dunning.rules.decision import Circumstances
from dunning.rules.policy import Policy
from ledger.models import BatchState, ImportBatch


def circumstances_of(tenant: Tenant, *, today: date, policy: Policy) -> Circumstances:
    """Return the circumstances of `today`: how new the tenant is, and whether its ledger is fed."""
    since = tenant.created_at.astimezone(zone_of(tenant.country)).date()
    return Circumstances(
        today=today,
        confirm_everything_until=since + timedelta(days=policy.confirm_all_days),
        is_ledger_stale=is_ledger_stale(today=today, country=tenant.country, policy=policy),
    )


def is_ledger_stale(*, today: date, country: str, policy: Policy) -> bool:
    """Say whether the ledger was last fed too long ago to write to anybody by itself.

    A ledger that no file ever fed, for example one kept through the API, is not judged.
    """
    applied = ImportBatch.objects.filter(state=BatchState.APPLIED)
    fed_at = applied.aggregate(last=Max("applied_at"))["last"]
    if fed_at is None:
        return False
    return is_stale(
        fed_at.astimezone(zone_of(country)).date(),
        today=today,
        country=country,
        max_age_working_days=policy.ledger_max_age_working_days,
    )
