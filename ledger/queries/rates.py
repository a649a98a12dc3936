"""What foreign currencies are worth on a day."""

from datetime import date
from decimal import Decimal

from django.db import connection

from kernel.tenancy import current_tenant_id
from ledger.models import ExchangeRate

_HOME_AND_RATES = """
SELECT currency, NULL::numeric FROM accounts_tenant WHERE id = %(tenant)s
UNION ALL (
    SELECT DISTINCT ON (currency) currency, rate FROM ledger_exchangerate WHERE valid_from <= %(day)s
    ORDER BY currency, valid_from DESC
)"""


def home_and_rates(day: date) -> tuple[str, dict[str, Decimal]]:
    """Return the tenant's currency, and what one unit of each currency is worth in it on `day`: the last rate up to it.

    The tenant's own is worth 1. One question to the database, since every figure asks it.
    """
    with connection.cursor() as cursor:
        cursor.execute(_HOME_AND_RATES, {"tenant": current_tenant_id(), "day": day})
        rows = cursor.fetchall()
    home: str = next(currency for currency, rate in rows if rate is None)
    return home, {home: Decimal(1)} | {
        currency: rate for currency, rate in rows if rate is not None and currency != home
    }


def rate_on(currency: str, day: date) -> Decimal | None:
    """Return what one unit of `currency` is worth in the tenant's currency on `day`; None when no rate is known."""
    rates = ExchangeRate.objects.filter(currency=currency, valid_from__lte=day)
    return rates.order_by("-valid_from").values_list("rate", flat=True).first()
