"""What a company says of itself, and how strictly its people sign in."""

from typing import ClassVar

from django.utils.translation import gettext as _

from accounts.models import Membership, MembershipState, Tenant
from accounts.ports import role_page
from accounts.services import audit
from accounts.services.roles import (
    MOST_PEOPLE_IN_SOLO_MODE,
    RoleConflict,
    count_active,
    held_by_person,
    lock_people,
    reason_of,
)
from kernel.errors import Refused
from kernel.permissions import Actor

SETTABLE = (
    "name",
    "language",
    "time_zone",
    "is_solo",
    "is_second_factor_required",
    "second_factor_grace_days",
)


class TooManyForSolo(Refused):
    """Solo mode is for one or two people."""

    code: ClassVar[str] = "too_many_for_solo"


def change_company(*, actor: Actor, **changes: object) -> Tenant:
    """Change the settings named in SETTABLE of the current tenant; the audit trail says from what to what.

    Raises TooManyForSolo when solo mode is chosen by more than two people, RoleConflict when it ends while
    somebody still holds roles that only solo mode allows together.
    """
    tenant = lock_people()
    before = {field: getattr(tenant, field) for field in SETTABLE}
    after = {field: changes[field] for field in SETTABLE if field in changes}
    changed = {field: value for field, value in after.items() if value != before[field]}
    if changed.get("is_solo") is True:
        _refuse_solo()
    if changed.get("is_solo") is False:
        _refuse_open_conflicts()
    for field, value in changed.items():
        setattr(tenant, field, value)
    if changed:
        tenant.save(update_fields=list(changed))
        audit.record(
            actor=actor,
            action="accounts.change_company",
            object_kind="tenant",
            object_id=tenant.pk,
            before={field: before[field] for field in changed},
            after=changed,
        )
    return tenant


def _refuse_solo() -> None:
    people = count_active()
    if people > MOST_PEOPLE_IN_SOLO_MODE:
        raise TooManyForSolo(
            _(
                "Solo mode is for one or two people (rule S14) and %(count)d work here. "
                "Let a second person approve instead."
            )
            % {"count": people},
            rule="S14",
        )


def _refuse_open_conflicts() -> None:
    for member in Membership.objects.filter(state=MembershipState.ACTIVE):
        found = role_page().conflict(held_by_person(member))
        if found:
            raise RoleConflict(
                _(
                    "%(name)s still holds roles that only solo mode allows together "
                    "(rule %(rule)s: %(reason)s). Take one away first."
                )
                % {"name": member.name, "rule": found[2], "reason": reason_of(found[2])},
                rule=found[2],
                roles=list(found[:2]),
            )
