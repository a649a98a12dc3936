"""Insurance policies: written by one person, in force once a second one confirmed them (S10)."""

from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import ClassVar
from uuid import UUID

from babel.numbers import is_currency
from django.utils.translation import gettext as _

from accounts.models import Membership
from accounts.services import audit
from credit.models import InsurerPolicy
from credit.permissions import PUBLISH_POLICIES
from credit.queries.authority import person_of
from credit.rules.authority import is_same_person
from kernel.errors import Refused
from kernel.permissions import Actor, Verb


class PolicyRefused(Refused):
    """The policy cannot be written or confirmed so."""

    code: ClassVar[str] = "insurance_policy_refused"


@dataclass(frozen=True, slots=True)
class NewPolicy:
    """The parameters of a policy (DOMAIN 4.9); shares and rates are fractions, amounts in `currency`, tax included."""

    number: str
    insurer: str
    currency: str
    insured_share: Decimal
    valid_from: date
    valid_until: date | None = None
    other_currencies: str = ""
    blind_limit: Decimal = Decimal(0)
    deductible: Decimal = Decimal(0)
    domestic_days: int = 120
    export_days: int = 180
    extension_days: int = 60
    declaration_days: int = 30
    intervention_days: int = 60
    threshold: Decimal = Decimal(300)
    stop_rule: str = "maximum_period"
    stop_answer: str = "review"
    premium_base: str = "turnover"
    premium_rate: Decimal = Decimal(0)


def write_policy(new: NewPolicy, *, actor: Actor, now: datetime) -> InsurerPolicy:
    """Write a policy, or the next version of one by the same number; it counts once another person confirmed it.

    Raises PolicyRefused.
    """
    writer = _person(actor)
    codes = {new.currency, *new.other_currencies.split()}
    wrong = sorted(code for code in codes if not is_currency(code))
    if wrong:
        raise PolicyRefused(
            _(
                "“%(code)s” is no currency. Write three letters for each (ISO 4217), such as EUR USD."
            )
            % {"code": ", ".join(wrong)}
        )
    if not 0 < new.insured_share <= 1:
        raise PolicyRefused(
            _(
                "An insurer pays more than nothing and at most 100 % of a loss: correct the insured share."
            )
        )
    if new.valid_until is not None and new.valid_until < new.valid_from:
        raise PolicyRefused(
            _("Policy %(number)s cannot end before it begins.") % {"number": new.number}
        )
    row = InsurerPolicy.objects.create(written_by_id=writer, written_at=now, **asdict(new))
    _keep(row, "write_insurance_policy", actor)
    return row


def confirm_policy(*, policy: InsurerPolicy, actor: Actor, now: datetime) -> InsurerPolicy:
    """Let a policy count that another person wrote (S10). Raises PolicyRefused."""
    row = (
        InsurerPolicy.objects.select_for_update(of=("self",))
        .select_related("written_by__user")
        .get(pk=policy.pk)
    )
    if row.confirmed_by_id is not None:
        return row
    confirmer = _person(actor)
    facts = {"number": row.number, "day": row.valid_from}
    if _is_writer(row, confirmer) or not actor.can(PUBLISH_POLICIES, Verb.APPROVE):
        raise PolicyRefused(
            _("Policy %(number)s is confirmed by a credit manager who did not write it (S10).")
            % facts
        )
    same_day = InsurerPolicy.objects.filter(
        number=row.number, valid_from=row.valid_from, confirmed_by__isnull=False
    )
    if same_day.exists():
        raise PolicyRefused(
            _("Policy %(number)s already has clauses from %(day)s. Write them for another day.")
            % facts
        )
    row.confirmed_by_id, row.confirmed_at = confirmer, now
    row.save(update_fields=["confirmed_by", "confirmed_at"])
    _keep(row, "confirm_insurance_policy", actor)
    return row


def drop_policy(*, policy: InsurerPolicy, actor: Actor) -> None:
    """Drop a policy that nobody confirmed yet. Raises PolicyRefused once it counts."""
    row = InsurerPolicy.objects.select_for_update(of=("self",)).get(pk=policy.pk)
    _person(actor)
    if row.confirmed_by_id is not None:
        raise PolicyRefused(
            _("Policy %(number)s is in force: write its next version, with the day it counts from.")
            % {"number": row.number}
        )
    _keep(row, "drop_insurance_policy", actor)
    row.delete()


def _is_writer(row: InsurerPolicy, confirmer: UUID) -> bool:
    """Say whether who confirms wrote it, under this or another account of the same person (S1)."""
    other = Membership.objects.select_related("user").get(pk=confirmer)
    return is_same_person(person_of(row.written_by), person_of(other))


def _person(actor: Actor) -> UUID:
    if actor.kind != "person" or actor.membership_id is None:
        raise PolicyRefused(_("This is a person's act, never a machine's (S12)."))
    return actor.membership_id


def _keep(row: InsurerPolicy, verb: str, actor: Actor) -> None:
    audit.record(
        actor=actor,
        action=f"credit.{verb}",
        object_kind="insurance_policy",
        object_id=row.pk,
        share=str(row.insured_share),
        domestic_days=row.domestic_days,
        export_days=row.export_days,
        declaration_days=row.declaration_days,
        threshold=str(row.threshold),
    )
