"""Giving and taking roles: always by another person, never against the segregation rules (RELIABILITY 2.2)."""

from typing import ClassVar

from django.utils.translation import gettext as _

from accounts.models import Membership, MembershipState, RoleGrant, Scope, Tenant
from accounts.ports import role_label, role_page
from accounts.rules.people import is_same_person, mailbox
from accounts.rules.scopes import ROOT
from accounts.services import audit
from kernel.errors import Refused
from kernel.permissions import Actor, Reach

ADMIN = "tenant_admin"
MOST_PEOPLE_IN_SOLO_MODE = 2  # S14: a third person can always be the second pair of eyes


class OwnRole(Refused):
    """Somebody tries to give himself a role (S6)."""

    code: ClassVar[str] = "own_role"


class RoleConflict(Refused):
    """One person would hold two roles that the rules keep apart."""

    code: ClassVar[str] = "role_conflict"


class LastAdmin(Refused):
    """The company would be left without an administrator (S6)."""

    code: ClassVar[str] = "last_admin"


class RoleNotGrantable(Refused):
    """The role cannot be given in this way."""

    code: ClassVar[str] = "role_not_grantable"


def grant_role(
    *, member: Membership, role: str, scope: Scope, reach: Reach | None, actor: Actor
) -> RoleGrant:
    """Give `member` a role at a node of the scope tree, or change the reach of one he holds there.

    `reach` None keeps the matrix. Raises OwnRole, RoleConflict or RoleNotGrantable. In solo mode a conflict
    is allowed for up to two people and marked "single control" in the audit trail (S14).
    """
    tenant = lock_people()
    if member.pk == actor.membership_id or is_same_person(member.email, actor.email):
        raise OwnRole(
            _("Nobody gives a role to himself (rule S6). Ask another administrator to give it."),
            rule="S6",
        )
    _refuse_ungrantable(role, scope, reach)
    rule = check_conflict(held_by_person(member) | {role}, tenant=tenant, name=member.name)
    grant, is_new = RoleGrant.objects.update_or_create(
        membership=member,
        role=role,
        scope=scope,
        defaults={"reach": reach, "granted_by_id": actor.membership_id},
    )
    audit.record(
        actor=actor,
        action="accounts.grant_role" if is_new else "accounts.change_role",
        object_kind="membership",
        object_id=member.pk,
        role=role,
        scope=scope.path,
        reach=reach,
        **({"single_control": True, "rule": rule} if rule else {}),
    )
    return grant


def revoke_role(*, grant: RoleGrant, actor: Actor) -> None:
    """Take a role away; it is gone at the holder's next request. Raises LastAdmin."""
    lock_people()
    if grant.role == ADMIN:
        refuse_last_admin(grant.membership)
    audit.record(
        actor=actor,
        action="accounts.revoke_role",
        object_kind="membership",
        object_id=grant.membership_id,
        role=grant.role,
        scope=grant.scope.path,
    )
    grant.delete()


def check_conflict(roles: frozenset[str], *, tenant: Tenant, name: str) -> str | None:
    """Return the rule that solo mode sets aside for these roles of one person; None when they agree anyway.

    Raises RoleConflict where the rule holds.
    """
    found = role_page().conflict(roles)
    if found is None:
        return None
    one, other, rule = found
    if tenant.is_solo and count_active() <= MOST_PEOPLE_IN_SOLO_MODE:
        return rule
    raise RoleConflict(
        _(
            "%(name)s cannot be %(one)s and %(other)s at once (rule %(rule)s: %(reason)s). "
            "Give one of the two roles to somebody else."
        )
        % {
            "name": name,
            "one": role_label(one),
            "other": role_label(other),
            "rule": rule,
            "reason": reason_of(rule),
        },
        rule=rule,
        roles=[one, other],
    )


def reason_of(rule: str) -> str:
    """Return in a few words why a segregation rule keeps two roles apart."""
    return {
        "S2": _("who applies cash does not collect"),
        "S3": _("who applies cash does not approve write-offs"),
        "S6": _("who manages users moves no money"),
    }.get(rule, rule)


def held_by_person(member: Membership) -> frozenset[str]:
    """Return the roles held by the person behind a membership, those of his other accounts included (S1)."""
    people = [member.pk]
    if member.email:
        domain = mailbox(member.email).rpartition("@")[2]
        others = Membership.objects.filter(email__iendswith=f"@{domain}").exclude(
            state=MembershipState.LEFT
        )
        people += [
            pk
            for pk, email in others.values_list("pk", "email")
            if is_same_person(email, member.email)
        ]
    return frozenset(RoleGrant.objects.filter(membership__in=people).values_list("role", flat=True))


def refuse_last_admin(leaving: Membership) -> None:
    """Raise LastAdmin when nobody else administers the company."""
    others = RoleGrant.objects.filter(
        role=ADMIN, membership__state=MembershipState.ACTIVE, membership__user__isnull=False
    ).exclude(membership=leaving)
    if not others.exists():
        raise LastAdmin(
            _(
                "%(name)s is the last administrator of this company. "
                "Give the role Tenant administrator to somebody else first."
            )
            % {"name": leaving.name},
            rule="S6",
        )


def count_active() -> int:
    """Return how many colleagues are at work in the current tenant."""
    return Membership.objects.filter(state=MembershipState.ACTIVE).count()


def lock_people() -> Tenant:
    """Return the tenant's row, locked until the end of the transaction: one change of people at a time."""
    return Tenant.objects.select_for_update().get()


def _refuse_ungrantable(role: str, scope: Scope, reach: Reach | None) -> None:
    page = role_page()
    if role not in page.COLLEAGUES:
        raise RoleNotGrantable(
            _("“%(role)s” is no role of a colleague. Choose one of the list.") % {"role": role},
            role=role,
        )
    if role == ADMIN and scope.path != ROOT:
        raise RoleNotGrantable(
            _(
                "An administrator administers the whole company. Give the role at its root, “%(root)s”."
            )
            % {"root": Scope.objects.get(path=ROOT).name},
            role=role,
        )
    if reach is not None and _is_by_assignment(role):
        raise RoleNotGrantable(
            _("%(role)s sees only what is entrusted to him. Leave the customers as the role says.")
            % {"role": role_label(role)},
            role=role,
        )


def _is_by_assignment(role: str) -> bool:
    page = role_page()
    cells = (page.CELLS.get((role, action)) for action in page.ACTIONS)
    return any(cell is not None and cell.reach is Reach.ASSIGNED for cell in cells)
