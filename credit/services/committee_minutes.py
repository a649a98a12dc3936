"""Minutes: every fact of a closed session frozen under a number, then drawn once in each language (R4).

The facts are frozen in the transaction that ends the last file. The PDF is made from them alone, later and as often
as the machine fails to: it never looks at the tables again.
"""

import hashlib
import json
from datetime import datetime
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django.db import IntegrityError, connection, transaction
from django.db.models import Max
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts.models import AuditEvent, Tenant
from accounts.services import audit
from credit import committee_words
from credit.models import (
    AgendaFile,
    CommitteeMinutes,
    CommitteeSession,
    FileState,
    MinutesFile,
    SessionState,
)
from credit.ports import pdf_press
from kernel.errors import Refused
from kernel.permissions import Actor, system_actor
from kernel.tenancy import current_tenant_id

LANGUAGES = ("fr", "en")
AT_ONCE = 10


class MinutesAltered(Refused):
    """The minutes kept are not the ones that were frozen."""

    code: ClassVar[str] = "minutes_altered"
    status: ClassVar[int] = 409


def freeze(session: CommitteeSession, *, actor: Actor, now: datetime) -> CommitteeMinutes | None:
    """Freeze the minutes of a closed session once no arbitration is awaited; None before. Safe to run twice."""
    fresh = CommitteeSession.objects.select_for_update(of=("self",)).get(pk=session.pk)
    if fresh.state != SessionState.CLOSED:
        return None
    if fresh.files.filter(state=FileState.ARBITRATION).exists():
        return None
    known = CommitteeMinutes.objects.filter(session=fresh).first()
    if known is not None:
        return known
    day = now.astimezone(_zone()).date()
    _lock_series(day.year)
    last = CommitteeMinutes.objects.filter(year=day.year).aggregate(last=Max("sequence"))["last"]
    minutes = CommitteeMinutes(
        session=fresh, year=day.year, sequence=(last or 0) + 1, frozen_at=now
    )
    minutes.snapshot = snapshot_of(fresh, number=minutes.number, now=now)
    minutes.digest = digest_of(minutes.snapshot)
    minutes.save()
    audit.record(
        actor=actor,
        action="credit.freeze_minutes",
        object_kind="committee_minutes",
        object_id=minutes.pk,
        number=minutes.number,
        sha256=minutes.digest,
    )
    return minutes


def _zone() -> ZoneInfo:
    return ZoneInfo(Tenant.objects.values_list("time_zone", flat=True).get())


