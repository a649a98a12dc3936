"""Rates, clauses and contract terms that people enter for the legal pack."""

from datetime import date
from decimal import Decimal
from typing import ClassVar

from django.utils.translation import gettext as _

from accounts.services import audit
from dunning.models import ContractRate, EnteredRate
from kernel.errors import Refused
from kernel.permissions import Actor
from ledger.models import Customer


class ParameterRefused(Refused):
    """A rate or a clause cannot be entered so."""

    code: ClassVar[str] = "parameter_refused"


def agree_rate(
    *, customer: Customer, valid_from: date, rate: Decimal, source: str, actor: Actor
) -> ContractRate:
    """Enter the yearly rate agreed with a customer, a fraction, for invoices issued from a day on.

    A rate under the legal floor may be entered: the floor then counts, half-year by half-year. Raises ParameterRefused.
    """
    _refuse_rate(rate, source)
    row, _is_new = ContractRate.objects.update_or_create(
        customer=customer,
        valid_from=valid_from,
        defaults={"rate": rate, "source": source.strip(), "entered_by_id": actor.membership_id},
    )
    audit.record(
        actor=actor,
        action="dunning.agree_penalty_rate",
        object_kind="customer",
        object_id=customer.pk,
        rate=str(rate),
        valid_from=valid_from.isoformat(),
    )
    return row


def enter_rate(
    *, country: str, kind: str, half_year: str, rate: Decimal, source: str, actor: Actor
) -> EnteredRate:
    """Enter the rate of a half-year such as `2026 H2`, a fraction, with its source. Raises ParameterRefused."""
    _refuse_rate(rate, source, least=Decimal(-1))
    year, number = int(half_year[:4]), half_year[-1]
    row, _is_new = EnteredRate.objects.update_or_create(
        country="EU" if kind.startswith("ecb") else country,
        kind=kind,
        half_year_start=date(year, 1 if number == "1" else 7, 1),
        defaults={"rate": rate, "source": source.strip(), "entered_by_id": actor.membership_id},
    )
    audit.record(
        actor=actor,
        action="dunning.enter_rate",
        object_kind="entered_rate",
        object_id=row.pk,
        kind=kind,
        half_year=half_year,
        rate=str(rate),
    )
    return row


def _refuse_rate(rate: Decimal, source: str, *, least: Decimal = Decimal(0)) -> None:
    if not least < rate < 1 or (least < 0 and rate < 0):
        raise ParameterRefused(
            _("%(rate)s %% a year is no rate. Give a percentage between 0 and 100.")
            % {"rate": (rate * 100).normalize()}
        )
    if not source.strip():
        raise ParameterRefused(_("Give the source: a rate nobody can look up convinces no court."))
