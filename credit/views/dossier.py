"""A request's whole file on paper: what is asked, advised and insured, every step, the votes, what was said."""

import hashlib

from django.http import HttpResponse
from django.template.loader import render_to_string

from accounts.services import audit
from credit import committee_words
from credit import request_presenting as presenting
from credit.models import CreditRequest
from credit.permissions import SEE_OPINIONS
from credit.ports import pdf_press
from credit.queries.committee import committee_files_of
from credit.queries.exposure import exposure, headroom
from credit.queries.limits import limit_on
from credit.queries.settings import office_hours
from credit.views.request import seen_request
from kernel.http import TenantRequest, reads
from kernel.money import Money

MOST_SAID = 12  # messages of the thread, the latest, so that the file keeps to two pages


@reads(SEE_OPINIONS)
def dossier(request: TenantRequest, number: str) -> HttpResponse:
    """Return the file as a PDF of two pages; its facts are those of this instant, and the trail keeps their digest."""
    found = seen_request(request, number)
    html = render_to_string("credit/dossier_pdf.html", _facts(request, found))
    digest = hashlib.sha256(html.encode()).hexdigest()
    audit.record(
        actor=request.actor,
        action="credit.print_dossier",
        object_kind="credit_request",
        object_id=found.pk,
        number=found.number,
        sha256=digest,
    )
    answer = HttpResponse(
        pdf_press()(html.replace("@digest@", digest)), content_type="application/pdf"
    )
    answer.headers["Content-Disposition"] = f'attachment; filename="{found.number}.pdf"'
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer


def _facts(request: TenantRequest, found: CreditRequest) -> dict[str, object]:
    steps = list(
        found.steps.select_related("person", "done_by", "on_behalf_of", "terms").order_by(
            "number", "position"
        )
    )
    for step in steps:
        step.request = found
    votes = []
    for file in committee_files_of(found):
        for vote in file.votes.all():
            vote.file = file
            votes.append(committee_words.vote_shown(vote))
    customer = found.customer_id
    granted = found.granted_amount
    return {
        "found": found,
        "tenant_name": request.tenant.name,
        "language": presenting.language(),
        "now": request.now,
        "reader": request.actor.name,
        "figures": presenting.figures(found, steps),
        "granted": None if granted is None else Money(granted, found.currency),
        "stages": presenting.stages(
            found, steps, hours=office_hours(), me=None, sees_opinions=True
        ),
        "said": [step for step in steps if step.words],
        "votes": votes,
        "standing": {
            "limit": limit_on(customer, request.today),
            "owed": list(exposure(customer, request.today).values()),
            "headroom": headroom(customer, request.today),
        }
        if customer
        else None,
        "papers": found.files.defer("content"),
        "thread": list(found.messages.select_related("author").order_by("-at")[:MOST_SAID])[::-1],
    }
