"""What foreign currencies are worth on a day."""

from datetime import date
from decimal import Decimal

from ledger.models import ExchangeRate


def exchange_rates(day: date) -> dict[str, Decimal]:
    """Return what one unit of each currency is worth in the tenant's currency on `day`: the last rate up to it."""
    rates = (
        ExchangeRate.objects.filter(valid_from__lte=day)
        .order_by("currency", "-valid_from")
        .distinct("currency")
    )
    return dict(rates.values_list("currency", "rate"))


def rate_on(currency: str, day: date) -> Decimal | None:
    """Return what one unit of `currency` is worth in the tenant's currency on `day`; None when no rate is known."""
    rates = ExchangeRate.objects.filter(currency=currency, valid_from__lte=day)
    return rates.order_by("-valid_from").values_list("rate", flat=True).first()
