"""Which lines and documents somebody sees: those of his customers, and the lines entrusted to him one by one."""

from django.db.models import Q, QuerySet

from kernel.permissions import Actor, Reach
from ledger import permissions
from ledger.models import Customer, Document, DueLine, LineAssignment, within


def line_condition(actor: Actor, permission: str = permissions.SEE_CUSTOMERS) -> Q:
    """Return the filter of due lines over which `actor` holds `permission`."""
    condition = Q(customer__in=Customer.objects.visible_to(actor, permission))
    entrusted = _entrusted(actor, permission)
    return condition if entrusted is None else condition | Q(pk__in=entrusted.values("pk"))


def lines_visible_to(actor: Actor) -> QuerySet[DueLine]:
    """Return the due lines the actor may see."""
    return DueLine.objects.filter(line_condition(actor))


def documents_visible_to(actor: Actor) -> QuerySet[Document]:
    """Return the documents the actor may see: of an invoice of which one line is entrusted, the whole."""
    condition = Q(customer__in=Customer.objects.visible_to(actor))
    entrusted = _entrusted(actor, permissions.SEE_CUSTOMERS)
    if entrusted is not None:
        condition |= Q(pk__in=entrusted.values("document"))
    return Document.objects.filter(condition)


def _entrusted(actor: Actor, permission: str) -> QuerySet[DueLine] | None:
    """Return the lines entrusted to the actor inside his scopes; None where he holds nothing by assignment."""
    scopes = [held.scope_path for held in actor.held(permission) if held.reach is Reach.ASSIGNED]
    if not scopes:
        return None
    inside = Q(pk__in=[])
    for path in scopes:
        inside |= within(path)
    mine = LineAssignment.objects.filter(membership=actor.membership_id).values("due_line")
    return DueLine.objects.filter(
        pk__in=mine, customer__in=Customer.objects.filter(inside)
    ).order_by()
