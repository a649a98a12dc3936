"""The home page: what must be done now, and whether we are on track (DESIGN 3)."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from accounts.queries.people import colleague_count
from credit.queries.committee import files_to_vote
from credit.queries.holds import count_to_release, releases_to_decide
from credit.queries.lessons import to_learn
from credit.queries.requests import waiting_for
from credit.request_presenting import rows
from dunning.models import Reminder
from dunning.permissions import SEND_REMINDER
from dunning.queries import agenda
from dunning.queries.uncovered import uncovered
from kernel import formats
from kernel.components import KpiTile
from kernel.http import TenantRequest, reads
from kernel.money import Money
from kpis import permissions as kpi_permissions
from kpis.presenting import buckets, items_url, language, shown
from kpis.queries import AgedRow, aged_balance, history, scope_indicators
from kpis.rules.indicators import Indicators
from kpis.views.indicators import MONTHS_SHOWN, tiles
from kpis.views.perimeter import Perimeter, asked_perimeter, perimeter_chips
from ledger.permissions import IMPORT_LEDGER, SEE_CUSTOMERS
from ledger.queries import has_documents, newly_overdue

TO_DO_SHOWN = 6
DEBTORS_SHOWN = 6
TO_DECIDE_SHOWN = 5
LESSONS_SHOWN = 2
ICONS = {"call": "phone", "registered_letter": "letter", "decision": "gavel"}


@reads(SEE_CUSTOMERS)
def home(request: TenantRequest) -> HttpResponse:
    """Show a person his day: what waits for him, his figures, who owes the most."""
    if not has_documents():
        return render(request, "kpis/first_use.html", {"tasks": first_tasks(request)})
    perimeter = asked_perimeter(request, SEE_CUSTOMERS)
    found = scope_indicators(perimeter.figures)
    points = history(perimeter.figures, MONTHS_SHOWN)
    sees_figures = request.actor.can(kpi_permissions.SEE_TENANT_FIGURES)
    context = {
        "sentence": sentence_of_the_day(found, perimeter),
        "newly_due": newly_due(request),
        "perimeter": perimeter_chips(request, perimeter),
        "tiles": tiles(found, points, perimeter, current="", query=request.GET.urlencode())
        if sees_figures
        else [],
        "uncovered": uncovered_tile(request),
        "sees_agenda": request.actor.can(SEND_REMINDER),
        "to_do": to_do(request),
        "to_decide": to_decide(request),
        "to_vote": to_vote(request),
        "to_release": to_release(request),
        "lessons": to_learn(request.actor)[:LESSONS_SHOWN],
        "buckets": buckets(
            found.ageing, currency=perimeter.currency, filters=perimeter.item_filters
        ),
        "open_items": shown(found["open_items"], perimeter.currency),
        "unallocated": shown(found.ageing["unallocated"], perimeter.currency),
        "unallocated_url": items_url("unallocated", perimeter.item_filters),
        "debtors": debtors(perimeter),
        "is_own": not sees_figures,
    }
    return render(request, "kpis/home.html", context)


def first_tasks(request: TenantRequest) -> list[dict[str, object]]:
    """Return the three steps before the first figure."""
    may_import = request.actor.can(IMPORT_LEDGER)
    return [
        {
            "label": _("Import your receivables"),
            "text": _(
                "A FEC or a list of open items, as your accounting exports it. Nothing is written before you say so."
            ),
            "url": "/imports" if may_import else "",
            "action": _("Import a file"),
            "is_done": False,
        },
        {
            "label": _("Look at the reminders of tomorrow"),
            "text": _(
                "The scenario Standard B2B is ready. For the first thirty days every reminder waits for your yes."
            ),
            "url": "/agenda",
            "action": _("Open the agenda"),
            "is_done": agenda.has_reminders(),
        },
        {
            "label": _("Invite your colleagues"),
            "text": _(
                "Sales, credit and accounting see the same figures, each with their own rights."
            ),
            "url": "/admin",
            "action": _("Invite"),
            "is_done": colleague_count() > 1,
        },
    ]


def sentence_of_the_day(found: Indicators, perimeter: Perimeter) -> str:
    """Return where things stand, in one sentence: the overdue, also as days of sales (R2)."""
    overdue = shown(found["overdue"], perimeter.currency, is_short=True)
    day = found["value_of_one_day"].value
    amount = found["overdue"].value
    if not day or amount is None:
        return _("%(overdue)s are overdue.") % {"overdue": overdue}
    days = formats.days(amount / day, language(), decimals=1)
    return _("%(overdue)s are overdue: %(days)s of sales locked in late invoices.") % {
        "overdue": overdue,
        "days": days,
    }


def newly_due(request: TenantRequest) -> str:
    """Return how many items became overdue in the last seven days; empty when none did."""
    count = newly_overdue(request.actor, today=request.today)
    if not count:
        return ""
    return ngettext(
        "%(count)s item became overdue this week.",
        "%(count)s items became overdue this week.",
        count,
    ) % {"count": count}


def uncovered_tile(request: TenantRequest) -> KpiTile | None:
    """Return how many overdue lines nobody would chase (R60); None for whoever reminds nobody."""
    if not request.actor.can(SEND_REMINDER):
        return None
    found = uncovered(request.actor)
    return KpiTile(
        label=_("Uncovered items"),
        value=formats.number(found.count, language()),
        url=reverse("uncovered"),
        delta=_("wait for a person") if found.count else _("every overdue line is covered"),
        status="bad" if found.count else "good",
    )


def to_do(request: TenantRequest) -> list[dict[str, Any]]:
    """Return the reminders and calls that wait for this person, the largest first."""
    if not request.actor.can(SEND_REMINDER):
        return []
    waiting = agenda.waiting_for(request.actor, today=request.today)[:TO_DO_SHOWN]
    return [
        {
            "customer": reminder.customer.name,
            "code": reminder.customer.code,
            "channel": reminder.get_channel_display(),
            "icon": ICONS.get(reminder.channel, "mail"),
            "reason": reason_of(reminder),
            "amount": Money(reminder.amount, reminder.currency),
            "url": f"/agenda/{reminder.pk}",
        }
        for reminder in waiting
    ]


def to_decide(request: TenantRequest) -> dict[str, Any] | None:
    """Return the requests for credit that wait for this person's word, the most urgent first; None when none does."""
    waiting = waiting_for(request.actor, today=request.today)
    count = waiting.count()
    if not count:
        return None
    shown = waiting.select_related("requested_by")[:TO_DECIDE_SHOWN]
    return {"count": count, "rows": rows(list(shown), now=request.now)}


