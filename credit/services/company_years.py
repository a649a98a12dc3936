"""Accounts that sources answered, as statements that the score reads; what a person entered stays."""

from datetime import date, datetime
from decimal import Decimal

from credit.models import FinancialStatement
from credit.rules.company_facts import Company
from credit.rules.statements import FIGURES, Statement
from credit.services.score_inputs import StatementRefused, enter_statement
from kernel.permissions import Actor
from ledger.models import Customer

_NAMES = {
    "sales": "sales",
    "equity": "equity",
    "profit": "net_profit",
    "cash": "cash",
    "stable_debt": "debt",
    "financial_debt": "debt",
    "short_debt": "short_term_liabilities",
}


def keep_years(company: Company, *, actor: Actor, now: datetime) -> int:
    """Keep the years of a company as statements of each customer with its SIREN; return how many were new.

    A year with too few figures tells nothing and is left out, so is one whose figures contradict each other; accounts
    that a colleague entered for the same year are not replaced.
    """
    kept = 0
    for customer in Customer.objects.filter(siren=company.siren):
        for ends, (source, figures) in _by_year(company).items():
            known = FinancialStatement.objects.filter(
                customer=customer, year_end=ends, replaced_at=None
            ).first()
            if known is not None and (known.entered_by_id is not None or _says(known, figures)):
                continue
            try:
                enter_statement(
                    customer=customer,
                    statement=Statement(year_end=ends, **figures),
                    currency="EUR",
                    source=source,
                    labels={name: name for name in FIGURES},
                    actor=actor,
                    now=now,
                    today=now.date(),
                )
            except StatementRefused:
                continue
            kept += 1
    return kept


def _by_year(company: Company) -> dict[date, tuple[str, dict[str, Decimal]]]:
    found: dict[date, tuple[str, dict[str, Decimal]]] = {}
    for year in company.years:
        ends = date.fromisoformat(year.closed_on)
        source, figures = found.get(ends, (year.source, {}))
        for name, text in year.figures.items():
            if name in _NAMES:
                figures.setdefault(_NAMES[name], Decimal(text))
        found[ends] = (source, figures)
    return found


def _says(known: FinancialStatement, figures: dict[str, Decimal]) -> bool:
    return all(getattr(known, name) == value for name, value in figures.items())
