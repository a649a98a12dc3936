"""How the current tenant handles requests."""

from zoneinfo import ZoneInfo

from accounts.models import Tenant
from credit.models import CreditSettings
from credit.rules.office_hours import OfficeHours
from ledger.rules.calendars import WorkingCalendar


def credit_settings() -> CreditSettings:
    """Return the tenant's settings; the defaults, not stored, while nobody changed any."""
    return CreditSettings.objects.first() or CreditSettings()


def office_hours() -> OfficeHours:
    """Return when the tenant works, in its own calendar and zone."""
    tenant = Tenant.objects.get()
    settings = credit_settings()
    return OfficeHours(
        WorkingCalendar(tenant.country),
        ZoneInfo(tenant.time_zone),
        settings.day_starts,
        settings.day_ends,
    )
