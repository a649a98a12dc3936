"""How the charter is kept, and what a draft of it would have done to the past year."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from accounts.services import audit
from accounts.step_up import ask_again, is_fresh
from credit import charter_words as words
from credit import permissions
from credit.models.charter import CharterJudgement, ProposalKind
from credit.queries import charter as queries
from credit.queries import charter_compliance as compliance
from credit.queries.charter_backtest import back_test
from credit.rules.charter import Breach, Effect
from credit.rules.charter_backtest import BackTest, Judged
from credit.services.charter import stored_breach
from kernel import formats
from kernel.errors import Refused
from kernel.http import TenantRequest, reads
from kernel.money import Money
from kernel.periods import months_back
from kernel.tables_export import CSV_MEDIA_TYPE, csv_lines
from ledger.permissions import EXPORT
from ledger.queries.paging import Page, bounds

PAGE_ROWS = 50
LONGEST_PAGE = 6  # digits
MONTHS = 3


@reads(permissions.SEE_OPINIONS)
def charter_compliance(request: TenantRequest) -> HttpResponse:
    """Show the rates of a period, what broke the charter and who stands outside it; `?format=csv` exports the list."""
    first, last, problem = _period(request)
    version = queries.version_in_force(request.today)
    judgements = compliance.visible_judgements(request.actor, first, last)
    broken = compliance.broken_judgements(judgements)
    if request.GET.get("format") == "csv":
        if not request.actor.can(EXPORT):
            raise PermissionDenied(EXPORT)
        if not request.tenant.is_demo and not is_fresh(request):
            return ask_again(request)
        return _file(request, (_broken_row(one) for one in broken))
    articles = version.as_articles() if version else ()
    outside = (
        compliance.outside_today(version, actor=request.actor, day=request.today) if version else []
    )
    rates = compliance.compliance_rates(judgements, articles)
    counts = compliance.by_article(outside)
    currency = request.tenant.currency
    page = _page(request, broken, broken.count())
    read = {article.number: words.read(article, currency) for article in articles}
    context = {
        "version": version,
        "signing": queries.signing_of(version) if version else None,
        "first": first,
        "last": last,
        "problem": problem,
        "rates": rates,
        "articles": [
            (read[int(rate.label)], rate, counts.get(int(rate.label), 0))
            for rate in rates.by_article
        ],
        "page": page,
        "broken": [(one, _sentences(one)) for one in page.rows],
        "outside_count": len(outside),
        "outside": [
            (one, [(b.article.number, words.figures_sentence(b)) for b in one.breaches])
            for one in outside[:PAGE_ROWS]
        ],
        "can_export": request.actor.can(EXPORT),
    }
    return render(request, "credit/charter_compliance.html", context)


def _page(request: TenantRequest, rows: Any, count: int) -> Page[Any]:  # noqa: ANN401  a list or a QuerySet
    """Return the page asked for, cut where the rows are."""
    asked = request.GET.get("page", "")
    number, cut = bounds(
        int(asked) if asked.isascii() and asked.isdigit() and len(asked) <= LONGEST_PAGE else 1,
        PAGE_ROWS,
        count,
    )
    return Page(list(rows[cut]), number, PAGE_ROWS, count)


def _period(request: TenantRequest) -> tuple[date, date, str]:
    """Return the period asked for, both days included; the past three months, with a word, where it cannot be read."""
    first, last = months_back(request.today, MONTHS), request.today
    spoken = words.language()
    try:
        if asked := request.GET.get("from", "").strip():
            first = formats.parse_day(asked, spoken, today=request.today)
        if asked := request.GET.get("to", "").strip():
            last = formats.parse_day(asked, spoken, today=request.today)
    except Refused as refused:
        return first, last, refused.message
    if last < first:
        return last, first, ""
    return first, last, ""


def _sentences(row: CharterJudgement) -> list[str]:
    found = []
    for stored in row.breaches.all():
        breach = stored_breach(stored, row.version)
        if breach is not None:
            found.append(
                _("Article %(number)s: %(figures)s")
                % {"number": stored.article_number, "figures": words.figures_sentence(breach)}
            )
    return found


def _broken_row(row: CharterJudgement) -> list[object]:
    return [
        row.day,
        row.customer.code if row.customer else "",
        row.customer.name if row.customer else row.subject,
        row.get_kind_display(),
        str(row.version.number),
        ", ".join(str(one.article_number) for one in row.breaches.all()),
        " ".join(_sentences(row)),
        row.get_outcome_display(),
        row.proposed_by.name if row.proposed_by else "",
        row.granted_by.name if row.granted_by else "",
        row.reason,
    ]


def _file(request: TenantRequest, rows: Iterator[list[object]]) -> HttpResponse:
    headings = [
        _("Day"),
        _("Customer code"),
        _("Customer"),
        pgettext("charter", "Proposal"),
        pgettext("charter", "Version"),
        _("Articles"),
        _("Figures"),
        pgettext("charter", "Outcome"),
        _("Proposed by"),
        _("Granted by"),
        _("Reason"),
    ]
    listed = list(rows)
    audit.record(
        actor=request.actor,
        action="ledger.export",
        object_kind="charter",
        rows=len(listed),
        filter=request.GET.urlencode(),
    )
    text = "".join(csv_lines(headings, listed, language=request.actor.language))  # type: ignore[arg-type]
    answer = HttpResponse(text.encode(), content_type=CSV_MEDIA_TYPE)
    name = f"charter-{request.today.isoformat()}.csv"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@reads(permissions.WRITE_CHARTER)
def charter_back_test(request: TenantRequest) -> HttpResponse:
    """Show what the draft, or the version in force, would have done to the past twelve months."""
    draft, in_force = queries.draft(), queries.version_in_force(request.today)
    version = in_force if request.GET.get("of") == "in_force" or draft is None else draft
    context: dict[str, object] = {"draft": draft, "in_force": in_force, "version": version}
    if version is not None:
        found = back_test(version.as_articles(), actor=request.actor, today=request.today)
        effect = _effect(request)
        rows = found.having(effect)
        page = _page(request, rows, len(rows))
        context |= {
            "found": found,
            "counts": _counts(found),
            "articles": [
                (
                    words.read(tally.article, request.tenant.currency),
                    tally,
                    words.missing_words(tally.missing),
                )
                for tally in found.tallies
                if tally.article.check.value != "text_only"
            ],
            "sides": _sides(found),
            "effect": effect.value,
            "page": page,
            "rows": [_row(one, found, request.tenant.currency) for one in page.rows],
        }
    return render(request, "credit/charter_back_test.html", context)


def _effect(request: TenantRequest) -> Effect:
    asked = request.GET.get("effect", "")
    return Effect(asked) if asked in set(Effect) else Effect.REFUSE


def _counts(found: BackTest) -> list[tuple[str, str, int]]:
    labels = (
        (Effect.REFUSE, _("Would have been refused")),
        (Effect.ESCALATE, _("Would have gone higher")),
        (Effect.WARN, _("Would have been warned of")),
    )
    return [(effect.value, label, len(found.having(effect))) for effect, label in labels]


def _sides(found: BackTest) -> list[dict[str, object]]:
    return [
        {"label": _("What the charter would have stopped"), "paid": found.stopped},
        {"label": _("All the rest"), "paid": found.rest},
    ]


def _row(one: Judged, found: BackTest, currency: str) -> dict[str, object]:
    event = one.event
    code, name = found.customers[event.customer_id]
    proposal = event.proposal
    return {
        "day": event.day,
        "code": code,
        "name": name,
        "kind": ProposalKind(proposal.kind).label,
        "amount": None if proposal.amount is None else Money(proposal.amount, proposal.currency),
        "broken": [_broken(breach, currency) for breach in one.broken],
    }


def _broken(breach: Breach, currency: str) -> str:
    article = words.read(breach.article, currency)
    return _("%(number)s. %(title)s: %(figures)s") % {
        "number": article.number,
        "title": article.title,
        "figures": words.figures_sentence(breach),
    }
