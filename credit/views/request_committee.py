"""What the page of a request shows of the committee: the votes to who reads opinions, where it stands to all."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from credit import committee_presenting as presenting
from credit.models import (
    RUNNING,
    AgendaFile,
    CreditRequest,
    RequestStep,
    SessionState,
    StepKind,
    StepState,
)
from credit.permissions import WRITE_CIRCUITS
from credit.queries import committee as queries
from credit.queries.requests import sees_opinions
from kernel import formats
from kernel.http import TenantRequest
from kernel.permissions import Verb

PENDING = (StepState.OPEN, StepState.WAITING)


def before_committee(
    request: TenantRequest, found: CreditRequest, steps: list[RequestStep]
) -> dict[str, Any]:
    """Return the committee's part of the page; nothing for a request that none ever saw."""
    is_pending = any(one.kind == StepKind.COMMITTEE and one.state in PENDING for one in steps)
    is_open = any(one.kind == StepKind.COMMITTEE and one.state == StepState.OPEN for one in steps)
    files = queries.committee_files_of(found)
    sitting = (
        queries.committee_for(found.portfolio.path)
        if found.state in RUNNING and not files
        else None
    )
    can_flag = (
        found.state in RUNNING
        and not is_pending
        and not files
        and sitting is not None
        and request.actor.can(WRITE_CIRCUITS, Verb.PROPOSE)
        and any(one.kind == StepKind.DECISION and one.state in PENDING for one in steps)
    )
    return {
        "committee": _shown(request, found, files[0]) if files else None,
        "committee_missing": is_open and not files and sitting is None,
        "can_flag": can_flag,
    }


def _shown(request: TenantRequest, found: CreditRequest, file: AgendaFile) -> dict[str, Any]:
    file.request = found
    for vote in file.votes.all():
        vote.file = file
    due = {
        one.pk for one in queries.files_to_vote(request.actor, now=request.now, today=request.today)
    }
    can_see = file.session is not None and (
        queries.seen_sessions(request.actor, request.today).filter(pk=file.session.pk).exists()
    )
    return {
        "one": presenting.shown(
            file,
            request.actor,
            due=due,
            today=request.today,
            sees_votes=sees_opinions(request.actor) or can_see,
        ),
        "when": _when(file),
        "minutes": file.session.minutes.first() if file.session else None,
        "can_see": can_see,
    }


def _when(file: AgendaFile) -> str:
    session = file.session
    if session is None:
        return ""
    if session.state == SessionState.CALLED and file.closed_at is None:
        return _("Closing on %(day)s") % {
            "day": formats.day_for_reader(timezone.localdate(session.closes_at))
        }
    day = file.closed_at or session.meets_at
    return _("Session of %(day)s") % {"day": formats.day_for_reader(timezone.localdate(day))}
