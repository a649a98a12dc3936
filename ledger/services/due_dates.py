"""Another due date by agreement: the contractual date stays, or every indicator would be negotiable (DOMAIN 2.1)."""

from datetime import date
from typing import ClassVar

from django.utils.translation import gettext as _

from accounts.services import audit
from kernel.errors import Refused
from kernel.permissions import Actor
from ledger.models import DueLine, TimelineKind
from ledger.services.history import note
from ledger.services.locks import lock_customer, lock_line


class RedatingRefused(Refused):
    """The due date cannot be moved so."""

    code: ClassVar[str] = "redating_refused"


def redate_line(
    *, line: DueLine, due_date: date, reason: str, actor: Actor, today: date
) -> DueLine:
    """Move the agreed due date of an open line; the contractual date, the author and the reason are kept.

    Raises RedatingRefused without a reason, on a settled line, on a credit, or before the document's own date.
    """
    lock_customer(line.customer_id)
    locked = lock_line(line.pk)
    _refuse(locked, due_date, reason)
    before, locked.due_date = locked.due_date, due_date
    locked.redated_reason = reason.strip()[:200]
    locked.is_estimated = False
    locked.save(update_fields=["due_date", "redated_reason", "is_estimated"])
    dates = {"before": before.isoformat(), "after": due_date.isoformat()}
    audit.record(
        actor=actor,
        action="ledger.redate_line",
        object_kind="due_line",
        object_id=locked.pk,
        decided=today.isoformat(),
        contractual=locked.contractual_due_date.isoformat(),
        **dates,
    )
    note(
        customer=locked.customer_id,
        kind=TimelineKind.CHANGE,
        text_code="ledger.line_redated",
        actor=actor,
        words=reason.strip(),
        object_id=locked.pk,
        facts={"document": locked.document.number, **dates},
    )
    return locked


def _refuse(line: DueLine, due_date: date, reason: str) -> None:
    facts = {"document": line.document.number, "asked": due_date, "issued": line.issue_date}
    if not reason.strip():
        raise RedatingRefused(
            _("Say why %(document)s falls due on another day; it stays in its history.") % facts
        )
    if line.amount <= 0:
        raise RedatingRefused(
            _("%(document)s is no debt: only what a customer owes falls due.") % facts
        )
    if not line.is_open:
        raise RedatingRefused(
            _("%(document)s is settled; its due date can no longer be moved.") % facts
        )
    if due_date < line.issue_date:
        raise RedatingRefused(
            _(
                "%(document)s was issued on %(issued)s and cannot fall due on %(asked)s, before it. "
                "Choose a day from %(issued)s on."
            )
            % facts
        )
    if due_date == line.due_date:
        raise RedatingRefused(_("%(document)s already falls due on %(asked)s.") % facts)
