"""What an invoice paid late owes on top of itself, by the rates we know and those a person adds."""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import ClassVar

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kernel import formats
from kernel.errors import Refused
from kernel.money import Money
from ledger.queries import current_late_payment_reference
from ledger.rules.penalties import (
    LateCharge,
    PartPayment,
    RateMissing,
    half_year_name,
    late_charge,
)
from ledger.rules.reference import ECB, HalfYearRate


class InterestRateMissing(Refused):
    """A half-year that bears interest has no published rate yet."""

    code: ClassVar[str] = "interest_rate_missing"


class PrincipalRefused(Refused):
    """Interest is asked on an amount that bears none."""

    code: ClassVar[str] = "principal_refused"


def claim_late_interest(
    *,
    principal: Money,
    due_date: date,
    until: date,
    payments: Sequence[PartPayment] = (),
    contract_rate: Decimal | None = None,
    country: str = "FR",
    added_rates: Iterable[HalfYearRate] = (),
) -> LateCharge:
    """Return interest and fixed charge of one invoice up to `until`, with the sheet of periods.

    `principal` is what was owed on the due date, tax included; `contract_rate` a yearly fraction. Nothing is
    written. Raises InterestRateMissing, naming the half-year, and PrincipalRefused.
    """
    if principal.amount <= 0 or any(payment.amount <= 0 for payment in payments):
        raise PrincipalRefused(
            _("%(principal)s bears no interest: give a principal and payments above zero.")
            % {"principal": principal},
            principal=principal.as_json(),
        )
    try:
        return late_charge(
            principal,
            due_date,
            until,
            reference=current_late_payment_reference().with_rates(added_rates),
            payments=payments,
            contract_rate=contract_rate,
            country=country,
        )
    except RateMissing as missing:
        raise rate_refusal(missing) from None


def rate_refusal(missing: RateMissing) -> InterestRateMissing:
    """Return the refusal that names the half-year without a rate and the way out."""
    return InterestRateMissing(_sentence(missing), half_year=missing.name, rate=missing.kind)


def _sentence(missing: RateMissing) -> str:
    facts = {"half_year": missing.name, "country": missing.country}
    if missing.kind == ECB:
        sentence = _(
            "The European Central Bank's rate for %(half_year)s is not known, so no interest can be claimed for "
            "it. Choose an earlier end, or a contract rate."
        )
    else:
        sentence = _(
            "The legal interest rate of %(country)s for %(half_year)s is not known, and a contract rate may not "
            "fall under three times that rate. Enter it with its source, or claim the default rate of the law."
        )
    return f"{sentence % facts} {_last_known(missing)}".rstrip()


def _last_known(missing: RateMissing) -> str:
    """Return the last rate that is known, as a word to the reader: it is not carried on."""
    known = missing.last_known
    if known is None:
        return ""
    return _("The last one known is %(rate)s, of %(half_year)s; it is not carried on.") % {
        "rate": formats.percent(known.rate, (get_language() or "en")[:2], decimals=2),
        "half_year": half_year_name(known.half_year),
    }
