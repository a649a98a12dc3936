"""The papers of a request's file: what is expected, what is there."""

import hashlib
from datetime import datetime
from typing import ClassVar

from django.db import IntegrityError, transaction
from django.db.models import Count
from django.utils.translation import gettext as _

from accounts.services import audit
from credit.models import (
    DECIDED,
    CreditRequest,
    ExpectedPiece,
    RequestFile,
    RequestState,
)
from kernel.errors import Refused
from kernel.permissions import Actor
from ledger.rules.document_files import Problem, judged

MOST_OF_A_REQUEST = 30
OVER = frozenset({*DECIDED, RequestState.WITHDRAWN, RequestState.LAPSED})


class FileRefused(Refused):
    """The paper cannot be added so."""

    code: ClassVar[str] = "request_file_refused"


def expected_pieces(request: CreditRequest) -> list[ExpectedPiece]:
    """Return the papers expected in a request's file, in their order."""
    return [
        piece
        for piece in ExpectedPiece.objects.filter(is_archived=False)
        if (not piece.kinds or request.kind in piece.kinds)
        and (piece.above is None or request.asked_amount > piece.above)
    ]


def missing_pieces(request: CreditRequest) -> list[ExpectedPiece]:
    """Return the expected papers that are not there yet."""
    there = set(
        RequestFile.objects.filter(request=request).values_list("piece", flat=True).distinct()
    )
    return [piece for piece in expected_pieces(request) if piece.pk not in there]


def add_file(
    *,
    request: CreditRequest,
    piece: ExpectedPiece | None,
    name: str,
    content: bytes,
    actor: Actor,
    now: datetime,
) -> RequestFile:
    """Add a paper to a running request's file, by what its bytes are. Raises FileRefused."""
    if request.state in OVER:
        raise FileRefused(
            _("%(number)s is closed: its file is kept as it was decided.")
            % {"number": request.number}
        )
    found = judged(name, content)
    if found.problem is not None:
        raise FileRefused(_why(found.problem) % {"name": found.name})
    count = RequestFile.objects.filter(request=request).aggregate(count=Count("pk"))["count"]
    if count >= MOST_OF_A_REQUEST:
        raise FileRefused(
            _("%(number)s has %(count)s papers already, the most a file holds.")
            % {"number": request.number, "count": count}
        )
    digest = hashlib.sha256(content).hexdigest()
    try:
        with transaction.atomic():
            kept = RequestFile.objects.create(
                request=request,
                piece=piece,
                file_name=found.name,
                media_type=found.media_type,
                size=len(content),
                digest=digest,
                content=content,
                added_by_id=actor.membership_id,
                added_at=now,
            )
    except IntegrityError as twice:
        raise FileRefused(
            _("%(name)s is in the file of %(number)s already.")
            % {"name": found.name, "number": request.number}
        ) from twice
    audit.record(
        actor=actor,
        action="credit.add_request_file",
        object_kind="credit_request",
        object_id=request.pk,
        number=request.number,
        piece=piece.code if piece else "",
        digest=digest,
    )
    return kept


def _why(problem: Problem) -> str:
    return {
        Problem.EMPTY: _("%(name)s is empty."),
        Problem.TOO_LARGE: _("%(name)s is larger than 10 MB. Send a smaller copy."),
        Problem.KIND: _("%(name)s is no PDF, picture or XML; send one of these."),
        Problem.LOCKED: _("%(name)s is protected by a password. Send a copy without."),
        Problem.ACTIVE: _("%(name)s holds a program. Print it to a plain PDF and send that."),
        Problem.BROKEN: _("%(name)s is broken or cut short. Send it again."),
    }[problem]
