"""What people enter for the score: a company's yearly accounts, its age and sector, and the house's own parameters."""

from dataclasses import asdict
from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar

from django.utils.translation import gettext as _

from accounts.services import audit
from credit.models import CompanyProfile, FinancialStatement, ScoreSettings
from credit.queries.scores import score_settings
from credit.rules.scorecard import GRADES
from credit.rules.statements import FIGURES, Statement, contradictions
from credit.services.rescoring import rescore
from kernel import formats
from kernel.errors import Refused
from kernel.permissions import Actor
from ledger.models import Customer
from ledger.services.locks import lock_customer

FEWEST_FIGURES = 3


class StatementRefused(Refused):
    """These accounts cannot be true, or tell nothing; `details` name the field."""

    code: ClassVar[str] = "statement_refused"


class ScoreSettingsRefused(Refused):
    """The parameters cannot be set so."""

    code: ClassVar[str] = "score_settings_refused"


def enter_statement(
    *,
    customer: Customer,
    statement: Statement,
    currency: str,
    source: str,
    labels: dict[str, str],
    actor: Actor,
    now: datetime,
    today: date,
) -> FinancialStatement:
    """Store a year's accounts in place of those of the same year, and score the customer again.

    `labels` name the figures for a refusal. Raises StatementRefused where figures contradict each other or are too few.
    """
    _refuse_impossible(statement, labels, today)
    locked = lock_customer(customer.pk)
    FinancialStatement.objects.filter(
        customer=locked, year_end=statement.year_end, replaced_at=None
    ).update(replaced_at=now)
    figures = asdict(statement)
    made = FinancialStatement.objects.create(
        customer=locked,
        siren=locked.siren,
        currency=currency,
        source=source.strip(),
        entered_by_id=actor.membership_id,
        entered_at=now,
        **figures,
    )
    audit.record(
        actor=actor,
        action="credit.enter_statement",
        object_kind="financial_statement",
        object_id=made.pk,
        year_end=made.year_end.isoformat(),
        figures=sum(figures[name] is not None for name in FIGURES),
    )
    rescore(today=today, now=now, actor=actor, only=[locked.pk])
    return made


def _refuse_impossible(statement: Statement, labels: dict[str, str], today: date) -> None:
    if statement.year_end > today:
        raise StatementRefused(
            _("A year that ends on %(day)s is not over yet.")
            % {"day": formats.day_for_reader(statement.year_end)},
            field="year_end",
        )
    if sum(getattr(statement, name) is not None for name in FIGURES) < FEWEST_FIGURES:
        raise StatementRefused(
            _("Give at least %(fewest)s figures: fewer tell nothing.") % {"fewest": FEWEST_FIGURES}
        )
    for small, large in contradictions(statement):
        raise StatementRefused(
            _("“%(small)s” cannot be more than “%(large)s”. Correct one of them.")
            % {"small": labels[small], "large": labels[large]},
            field=small,
        )


def describe_company(
    *,
    customer: Customer,
    founded: date | None,
    sector: str,
    source: str,
    actor: Actor,
    now: datetime,
    today: date,
) -> CompanyProfile:
    """Note when a customer's company was founded and what it does; score it again. Raises StatementRefused."""
    if founded is not None and founded > today:
        raise StatementRefused(_("A company founded in the future has no age."), field="founded")
    made, _is_new = CompanyProfile.objects.update_or_create(
        customer=customer,
        defaults={
            "founded_date": founded,
            "sector": sector.strip().upper(),
            "source": source,
            "entered_by_id": actor.membership_id,
            "entered_at": now,
        },
    )
    audit.record(
        actor=actor,
        action="credit.describe_company",
        object_kind="customer",
        object_id=customer.pk,
        founded=founded.isoformat() if founded else "",
        sector=made.sector,
    )
    rescore(today=today, now=now, actor=actor, only=[customer.pk])
    return made


def change_score_settings(
    *, failing: dict[str, Decimal], values: dict[str, Any], actor: Actor, now: datetime
) -> ScoreSettings:
    """Set what the house assumes and when it is told; `values` by field. Raises ScoreSettingsRefused."""
    rates = [failing[grade] for grade in GRADES]
    if any(not 0 <= rate <= 1 for rate in rates) or rates != sorted(rates):
        raise ScoreSettingsRefused(
            _(
                "A worse grade fails at least as often as a better one, between 0 and 100 %. Correct the shares."
            )
        )
    row = score_settings()
    row.failing = {grade: str(failing[grade]) for grade in GRADES}
    for name, value in values.items():
        setattr(row, name, value)
    row.changed_by_id, row.changed_at = actor.membership_id, now
    row.save()
    audit.record(
        actor=actor,
        action="credit.change_score_settings",
        object_kind="score_settings",
        object_id=row.pk,
        failing=row.failing,
        **values,
    )
    return row
