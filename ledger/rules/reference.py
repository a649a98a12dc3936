"""The dated tables the rules read: what the law and the central bank say, from which day, and who says so."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from importlib import resources

from kernel.periods import Period, half_year_of
from ledger.rules.terms import Buyer, CapBasis, TermCap

_FOLDER = resources.files("ledger") / "reference"


def _rows(name: str) -> Iterator[dict[str, str]]:
    with (_FOLDER / name).open(encoding="utf-8") as lines:
        yield from csv.DictReader(lines)


def parse_rates(lines: Iterable[str]) -> tuple[HalfYearRate, ...]:
    """Return the rates of a CSV with the columns country, kind, valid_from, rate (a yearly fraction) and source.

    `valid_from` is the first day of a half-year. Raises ValueError with the row and what is expected there.
    """
    rates = []
    for number, row in enumerate(csv.DictReader(lines), start=2):
        try:
            rates.append(_rate(row))
        except (KeyError, TypeError, ValueError, ArithmeticError) as error:
            message = (
                f"row {number}: expected country, kind ({ECB} or {LEGAL_INTEREST}), valid_from (2027-01-01 or "
                f"2027-07-01), rate (0.0240) and source, not {dict(row)}"
            )
            raise ValueError(message) from error
    return tuple(rates)


def _rate(row: Mapping[str, str]) -> HalfYearRate:
    first_day, rate = date.fromisoformat(row["valid_from"]), Decimal(row["rate"])
    half_year = half_year_of(first_day)
    is_meant = row["kind"] in {ECB, LEGAL_INTEREST} and first_day == half_year.start
    if not is_meant or not 0 <= rate < 1:
        raise ValueError(row)
    return HalfYearRate(row["country"], row["kind"], half_year, rate, row["source"])


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


@cache
def payment_term_caps() -> tuple[TermCap, ...]:
    """Return the legal caps on payment terms, every country and sector, past ones included."""
    return tuple(
        TermCap(
            country=row["country"],
            buyer=Buyer(row["buyer"]),
            sector=row["sector"],
            basis=CapBasis(row["basis"]),
            days=int(row["days"]),
            valid_from=date.fromisoformat(row["valid_from"]),
            valid_to=_day(row["valid_to"]),
            source=row["source"],
        )
        for row in _rows("payment_term_caps.csv")
    )


@dataclass(frozen=True, slots=True)
class HalfYearRate:
    """A yearly rate, as a fraction, that applies to one calendar half-year."""

    country: str
    kind: str
    half_year: Period
    rate: Decimal
    source: str


@dataclass(frozen=True, slots=True)
class LatePaymentRule:
    """A dated figure of the law on late payment: points over the ECB rate, floor, fixed charge."""

    country: str
    rule: str
    valid_from: date
    valid_to: date | None
    value: Decimal
    source: str


ECB = "ecb_main_refinancing"
LEGAL_INTEREST = "legal_interest_professional"
POINTS_OVER_ECB = "points_over_ecb"
FLOOR_TIMES = "floor_times_legal_interest"
FIXED_CHARGE = "fixed_charge"


@dataclass(frozen=True, slots=True)
class LatePaymentReference:
    """The rates and rules of late payment, to be asked for a country and a day.

    A half-year that is not in the table has no rate: the last one known is never carried on.
    """

    rates: tuple[HalfYearRate, ...]
    rules: tuple[LatePaymentRule, ...]

    def rate(self, kind: str, half_year: Period, country: str) -> Decimal | None:
        """Return the rate of a half-year, None when it is not known; the ECB rate is the whole union's."""
        countries = (country, "EU") if kind == ECB else (country,)
        return next(
            (
                row.rate
                for row in self.rates
                if row.kind == kind and row.half_year == half_year and row.country in countries
            ),
            None,
        )

    def last_known(self, kind: str, half_year: Period, country: str) -> HalfYearRate | None:
        """Return the last rate before a half-year, for people to read; it is never used in its place."""
        countries = (country, "EU") if kind == ECB else (country,)
        before = [
            row
            for row in self.rates
            if row.kind == kind
            and row.country in countries
            and row.half_year.start < half_year.start
        ]
        return max(before, key=lambda row: row.half_year.start, default=None)

    def rule(self, name: str, day: date, country: str) -> Decimal | None:
        """Return a figure of the country's law on a day, the union's where the country has none of its own."""
        for where in (country, "EU"):
            for row in self.rules:
                is_in_force = row.valid_from <= day and (row.valid_to is None or day < row.valid_to)
                if row.rule == name and row.country == where and is_in_force:
                    return row.value
        return None

    def with_rates(self, rates: Iterable[HalfYearRate]) -> LatePaymentReference:
        """Return the same reference where `rates`, entered by a tenant, come before the published ones."""
        return LatePaymentReference((*rates, *self.rates), self.rules)


@cache
def late_payment_reference() -> LatePaymentReference:
    """Return the published rates and rules that come with the product; `ledger.queries` adds those of a later day."""
    with (_FOLDER / "late_payment_rates.csv").open(encoding="utf-8") as lines:
        rates = parse_rates(lines)
    rules = (
        LatePaymentRule(
            country=row["country"],
            rule=row["rule"],
            valid_from=date.fromisoformat(row["valid_from"]),
            valid_to=_day(row["valid_to"]),
            value=Decimal(row["value"]),
            source=row["source"],
        )
        for row in _rows("late_payment_rules.csv")
    )
    return LatePaymentReference(rates, tuple(rules))
