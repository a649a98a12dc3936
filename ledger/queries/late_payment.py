"""The rates of late payment: those that come with the product, and those that were published since."""

from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from ledger.rules.reference import (
    HalfYearRate,
    LatePaymentReference,
    late_payment_reference,
    parse_rates,
)


def current_late_payment_reference() -> LatePaymentReference:
    """Return the rates and rules that count here: rows of the file OTC_LATE_PAYMENT_RATES come before ours.

    The file has the columns of `ledger/reference/late_payment_rates.csv` and is read anew when it changes. Raises
    ImproperlyConfigured, naming the row, when it cannot be read.
    """
    name = settings.OTC_LATE_PAYMENT_RATES
    if not name:
        return late_payment_reference()
    path = Path(name)
    try:
        return late_payment_reference().with_rates(_added(path, path.stat().st_mtime_ns))
    except (OSError, ValueError) as error:
        message = f"OTC_LATE_PAYMENT_RATES={name} cannot be used: {error}"
        raise ImproperlyConfigured(message) from error


@lru_cache(maxsize=2)
def _added(path: Path, _changed_at: int) -> tuple[HalfYearRate, ...]:
    with path.open(encoding="utf-8") as lines:
        return parse_rates(lines)
