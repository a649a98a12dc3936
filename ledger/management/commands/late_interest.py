"""Interest and fixed charge of an invoice paid late, with the sheet of periods."""

from argparse import ArgumentTypeError
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.management.base import CommandParser

from accounts.models import Tenant
from accounts.queries.tenants import tenant_named
from kernel.commands import JsonCommand
from kernel.money import Money
from kernel.periods import half_year_of
from kernel.tenancy import tenant_scope
from ledger.rules.penalties import InterestPeriod, PartPayment
from ledger.rules.reference import LEGAL_INTEREST, HalfYearRate
from ledger.services.late_interest import claim_late_interest


def amount(text: str) -> Decimal:
    """Read an amount or a rate; argparse turns the refusal into wrong usage."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise ArgumentTypeError(f"{text!r} is no number such as 1200.50") from None
    if not number.is_finite():
        raise ArgumentTypeError(f"{text!r} is no number such as 1200.50")
    return number


def day(text: str) -> date:
    """Read an ISO date."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is no date such as 2026-06-15") from None


def payment(text: str) -> PartPayment:
    """Read `DATE:AMOUNT`."""
    when, _colon, paid = text.partition(":")
    return PartPayment(day(when), amount(paid))


def legal_rate(text: str) -> HalfYearRate:
    """Read `2026H2=0.0262`: the professional legal interest rate of a half-year, as a fraction."""
    half_year, _equals, rate = text.partition("=")
    year, _h, number = half_year.upper().partition("H")
    if not year.isdigit() or number not in {"1", "2"}:
        raise ArgumentTypeError(f"{text!r} is not written like 2026H2=0.0262")
    first = day(f"{year}-{'01' if number == '1' else '07'}-01")
    return HalfYearRate("FR", LEGAL_INTEREST, half_year_of(first), amount(rate), "entered")


class Command(JsonCommand):
    help = __doc__ or ""

    def add_own_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--tenant", required=True, metavar="SLUG")
        parser.add_argument(
            "--principal", required=True, type=amount, help="owed on the due date, tax included"
        )
        parser.add_argument("--due", required=True, type=day, metavar="DATE")
        parser.add_argument("--until", required=True, type=day, metavar="DATE")
        parser.add_argument(
            "--payment", action="append", default=[], type=payment, metavar="DATE:AMOUNT"
        )
        parser.add_argument(
            "--contract-rate", type=amount, help="a yearly rate as a fraction: 0.0975"
        )
        parser.add_argument(
            "--legal-rate",
            action="append",
            default=[],
            type=legal_rate,
            metavar="HALF=RATE",
            help="a legal interest rate that was not published with this version: 2026H2=0.0262",
        )

    def answer(
        self,
        *,
        tenant: str,
        principal: Decimal,
        due: date,
        until: date,
        payment: Sequence[PartPayment],
        contract_rate: Decimal | None,
        legal_rate: Sequence[HalfYearRate],
        **_: Any,
    ) -> Mapping[str, Any]:
        with tenant_scope(tenant_named(tenant)):
            creditor = Tenant.objects.get()
            charge = claim_late_interest(
                principal=Money(principal, creditor.currency),
                due_date=due,
                until=until,
                payments=payment,
                contract_rate=contract_rate,
                country=creditor.country,
                added_rates=legal_rate,
            )
        return {
            "interest": charge.interest.as_json()["amount"],
            "fixed_charge": charge.fixed_charge.as_json()["amount"],
            "total": charge.total.as_json()["amount"],
            "periods": [_period(period, creditor.currency) for period in charge.periods],
        }

    def lines(self, answer: Mapping[str, Any]) -> Iterable[str]:
        for period in answer["periods"]:
            yield "{from} – {to}: {days} d, {principal} at {rate}".format(**period)
        yield from (f"{key}: {answer[key]}" for key in ("interest", "fixed_charge", "total"))


def _period(period: InterestPeriod, currency: str) -> dict[str, Any]:
    return {
        "from": period.first_day.isoformat(),
        "to": period.last_day.isoformat(),
        "days": period.days,
        "principal": Money(period.principal, currency).as_json()["amount"],
        "rate": float(period.rate),
    }
