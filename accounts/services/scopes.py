"""The scope tree of a company: nodes are added, renamed, moved and removed; the audit trail keeps each step (R16)."""

from collections.abc import Sequence
from typing import ClassVar

from django.db.models import F, ProtectedError, Value
from django.db.models.functions import Concat, Substr
from django.utils.translation import gettext as _

from accounts.models import Scope, ScopeKind
from accounts.ports import entity_opener
from accounts.rules import scopes as rules
from accounts.services import audit
from kernel.errors import Refused
from kernel.permissions import Actor


class ScopeRefused(Refused):
    """The tree would not be a tree any more, or two nodes would be one."""

    code: ClassVar[str] = "scope_refused"


class ScopeInUse(Refused):
    """Customers, entities or roles hang on the node."""

    code: ClassVar[str] = "scope_in_use"


def add_scope(
    *, parent: Scope, kind: str, code: str, name: str, currency: str, actor: Actor
) -> Scope:
    """Add a node below `parent`; an entity's node comes with its legal entity in `currency`. Raises ScopeRefused."""
    code = code.strip().upper()
    if not rules.is_code(code):
        raise ScopeRefused(
            _(
                "“%(code)s” cannot be a code: write up to 40 letters, digits, dashes or dots, without spaces."
            )
            % {"code": code}
        )
    _refuse_level(parent, kind, name)
    path = rules.path_below(parent.path, code)
    _refuse_taken(path)
    scope = Scope.objects.create(parent=parent, kind=kind, code=code, name=name, path=path)
    opener = entity_opener()
    if kind == ScopeKind.ENTITY and opener is not None:
        opener(scope=scope, currency=currency, actor=actor)
    _record(actor, "accounts.add_scope", scope, kind=kind, path=path)
    return scope


def rename_scope(*, scope: Scope, name: str, actor: Actor) -> None:
    """Give a node another name; its code and path stay."""
    scope.name = name
    scope.save(update_fields=["name"])
    _record(actor, "accounts.rename_scope", scope, path=scope.path)


def move_scope(*, scope: Scope, parent: Scope, actor: Actor) -> None:
    """Move a node with everything below it under another parent. Raises ScopeRefused.

    Rights follow at once: whoever holds a role above the new place sees the customers from now on. The audit
    trail keeps where it came from.
    """
    if scope.kind == ScopeKind.GROUP:
        raise ScopeRefused(_("The root of the tree stays where it is."))
    if rules.is_within(parent.path, scope.path):
        raise ScopeRefused(
            _("“%(name)s” cannot be moved below itself. Choose a node outside it.")
            % {"name": scope.name}
        )
    _refuse_level(parent, scope.kind, scope.name)
    old = scope.path
    new = rules.path_below(parent.path, scope.code)
    if new == old:
        return
    _refuse_taken(new)
    Scope.objects.filter(path__startswith=old).update(
        path=Concat(Value(new), Substr(F("path"), len(old) + 1))
    )
    Scope.objects.filter(pk=scope.pk).update(parent=parent)
    scope.refresh_from_db()
    _record(actor, "accounts.move_scope", scope, from_path=old, to_path=new)


def move_portfolios(*, source: Scope, target: Scope, actor: Actor) -> Sequence[Scope]:
    """Move every portfolio below `source` to lie directly below `target`, all or none; returns them by name.

    This is how a country changes from local teams to a shared centre and back (R16). Raises ScopeRefused.
    """
    portfolios = list(
        Scope.objects.filter(kind=ScopeKind.PORTFOLIO, path__startswith=source.path)
        .exclude(parent=target)
        .order_by("name")
    )
    if not portfolios:
        raise ScopeRefused(
            _("There is no portfolio below “%(source)s” that is not already below “%(target)s”.")
            % {"source": source.name, "target": target.name}
        )
    for portfolio in portfolios:
        move_scope(scope=portfolio, parent=target, actor=actor)
    return portfolios


def remove_scope(*, scope: Scope, actor: Actor) -> None:
    """Remove an empty node. Raises ScopeInUse, or ScopeRefused for the root."""
    if scope.kind == ScopeKind.GROUP:
        raise ScopeRefused(_("The root of the tree stays where it is."))
    path = scope.path
    key = scope.pk
    try:
        scope.delete()
    except ProtectedError as fault:
        raise ScopeInUse(
            _(
                "“%(name)s” still holds %(count)d customers, entities, roles or nodes. "
                "Move them first, then remove it."
            )
            % {"name": scope.name, "count": len(fault.protected_objects)}
        ) from fault
    audit.record(
        actor=actor,
        action="accounts.remove_scope",
        object_kind="scope",
        object_id=key,
        path=path,
    )


def _refuse_level(parent: Scope, kind: str, name: str) -> None:
    if not rules.can_contain(parent.kind, kind):
        raise ScopeRefused(
            _(
                "“%(name)s” (%(kind)s) cannot lie below “%(parent)s” (%(parent_kind)s): "
                "the order is group, country, entity, portfolio."
            )
            % {
                "name": name,
                "kind": ScopeKind(kind).label,
                "parent": parent.name,
                "parent_kind": ScopeKind(parent.kind).label,
            }
        )


def _refuse_taken(path: str) -> None:
    taken = Scope.objects.filter(path=path).first()
    if taken is not None:
        raise ScopeRefused(
            _("There is already “%(name)s” at %(path)s. Change the code of one of the two.")
            % {"name": taken.name, "path": path}
        )


def _record(actor: Actor, action: str, scope: Scope, **details: str) -> None:
    audit.record(actor=actor, action=action, object_kind="scope", object_id=scope.pk, **details)
