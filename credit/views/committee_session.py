"""One session of a committee: its files, their votes, closing, and the minutes."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from credit import committee_presenting as presenting
from credit.forms.committee import ArbitrationForm, ReasonForm, VoteForm
from credit.models import (
    AgendaFile,
    CommitteeMinutes,
    CommitteeSession,
    FileState,
    SessionState,
)
from credit.permissions import APPROVE_LIMIT, WRITE_CIRCUITS
from credit.queries import committee as queries
from credit.queries.requests import seen_requests
from credit.services import committee_sessions as services
from credit.services.charter import note_refusal
from credit.services.committee_closing import arbitrate as arbitrate_file
from credit.services.committee_closing import close_session
from credit.services.committee_files import flag_request
from credit.services.committee_minutes import LANGUAGES, paper
from credit.services.committee_votes import vote as cast_vote
from kernel.errors import Refused
from kernel.http import TenantRequest, edits, reads, writes
from kernel.permissions import Verb
from ledger.permissions import SEE_CUSTOMERS

UNPROCESSABLE = 422
proposes = writes(WRITE_CIRCUITS, Verb.PROPOSE)


def seen_session(request: TenantRequest, session_id: UUID) -> CommitteeSession:
    """Return a session that the reader sees; 404 otherwise."""
    sessions = queries.seen_sessions(request.actor, request.today).select_related(
        "committee__scope", "arbiter", "deputy_arbiter", "closed_by", "called_by"
    )
    found: CommitteeSession = get_object_or_404(sessions.distinct(), pk=session_id)
    return found


@reads(SEE_CUSTOMERS)
def page(request: TenantRequest, committee_session_id: UUID) -> HttpResponse:
    """Show a session with its files, votes and quorum."""
    return _page(request, seen_session(request, committee_session_id))


def _page(
    request: TenantRequest, session: CommitteeSession, problems: list[str] | None = None
) -> HttpResponse:
    due = {
        one.pk for one in queries.files_to_vote(request.actor, now=request.now, today=request.today)
    }
    files = _files(session)
    minutes = session.minutes.first()
    is_preparing = queries.prepares(request.actor, session.committee)
    is_late = session.state == SessionState.CALLED and request.now >= session.closes_at
    can_prepare = is_preparing and session.state in {SessionState.PREPARING, SessionState.CALLED}
    context = {
        "session": session,
        "files": [
            presenting.shown(one, request.actor, due=due, today=request.today) for one in files
        ],
        "seats": session.seats.select_related("member", "substitute"),
        "minutes": minutes,
        "languages": LANGUAGES,
        "is_late": is_late,
        "problems": problems or [],
        "can_prepare": can_prepare,
        "can_cancel": can_prepare and not any(one.votes.all() for one in files),
        "can_close": session.state == SessionState.CALLED
        and request.actor.can(APPROVE_LIMIT, Verb.APPROVE),
        "is_waiting": any(one.state == FileState.ARBITRATION for one in files),
    }
    status = UNPROCESSABLE if problems else 200
    return render(request, "credit/committee_session.html", context, status=status)


def _files(session: CommitteeSession) -> list[AgendaFile]:
    files = list(
        session.files.select_related(
            "request__portfolio", "request__customer__sales_rep", "request__requested_by",
            "customer__sales_rep", "customer__portfolio", "flagged_by", "closed_by", "arbitrated_by",
        )
        .prefetch_related("votes__voter", "votes__on_behalf_of", "votes__seat__member", "tasks")
        .order_by("position")
    )  # fmt: skip
    for one in files:
        one.session = session
        for vote in one.votes.all():
            vote.file = one
    return files


@proposes
def fill(request: TenantRequest, committee_session_id: UUID) -> HttpResponse:
    """Put on the agenda what came in since."""
    session = seen_session(request, committee_session_id)
    count = services.fill(session, now=request.now)
    messages.success(
        request,
        ngettext("%(count)s file added.", "%(count)s files added.", count) % {"count": count},
    )
    return redirect("committee_session", session.pk)


@proposes
def call(request: TenantRequest, committee_session_id: UUID) -> HttpResponse:
    """Call the session: everybody gets the agenda with personal links."""
    session = seen_session(request, committee_session_id)
    services.call(session=session, actor=request.actor, now=request.now)
    messages.success(request, _("Called: every member gets the agenda and a link to vote."))
    return redirect("committee_session", session.pk)


@proposes
def cancel(request: TenantRequest, committee_session_id: UUID) -> HttpResponse:
    """Cancel a session in which nobody voted."""
    session = seen_session(request, committee_session_id)
    services.cancel(session=session, actor=request.actor, now=request.now)
    messages.success(request, _("Cancelled; its files wait for the next session."))
    return redirect("committees")


@writes(APPROVE_LIMIT, Verb.APPROVE)
def close(request: TenantRequest, committee_session_id: UUID) -> HttpResponse:
    """Close the votes: consensus takes effect, anything else goes to the director."""
    session = seen_session(request, committee_session_id)
    said = {one.pk: request.POST.get(f"words_{one.pk}", "")[:1000] for one in session.files.all()}
    done = close_session(
        session=session, actor=request.actor, now=request.now, today=request.today, words=said
    )
    for refused in done.refused:
        note_refusal(refused)
    if done.left:
        session.refresh_from_db()
        return _page(request, session, [message for _file, message in done.left])
    messages.success(request, _("The session is closed."))
    return redirect("committee_session", session.pk)


def _seen_file(request: TenantRequest, file_id: UUID) -> AgendaFile:
    file = get_object_or_404(AgendaFile.objects.select_related("session"), pk=file_id)
    if file.session is None:
        raise Http404
    session = seen_session(request, file.session.pk)
    return next(one for one in _files(session) if one.pk == file.pk)


@edits(SEE_CUSTOMERS, Verb.READ)
def vote(request: TenantRequest, agenda_file_id: UUID) -> HttpResponse:
    """Vote on a file from one's seat."""
    file = _seen_file(request, agenda_file_id)
    form = VoteForm(request.POST or None, has_amount=file.amount is not None)
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                cast_vote(
                    file=file,
                    ballot=form.ballot(),
                    reason=form.cleaned_data["reason"],
                    actor=request.actor,
                    now=request.now,
                    today=request.today,
                )
        except Refused as refused:
            form.add_error(None, refused.message)
        else:
            messages.success(request, _("Your vote on %(name)s is recorded.") % {"name": file.name})
            return redirect("committee_session", file.session_id)
    return _file_page(request, file, {"vote_form": form})


