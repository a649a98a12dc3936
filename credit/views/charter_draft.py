"""The editor of the charter: its draft article by article, what it changes, its publication."""

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from credit import charter_words as words
from credit import permissions
from credit.forms.charter import ArticleForm
from credit.models.charter import CharterCheck, CharterVersion
from credit.queries import charter as queries
from credit.rules.charter import Article, Check
from credit.rules.charter_text import Change, changes
from credit.services import charter_drafts as drafts
from kernel.errors import Refused
from kernel.http import TenantRequest, reads, writes
from kernel.permissions import Verb

UNPROCESSABLE = 422
proposes = writes(permissions.WRITE_CHARTER, Verb.PROPOSE, Verb.APPROVE)
decides = writes(permissions.PUBLISH_CHARTER)


@reads(permissions.WRITE_CHARTER)
def editor(request: TenantRequest) -> HttpResponse:
    """Show the draft; `?article=` opens one of its articles, `?check=` the form of a new one."""
    draft = queries.draft()
    form = None
    if draft is not None:
        form = _asked_form(request, draft)
    return _page(request, draft, form)


def _page(
    request: TenantRequest,
    draft: CharterVersion | None,
    form: ArticleForm | None,
    number: int | None = None,
) -> HttpResponse:
    published = queries.newest_published()
    articles = draft.as_articles() if draft else ()
    opened = number or _number(request.GET.get("article", ""))
    currency = request.tenant.currency
    context = {
        "draft": draft,
        "published": published,
        "seen": drafts.stamp(draft) if draft else "",
        "articles": [words.read(one, currency) for one in articles],
        "checks": CharterCheck.choices,
        "form": form,
        "opened": opened if any(one.number == opened for one in articles) else None,
        "now": [
            words.read(one, currency, name)
            for one in articles
            if one.number == opened
            for name in ("fr", "en")
        ],
        "check_label": CharterCheck(form.check_code).label if form else "",
        "authors": queries.author_names(draft) if draft else [],
    }
    is_refused = form is not None and form.is_bound
    return render(
        request, "credit/charter_draft.html", context, status=UNPROCESSABLE if is_refused else 200
    )


def _asked_form(request: TenantRequest, draft: CharterVersion) -> ArticleForm | None:
    articles = {one.number: one for one in draft.as_articles()}
    free = max(articles, default=0) + 1
    if (asked := _number(request.GET.get("article", ""))) in articles:
        article = articles[asked]
        return ArticleForm(None, check=article.check, article=article, number=free)
    check = request.GET.get("check", "")
    if check in set(Check):
        return ArticleForm(None, check=Check(check), article=None, number=free)
    return None


@proposes
def open_draft(request: TenantRequest) -> HttpResponse:
    """Begin the next version from the one in force, or from the ready charter."""
    drafts.open_draft(actor=request.actor, is_ready=bool(request.POST.get("ready")))
    return redirect("charter_draft")


@proposes
def write(request: TenantRequest) -> HttpResponse:
    """Save one article; what was typed stays in the form when it is refused."""
    check = request.POST.get("check", "")
    if check not in set(Check):
        raise Http404
    number = _number(request.POST.get("was", ""))
    form = ArticleForm(request.POST, check=Check(check), article=None, number=number or 1)
    if form.is_valid() and _written(request, form, form.as_article(), number):
        messages.success(request, _("Saved in the draft."))
        return redirect("charter_draft")
    return _page(request, queries.draft(), form, number)


def _written(
    request: TenantRequest, form: ArticleForm, article: Article, number: int | None
) -> bool:
    try:
        with transaction.atomic():
            drafts.write_article(
                article=article,
                seen=request.POST.get("seen", ""),
                actor=request.actor,
                number=number,
            )
    except Refused as refused:
        field = refused.details.get("field")
        form.add_error(field if field in form.fields else None, refused.message)
        return False
    return True


@proposes
def remove(request: TenantRequest, number: int) -> HttpResponse:
    """Take an article out of the draft."""
    drafts.remove_article(number=number, seen=request.POST.get("seen", ""), actor=request.actor)
    messages.success(
        request, _("Article %(number)s is taken out of the draft.") % {"number": number}
    )
    return redirect("charter_draft")


@proposes
def discard(request: TenantRequest) -> HttpResponse:
    """Throw the draft away."""
    drafts.discard_draft(seen=request.POST.get("seen", ""), actor=request.actor)
    messages.success(request, _("The draft is discarded."))
    return redirect("charter")


@reads(permissions.WRITE_CHARTER)
def compare(request: TenantRequest) -> HttpResponse:
    """Show what the draft changes, article by article, before another person publishes it."""
    draft = queries.draft()
    if draft is None:
        raise Http404
    published = queries.newest_published()
    before = published.as_articles() if published else ()
    is_author = str(request.actor.membership_id) in draft.authors
    faults = []
    try:
        drafts.refuse_unlawful(draft.as_articles(), today=request.today)
    except Refused as refused:
        faults.append(refused.message)
    context = {
        "draft": draft,
        "published": published,
        "seen": drafts.stamp(draft),
        "changes": [
            _shown(one, request.tenant.currency) for one in changes(before, draft.as_articles())
        ],
        "faults": faults,
        "authors": queries.author_names(draft),
        "is_author": is_author,
        "can_publish": request.actor.can(permissions.PUBLISH_CHARTER) and not is_author,
    }
    return render(request, "credit/charter_changes.html", context)


def _shown(change: Change, currency: str) -> dict[str, object]:
    """Return a change with both sides as their readers see them, in each language; equal lines are left out."""
    lines = []
    for language in ("fr", "en"):
        before = words.read(change.before, currency, language) if change.before else None
        after = words.read(change.after, currency, language) if change.after else None
        for name in ("title", "text", "binds"):
            old, new = getattr(before, name, ""), getattr(after, name, "")
            if old != new:
                lines.append((language, old, new))
    return {"number": change.number, "kind": change.kind, "lines": lines}


@decides
def publish(request: TenantRequest) -> HttpResponse:
    """Publish the draft, from today on."""
    version = drafts.publish(
        seen=request.POST.get("seen", ""),
        actor=request.actor,
        today=request.today,
        now=request.now,
    )
    messages.success(
        request,
        _("Version %(number)s is in force from today. Everybody is asked to sign it.")
        % {"number": version.number},
    )
    return redirect("charter")


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 4 else None  # noqa: PLR2004  digits
