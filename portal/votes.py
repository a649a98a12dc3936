"""The page behind a committee member's personal address: one vote on one file, then it is worth nothing.

Opening it votes nothing, and a form sent without the typed confirmation neither: mail scanners open every link, and
some send what they find (P18). The address is a signature over the row that names file, seat and person; what that
person may do is asked of him again, as if he had signed in.
"""

from uuid import UUID

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone, translation
from django.utils.timezone import override as in_zone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from accounts.models import Tenant
from accounts.queries import actor_of
from credit.committee_presenting import is_open
from credit.committee_words import measure_words
from credit.forms.committee import VoteForm
from credit.models import CommitteeVote, VoteLink
from credit.services.committee_votes import vote
from credit.services.vote_links import read_token
from kernel.errors import Refused
from kernel.http import public
from kernel.money import Money
from kernel.permissions import Actor
from kernel.tenancy import tenant_scope
from portal import throttle


@public
@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def vote_by_link(request: HttpRequest, token: str) -> HttpResponse:
    """Show the file a personal address is for; take the vote on a confirmed POST."""
    if throttle.is_too_often(request, what="vote", limit=throttle.PAGES_PER_WINDOW):
        context = {"brand_name": "Échéo", "seconds": throttle.WINDOW_SECONDS}
        response = render(request, "portal/too_often.html", context, status=429)
        response.headers["Retry-After"] = str(throttle.WINDOW_SECONDS)
        return response
    found = read_token(token)
    if found is None:
        return _unknown(request)
    tenant_id, link_id = found
    with tenant_scope(tenant_id):
        return _private(_answer(request, link_id))


def _answer(request: HttpRequest, link_id: UUID) -> HttpResponse:
    tenant = Tenant.objects.first()
    link = (
        VoteLink.objects.filter(pk=link_id)
        .select_related(
            "file__session__committee",
            "file__request",
            "file__customer",
            "seat__member",
            "person__user",
        )
        .first()
    )
    actor = actor_of(link.person_id) if link is not None else None
    if tenant is None or link is None or actor is None:
        return _unknown(request)
    language = link.person.user.language if link.person.user else tenant.language
    with translation.override(language), in_zone(tenant.time_zone):
        response = _page(request, tenant, link, actor)
    response.headers["Content-Language"] = language
    return response


def _page(request: HttpRequest, tenant: Tenant, link: VoteLink, actor: Actor) -> HttpResponse:
    file, now = link.file, timezone.now()
    form = VoteForm(
        request.POST if request.method == "POST" else None,
        reference=file.reference,
        has_amount=file.amount is not None,
    )
    given = _given(link)
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                given = vote(
                    file=file,
                    ballot=form.ballot(),
                    reason=form.cleaned_data["reason"],
                    actor=actor,
                    now=now,
                    today=timezone.localdate(now),
                    link=link,
                )
        except Refused as refused:
            form.add_error(None, refused.message)
    amount = None if file.amount is None else Money(file.amount, file.currency)
    context = {
        "brand_name": tenant.name,
        "file": file,
        "session": file.session,
        "amount": amount,
        "measure": measure_words(file.measure, amount),
        "seat": link.seat.member,
        "person": link.person,
        "vote": given,
        "is_open": given is None and is_open(file, now),
        "form": form,
    }
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "portal/vote.html", context, status=status)


def _given(link: VoteLink) -> CommitteeVote | None:
    found: CommitteeVote | None = (
        CommitteeVote.objects.filter(file=link.file_id, seat=link.seat_id)
        .select_related("voter")
        .first()
    )
    return found


def _unknown(request: HttpRequest) -> HttpResponse:
    context = {"brand_name": "Échéo", "file": None}
    return _private(render(request, "portal/vote.html", context, status=404))


def _private(response: HttpResponse) -> HttpResponse:
    """Keep the page out of every cache, search engine and referrer."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    return response
