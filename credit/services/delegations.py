"""Who takes whose steps for a time, who knows which country, and how the house handles requests."""

from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import ClassVar

from django.utils.translation import gettext as _

from accounts.models import Membership, MembershipState
from accounts.permissions import MANAGE_USERS
from accounts.services import audit
from credit.models import CountryTag, CreditSettings, Delegation
from credit.ports import export_target
from credit.queries.authority import person_of
from credit.rules.authority import is_same_person
from kernel.errors import Refused
from kernel.permissions import Actor

LONGEST_DAYS = 62  # two months: longer is another role
COUNTRY_LETTERS = 2


class DelegationRefused(Refused):
    """The delegation cannot be given so."""

    code: ClassVar[str] = "delegation_refused"


class TagRefused(Refused):
    """The country cannot be noted so."""

    code: ClassVar[str] = "country_tag_refused"


class SettingsRefused(Refused):
    """The settings cannot be so."""

    code: ClassVar[str] = "credit_settings_refused"


def delegate(
    *,
    delegator: Membership,
    delegate: Membership,
    starts_on: date,
    ends_on: date,
    reason: str,
    actor: Actor,
    now: datetime,
    today: date,
) -> Delegation:
    """Let a named colleague take another's steps from one day to another, both included (S13).

    Given by the person himself, or by an administrator for who is away. Raises DelegationRefused.
    """
    if actor.kind != "person" or actor.membership_id is None:
        raise DelegationRefused(_("A delegation is given by a person, never by a machine (S12)."))
    if actor.membership_id != delegator.pk and not actor.can(MANAGE_USERS):
        raise DelegationRefused(
            _("%(name)s delegates his own steps himself, or an administrator does it for him.")
            % {"name": delegator.name}
        )
    if actor.membership_id == delegate.pk:
        raise DelegationRefused(
            _("Nobody gives himself another's steps (S13): another administrator does it.")
        )
    if is_same_person(person_of(delegator), person_of(delegate)):
        raise DelegationRefused(
            _("%(name)s cannot stand in for himself: name another person.")
            % {"name": delegator.name}
        )
    if delegate.state != MembershipState.ACTIVE:
        raise DelegationRefused(
            _("%(name)s does not work here now: name somebody else.") % {"name": delegate.name}
        )
    _refuse_days(starts_on, ends_on, today=today)
    if not reason.strip():
        raise DelegationRefused(_("Say why, holidays for example: the trail keeps it."))
    row = Delegation.objects.create(
        delegator=delegator,
        delegate=delegate,
        starts_on=starts_on,
        ends_on=ends_on,
        reason=reason.strip()[:250],
        made_by_id=actor.membership_id,
        made_at=now,
    )
    audit.record(
        actor=actor,
        action="credit.delegate",
        object_kind="delegation",
        object_id=row.pk,
        delegator=str(delegator.pk),
        delegate=str(delegate.pk),
        starts_on=starts_on,
        ends_on=ends_on,
    )
    return row


def _refuse_days(starts_on: date, ends_on: date, *, today: date) -> None:
    facts = {"start": starts_on, "end": ends_on, "most": LONGEST_DAYS}
    if ends_on < starts_on or ends_on < today:
        raise DelegationRefused(
            _("From %(start)s to %(end)s leaves no day: correct one of the two.") % facts
        )
    if (ends_on - starts_on).days > LONGEST_DAYS:
        raise DelegationRefused(
            _("A delegation lasts %(most)s days at most; %(start)s to %(end)s is longer.") % facts
        )


def revoke(*, delegation: Delegation, actor: Actor, now: datetime) -> Delegation:
    """End a delegation at once, by who gave it, who has it or an administrator; safe to run twice."""
    locked = Delegation.objects.select_for_update(of=("self",)).get(pk=delegation.pk)
    if locked.revoked_at is not None:
        return locked
    people = {locked.delegator_id, locked.delegate_id, locked.made_by_id}
    if actor.membership_id not in people and not actor.can(MANAGE_USERS):
        raise DelegationRefused(
            _("A delegation is ended by who gave it, who has it, or an administrator.")
        )
    locked.revoked_at = now
    locked.revoked_by_id = actor.membership_id
    locked.save(update_fields=["revoked_at", "revoked_by"])
    audit.record(
        actor=actor,
        action="credit.revoke_delegation",
        object_kind="delegation",
        object_id=locked.pk,
    )
    return locked


def tag_country(
    *, member: Membership, country: str, actor: Actor, now: datetime, language: str = ""
) -> CountryTag:
    """Note that a colleague knows how to judge the companies of a country (R17); never one's own. Raises TagRefused."""
    code = country.strip().upper()
    if len(code) != COUNTRY_LETTERS or not code.isascii() or not code.isalpha():
        raise TagRefused(
            _("A country is two letters, such as FR or IT; not “%(typed)s”.") % {"typed": country}
        )
    if member.pk == actor.membership_id:
        raise TagRefused(
            _("Nobody says of himself which countries he knows: ask another administrator.")
        )
    row, _is_new = CountryTag.objects.update_or_create(
        membership=member,
        country=code,
        defaults={
            "language": language.strip().lower()[:2],
            "set_by_id": actor.membership_id,
            "set_at": now,
        },
    )
    audit.record(
        actor=actor,
        action="credit.tag_country",
        object_kind="membership",
        object_id=member.pk,
        country=code,
    )
    return row


def untag_country(*, tag: CountryTag, actor: Actor) -> None:
    """Take a country away from a colleague."""
    audit.record(
        actor=actor,
        action="credit.untag_country",
        object_kind="membership",
        object_id=tag.membership_id,
        country=tag.country,
    )
    tag.delete()


@dataclass(frozen=True, slots=True)
class WantedSettings:
    """How the house shall handle requests; `vat_rate` is a fraction."""

    day_starts: time
    day_ends: time
    lapse_days: int
    review_months: int
    code_prefix: str
    vat_rate: Decimal
    export_url: str = ""
    has_new_key: bool = False


def save_settings(*, wanted: WantedSettings, actor: Actor, now: datetime) -> CreditSettings:
    """Keep how the house handles requests. Raises SettingsRefused."""
    if wanted.day_ends <= wanted.day_starts:
        raise SettingsRefused(
            _("A working day ends after it begins: %(start)s to %(end)s does not.")
            % {"start": wanted.day_starts, "end": wanted.day_ends}
        )
    if not 0 <= wanted.vat_rate <= 1:
        raise SettingsRefused(_("A VAT rate is between 0 and 100 %."))
    _refuse_address(wanted.export_url)
    stored = CreditSettings.objects.select_for_update().first() or CreditSettings()
    for name in (
        "day_starts",
        "day_ends",
        "lapse_days",
        "review_months",
        "code_prefix",
        "vat_rate",
        "export_url",
    ):
        setattr(stored, name, getattr(wanted, name))
    if wanted.has_new_key:
        stored.export_key_number += 1
    stored.changed_by_id = actor.membership_id
    stored.changed_at = now
    stored.save()
    audit.record(
        actor=actor,
        action="credit.change_settings",
        object_kind="credit_settings",
        object_id=stored.pk,
        is_called=bool(stored.export_url),
        key_number=stored.export_key_number,
    )
    return stored


def _refuse_address(url: str) -> None:
    if not url:
        return
    target = export_target()
    if target is None:
        raise SettingsRefused(
            _(
                "Calls to other systems are switched off on this machine; the file can be downloaded."
            )
        )
    if problem := target.problem_with(url):
        raise SettingsRefused(problem)
