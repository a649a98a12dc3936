"""Exposure and limits: the list with its heat table, the three queues ahead, and the export."""

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from credit.permissions import SEE_OPINIONS
from credit.queries.ahead import ahead as ahead_of
from credit.queries.exposure_list import (
    ExposureRow,
    ExposureView,
    Filter,
    Segment,
    exposure_list,
    heat_table,
)
from kernel.components import Link
from kernel.http import TenantRequest, reads
from kernel.money import Money
from kernel.tables_export import CSV_MEDIA_TYPE, csv_lines
from ledger.lists import choice_chip
from ledger.models import Order, RiskClass
from ledger.permissions import EXPORT
from ledger.rules.orders import Stage, Standing


@dataclass(frozen=True, slots=True)
class OrderShown:
    """An order in a queue, with what of it is at risk."""

    order: Order
    amount: Money
    is_held: bool


def segments() -> dict[str, str]:
    """Return the kinds of customers, in words."""
    return {
        Segment.PUBLIC.value: _("Public buyer"),
        Segment.KEY_ACCOUNT.value: _("Key account"),
        Segment.GROUP.value: pgettext("kind of customer", "Part of a group"),
        Segment.COMPANY.value: pgettext("kind of customer", "Single company"),
    }


def _views(current: ExposureView) -> list[Link]:
    labels = {
        ExposureView.ALL: pgettext("exposure", "All"),
        ExposureView.OVER: _("Over the limit"),
        ExposureView.HELD: pgettext("exposure", "On hold"),
        ExposureView.WITHOUT_LIMIT: _("Without a limit"),
        ExposureView.WITHOUT_RATE: _("Without a rate"),
    }
    return [
        Link(f"?view={view.value}", label, is_current=view is current)
        for view, label in labels.items()
    ]


def _asked(request: TenantRequest) -> Filter:
    given = request.GET
    view = given.get("view", "")
    return Filter(
        view=ExposureView(view) if view in set(ExposureView) else ExposureView.ALL,
        grade=given.get("grade", "") if given.get("grade") in RiskClass.values else "",
        segment=given.get("segment", "") if given.get("segment") in set(Segment) else "",
        words=given.get("q", "")[:100],
    )


@reads(SEE_OPINIONS)
def limits(request: TenantRequest) -> HttpResponse:
    """List exposures against limits, the overruns first; `?format=csv` exports the list as it is filtered."""
    asked = _asked(request)
    if request.GET.get("format") == "csv":
        return _export(request, asked)
    number = request.GET.get("page", "")
    page = exposure_list(
        asked,
        actor=request.actor,
        day=request.today,
        page=int(number) if number.isdecimal() and len(number) < 7 else 1,  # noqa: PLR2004  of any list
    )
    names = segments()
    context: dict[str, Any] = {
        "views": _views(asked.view),
        "chips": [
            choice_chip(
                request.GET,
                "grade",
                _("Risk class"),
                {one.value: str(one.label) for one in RiskClass},
            ),
            choice_chip(request.GET, "segment", pgettext("exposure", "Segment"), names),
        ],
        "rows": page.rows,
        "page_obj": page,
        "is_filtered": bool(set(request.GET) - {"page"}),
        "heat": heat_table(actor=request.actor, day=request.today),
        "segments": list(names.values()),
        "can_export": request.actor.can(EXPORT),
    }
    return render(request, "credit/limits.html", context)


def _export(request: TenantRequest, asked: Filter) -> HttpResponse:
    if not request.actor.can(EXPORT):
        raise PermissionDenied(EXPORT)
    rows = exposure_list(asked, actor=request.actor, day=request.today, page=None).rows
    headings = [
        _("Code"), _("Customer"), _("Risk class"), _("Portfolio"), _("Currency"), _("Invoiced"),
        _("Delivered, not invoiced"), _("On order"), _("Deposits"), _("Guarantees"), _("Exposure"),
        _("Limit"), _("Headroom"), _("On hold"), _("Currencies without a rate"), pgettext("part", "Insured"),
        pgettext("part", "Uninsured"),
    ]  # fmt: skip
    lines = csv_lines(
        headings, (_cells(row) for row in rows), language=(get_language() or "en")[:2]
    )
    answer = HttpResponse("".join(lines), content_type=CSV_MEDIA_TYPE)
    name = f"exposure-{request.today.isoformat()}.csv"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _cells(row: ExposureRow) -> list[Any]:
    parts = ("invoiced", "delivered", "ordered", "deposits", "guarantees")
    return [
        row.code,
        row.name,
        row.grade,
        row.portfolio,
        row.currency,
        *(row.money(name) for name in parts),
        row.total,
        row.limit,
        row.left,
        row.is_held,
        ", ".join(row.missing),
        row.split.insured if row.split else None,
        row.split.uninsured if row.split else None,
    ]


@reads(SEE_OPINIONS)
def ahead(request: TenantRequest) -> HttpResponse:
    """Show what can still be prevented: before signature, before invoicing, before the due date."""
    found = ahead_of(request.actor, now=request.now, today=request.today)
    context = {
        "ahead": found,
        "requests": [(one, Money(one.asked_amount, one.currency)) for one in found.requests],
        "orders": [_shown(one) for one in found.orders],
        "lines": [(one, Money(one.open_amount, one.currency)) for one in found.lines],
    }
    return render(request, "credit/ahead.html", context)


def _shown(order: Order) -> OrderShown:
    standing = Standing(
        Stage(order.stage), order.ordered_amount, order.delivered_amount, order.invoiced_amount
    )
    return OrderShown(
        order, Money(standing.at_risk, order.currency), bool(vars(order).get("is_held"))
    )
