"""The page of the causes of non-payment: bars with their share, and the contacts behind each."""

from datetime import date, timedelta

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from dunning import permissions
from dunning import scenario_words as words
from dunning.models import Cause
from dunning.queries import causes as queries
from dunning.queries.call import CauseCount
from dunning.queries.scenario_pages import portfolio_names
from kernel import charts, formats
from kernel.components import Link
from kernel.http import TenantRequest, reads
from ledger.queries.paging import Page, bounds

PERIODS = (30, 90, 365)  # days up to today
USUAL = 90
A_PAGE = 25
MOST_DIGITS = 6


@reads(permissions.SEND_REMINDER)
def causes(request: TenantRequest) -> HttpResponse:
    """Show why customers had not paid, in a period and a portfolio; `cause` lists the contacts behind one."""
    days = _days(request.GET.get("days", ""))
    portfolios = {queries.EVERYTHING: _("Everything"), **portfolio_names()}
    portfolio = request.GET.get("portfolio", queries.EVERYTHING)
    if portfolio not in portfolios:
        portfolio = queries.EVERYTHING
    asked = queries.Asked(_first(request.today, days), request.today, portfolio)
    found = queries.causes(request.actor, asked)
    cause = request.GET.get("cause", "")
    chosen = Cause(cause) if cause in set(Cause.values) else None
    shown = queries.contacts(request.actor, asked)
    if chosen is not None:
        shown = shown.filter(cause=chosen)
    count = shown.count()
    number, cut = bounds(_page_number(request), A_PAGE, count)
    unknown = queries.unknown_share(found)
    context = {
        "chart": _chart(found, days, portfolio) if found else None,
        "unknown": unknown,
        "target": queries.UNKNOWN_TARGET,
        "is_vague": unknown > queries.UNKNOWN_TARGET,
        "views": [
            Link(_address(each, portfolio), _period(each), is_current=each == days)
            for each in PERIODS
        ],
        "portfolios": [
            Link(_address(days, path), name, is_current=path == portfolio)
            for path, name in portfolios.items()
        ],
        "chosen": chosen,
        "whole": _address(days, portfolio),
        "contacts": Page(list(shown[cut]), number, A_PAGE, count),
        "asked": asked,
    }
    return render(request, "dunning/causes.html", context)


def _first(today: date, days: int) -> date:
    return today - timedelta(days=days - 1)


def _days(text: str) -> int:
    is_number = text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS
    return int(text) if is_number and int(text) in PERIODS else USUAL


def _page_number(request: TenantRequest) -> int:
    text = request.GET.get("page", "")
    is_number = text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS
    return max(1, int(text)) if is_number else 1


def _period(days: int) -> str:
    return ngettext("%(count)s day", "%(count)s days", days) % {"count": days}


def _address(days: int, portfolio: str, **more: str) -> str:
    return f"?{urlencode({'days': str(days), 'portfolio': portfolio, **more})}"


def _chart(found: list[CauseCount], days: int, portfolio: str) -> charts.Bars:
    language = words.language()
    return charts.Bars(
        question=_("Why had they not paid?"),
        finding=_("Most often: %(cause)s, %(share)s of the contacts.")
        % {
            "cause": found[0].cause.label,
            "share": formats.percent(found[0].share, language, decimals=0),
        },
        bars=[
            charts.Mark(
                label=str(each.cause.label),
                value=each.count,
                shown=formats.number(each.count, language),
                url=_address(days, portfolio, cause=each.cause.value),
            )
            for each in found
        ],
        shares=[formats.percent(each.share, language, decimals=0) for each in found],
        heading=_("Cause"),
        value_heading=pgettext("column", "Contacts"),
        share_heading=_("Share"),
    )
