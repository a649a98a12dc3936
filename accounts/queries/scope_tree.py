"""Questions about the scope tree."""

from dataclasses import dataclass

from django.db.models import Count

from accounts.models import AuditEvent, RoleGrant, Scope
from accounts.rules.scopes import can_contain


@dataclass(frozen=True, slots=True)
class Node:
    """A node of the tree as it is listed: `depth` 0 is the group."""

    scope: Scope
    depth: int
    holders: int
    parents: tuple[Scope, ...]


def scope_tree() -> list[Node]:
    """Return every node in the order of the tree, with how many roles are held there and where it could move to."""
    scopes = list(Scope.objects.order_by("path"))
    holders = dict(
        RoleGrant.objects.values_list("scope").annotate(count=Count("pk")).order_by("scope")
    )
    return [
        Node(
            scope=scope,
            depth=scope.path.count("/") - 1,
            holders=holders.get(scope.pk, 0),
            parents=tuple(
                parent
                for parent in scopes
                if can_contain(parent.kind, scope.kind)
                and not parent.path.startswith(scope.path)
                and parent.pk != scope.parent_id
            ),
        )
        for scope in scopes
    ]


def scope_history(limit: int = 20) -> list[AuditEvent]:
    """Return the latest changes of the tree, newest first."""
    return list(AuditEvent.objects.filter(object_kind="scope").order_by("-sequence")[:limit])