def to_vote(request: TenantRequest) -> list[dict[str, object]]:
    """Return the files of committees on which a seat of this person's has not voted, the first to close first."""
    found = files_to_vote(request.actor, now=request.now, today=request.today)[:TO_DECIDE_SHOWN]
    return [
        {"file": one, "amount": None if one.amount is None else Money(one.amount, one.currency)}
        for one in found
    ]


def to_release(request: TenantRequest) -> dict[str, Any] | None:
    """Return the releases that wait for this person's word, the soonest to end first; None when none does."""
    count = count_to_release(request.actor)
    if not count:
        return None
    waiting = releases_to_decide(request.actor)[:TO_DECIDE_SHOWN]
    return {
        "count": count,
        "rows": [
            {
                "release": one,
                "ceiling": Money(one.ceiling, one.currency) if one.ceiling is not None else None,
            }
            for one in waiting
        ],
    }


def reason_of(reminder: Reminder) -> str:
    """Return the level of a reminder and how late its oldest line is; before the due date, when that is."""
    facts = {
        "level": reminder.level,
        "days": formats.days_late(reminder.days_late, language()),
    }
    if reminder.days_late < 0:
        return pgettext("before the due date", "%(days)s") % facts
    return _("level %(level)s, %(days)s") % facts


def debtors(perimeter: Perimeter) -> list[dict[str, object]]:
    """Return the customers who owe the most overdue."""
    balance = aged_balance(
        perimeter.figures, only="overdue", sort="-overdue", page_size=DEBTORS_SHOWN
    )
    return [_debtor(row, perimeter) for row in balance.rows]


def _debtor(row: AgedRow, perimeter: Perimeter) -> dict[str, object]:
    late = sum(
        (amount for key, amount in row.columns.items() if key not in {"not_due", "unallocated"}),
        start=row.columns["not_due"] * 0,
    )
    return {
        "code": row.code,
        "name": row.name,
        "overdue": Money(late, perimeter.currency),
        "oldest": row.oldest_days_late,
        "shares": [
            float(row.columns.get(key, 0))
            for key in ("not_due", "1_30", "31_60", "61_90", "91_plus")
        ],
    }