def _lock_series(year: int) -> None:
    """Wait for anybody else who takes the next number, so that none is missing and none given twice."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))",
            [f"credit.minutes.{year}:{current_tenant_id()}"],
        )


def snapshot_of(session: CommitteeSession, *, number: str, now: datetime) -> dict[str, Any]:
    """Return every fact of a session as plain JSON values."""
    full = CommitteeSession.objects.select_related(
        "committee", "arbiter", "deputy_arbiter", "called_by", "closed_by"
    ).get(pk=session.pk)
    files = (
        full.files.select_related("request", "closed_by", "arbitrated_by", "flagged_by")
        .prefetch_related("votes__seat", "votes__voter", "votes__on_behalf_of", "tasks__assignee")
        .order_by("position")
    )
    plain: dict[str, Any] = json.loads(
        json.dumps(
            {
                "number": number,
                "house": Tenant.objects.values_list("name", flat=True).get(),
                "committee": full.committee.name,
                "meets_at": full.meets_at.isoformat(),
                "place": full.place,
                "closes_at": full.closes_at.isoformat(),
                "called_at": full.called_at.isoformat() if full.called_at else "",
                "called_by": _name(full.called_by),
                "closed_at": full.closed_at.isoformat() if full.closed_at else "",
                "closed_by": _name(full.closed_by),
                "frozen_at": now.isoformat(),
                "quorum": full.quorum,
                "arbiter": _name(full.arbiter),
                "deputy_arbiter": _name(full.deputy_arbiter),
                "seats": [
                    {
                        "position": one.position,
                        "member": one.member.name,
                        "substitute": _name(one.substitute),
                    }
                    for one in full.seats.select_related("member", "substitute")
                ],
                "files": [_file(one) for one in files],
            },
            default=str,
        )
    )
    return plain


def _name(person: Any) -> str:  # noqa: ANN401  a membership or nobody
    return person.name if person is not None else ""


def _file(file: AgendaFile) -> dict[str, Any]:
    request = file.request
    return {
        "reference": file.reference,
        "name": file.name,
        "source": file.source,
        "measure": file.measure,
        "state": file.state,
        "amount": file.amount,
        "currency": file.currency,
        "reason": file.reason,
        "flagged_by": _name(file.flagged_by),
        "votes": [
            {
                "seat": one.seat.position,
                "voter": one.voter.name,
                "on_behalf_of": _name(one.on_behalf_of),
                "position": one.position,
                "amount": one.amount,
                "deposit": one.deposit,
                "needs_guarantee": one.needs_guarantee,
                "review_months": one.review_months,
                "conditions": one.conditions,
                "reason": one.reason,
                "by_link": one.is_by_link,
                "at": one.at.isoformat(),
            }
            for one in file.votes.all()
        ],
        "result": file.result,
        "granted_amount": file.granted_amount,
        "conditions": file.conditions,
        "words": file.words,
        "closed_by": _name(file.closed_by),
        "closed_at": file.closed_at.isoformat() if file.closed_at else "",
        "arbitrated_by": _name(file.arbitrated_by),
        "arbitrated_at": file.arbitrated_at.isoformat() if file.arbitrated_at else "",
        "is_upheld": file.is_upheld,
        "arbitration_words": file.arbitration_words,
        "arbitrated_amount": request.granted_amount if request and file.arbitrated_by else None,
        "tasks": [
            {"kind": one.kind, "share": one.share, "words": one.words, "assignee": _name(one.assignee),
             "due_date": one.due_date.isoformat()}
            for one in file.tasks.all()
        ],
    }  # fmt: skip


def digest_of(snapshot: dict[str, Any]) -> str:
    """Return the SHA-256 of frozen facts, in hexadecimal: keys in order, nothing between them."""
    written = json.dumps(snapshot, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(written.encode()).hexdigest()


def paper(minutes: CommitteeMinutes, language: str, *, now: datetime) -> MinutesFile:
    """Return the minutes as PDF in a language, drawn at the first call. Raises MinutesAltered, PdfUnavailable."""
    verify(minutes)
    known = minutes.papers.filter(language=language).first()
    if known is None:
        known = _draw(minutes, language, now=now)
    if hashlib.sha256(bytes(known.pdf)).hexdigest() != known.digest:
        raise _altered(minutes)
    return known


def verify(minutes: CommitteeMinutes) -> None:
    """Hold the frozen facts against their digest and against the audit trail. Raises MinutesAltered."""
    kept = (
        AuditEvent.objects.filter(action="credit.freeze_minutes", object_id=str(minutes.pk))
        .order_by("sequence")
        .first()
    )
    if digest_of(minutes.snapshot) != minutes.digest:
        raise _altered(minutes)
    if kept is not None and kept.details.get("sha256") != minutes.digest:
        raise _altered(minutes)


def _altered(minutes: CommitteeMinutes) -> MinutesAltered:
    return MinutesAltered(
        _(
            "The minutes %(number)s kept here are not those that were frozen: their SHA-256 differs. Tell an "
            "administrator; a backup holds the original."
        )
        % {"number": minutes.number}
    )


def _draw(minutes: CommitteeMinutes, language: str, *, now: datetime) -> MinutesFile:
    with override(language), timezone.override(_zone()):
        html = render_to_string(
            "credit/committee_minutes_pdf.html",
            {
                "minutes": minutes,
                "language": language,
                "facts": committee_words.read_minutes(minutes.snapshot),
            },
        )
    pdf = pdf_press()(html)
    try:
        with transaction.atomic():
            drawn = MinutesFile.objects.create(
                minutes=minutes,
                language=language,
                pdf=pdf,
                digest=hashlib.sha256(pdf).hexdigest(),
                drawn_at=now,
            )
    except IntegrityError:  # somebody else drew it at the same instant: his is the one
        return MinutesFile.objects.get(minutes=minutes, language=language)
    audit.record(
        actor=system_actor(minutes.tenant_id),
        action="credit.draw_minutes",
        object_kind="committee_minutes",
        object_id=minutes.pk,
        number=minutes.number,
        language=language,
        sha256=drawn.digest,
    )
    return drawn


def next_to_draw() -> tuple[CommitteeMinutes, str] | None:
    """Return minutes that lack the paper of a language, with that language; None when every one is drawn."""
    for language in LANGUAGES:
        found = CommitteeMinutes.objects.exclude(papers__language=language).first()
        if found is not None:
            return found, language
    return None