def _file_page(request: TenantRequest, file: AgendaFile, forms: dict[str, Any]) -> HttpResponse:
    due = {
        one.pk for one in queries.files_to_vote(request.actor, now=request.now, today=request.today)
    }
    shown = presenting.shown(file, request.actor, due=due, today=request.today)
    bound = next((form for form in forms.values() if form.is_bound), None)
    analysis = None
    if file.request is not None:
        analysis = file.request.steps.filter(kind="analysis", state="done").last()
    context = {
        "shown": shown,
        "session": file.session,
        "analysis": analysis,
        "is_open": presenting.is_open(file, request.now),
        "can_postpone": presenting.is_open(file, request.now)
        and file.session is not None
        and queries.prepares(request.actor, file.session.committee),
        "postpone_form": ReasonForm(auto_id="postpone_%s"),
        "arbitration_form": ArbitrationForm(auto_id="arbitration_%s"),
        "form": bound,
        **forms,
    }
    status = UNPROCESSABLE if bound is not None and bound.errors else 200
    return render(request, "credit/committee_vote.html", context, status=status)


@proposes
def postpone(request: TenantRequest, agenda_file_id: UUID) -> HttpResponse:
    """Leave a file for the next session."""
    file = _seen_file(request, agenda_file_id)
    services.postpone(
        file=file, reason=request.POST.get("reason", ""), actor=request.actor, now=request.now
    )
    messages.success(request, _("%(name)s waits for the next session.") % {"name": file.name})
    return redirect("committee_session", file.session_id)


@writes(SEE_CUSTOMERS, Verb.READ)
def arbitrate(request: TenantRequest, agenda_file_id: UUID) -> HttpResponse:
    """Decide as the named director about a customer on whom the seats did not agree."""
    file = _seen_file(request, agenda_file_id)
    form = ArbitrationForm(request.POST, auto_id="arbitration_%s")
    if not form.is_valid():
        return _file_page(request, file, {"vote_form": VoteForm(), "arbitration_form": form})
    arbitrate_file(
        file=file,
        is_upheld=form.cleaned_data["outcome"] == "upheld",
        words=form.cleaned_data["words"],
        actor=request.actor,
        now=request.now,
        today=request.today,
    )
    messages.success(request, _("Arbitration recorded; the minutes keep it."))
    return redirect("committee_session", file.session_id)


@proposes
def flag(request: TenantRequest, number: str) -> HttpResponse:
    """Put a running request before the committee, with a reason."""
    found = get_object_or_404(seen_requests(request.actor), number=number)
    flag_request(
        request=found,
        reason=request.POST.get("reason", ""),
        actor=request.actor,
        now=request.now,
        today=request.today,
    )
    messages.success(request, _("%(number)s goes before the committee.") % {"number": number})
    return redirect("credit_request", number)


@reads(SEE_CUSTOMERS)
def minutes_paper(request: TenantRequest, minutes_id: UUID) -> HttpResponse:
    """Hand out the frozen minutes, in the language asked for or the reader's."""
    found: CommitteeMinutes = get_object_or_404(CommitteeMinutes, pk=minutes_id)
    seen_session(request, found.session_id)
    asked = request.GET.get("lang", request.actor.language)[:2]
    kept = paper(found, asked if asked in LANGUAGES else "en", now=request.now)
    answer = HttpResponse(bytes(kept.pdf), content_type="application/pdf")
    name = f"{found.number}-{kept.language}.pdf"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer
