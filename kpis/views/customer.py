"""A customer's page: position, exposure, habit, chase and history, with what a colleague may do there."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote
from uuid import UUID

from django.db.models import Q, QuerySet
from django.forms import Form
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.timezone import is_naive
from django.utils.translation import gettext as _

from credit.models import CreditLimit
from credit.permissions import HAND_OVER, PROPOSE_LIMIT, SEE_OPINIONS
from credit.queries.customer_tab import credit_tab
from credit.queries.exposure import Exposure, customer_exposure
from credit.queries.relations import of_sales
from credit.queries.requests import credit_of_customer
from credit.queries.score_card import score_card
from disputes.models import Dispute
from disputes.permissions import OPEN_DISPUTE, RESOLVE_DISPUTE
from dunning.documents.account import statement_view
from dunning.documents.sheet import statement_xlsx
from dunning.documents.statement import statement_filename, statement_pdf
from dunning.models import Stage
from dunning.permissions import (
    AGREE_PLAN,
    PAUSE,
    RECORD_PROMISE,
    SEND_REMINDER,
    WRITE_POLICY,
)
from dunning.queries.sales import care_of
from dunning.queries.statement import customer_statement
from dunning.queries.why import why_lines, why_scenario
from dunning.rules.promises import LONGEST
from kernel.components import Link
from kernel.http import ASKING, CHANGING, TenantRequest, reads
from kernel.money import Money
from kernel.permissions import Verb
from kernel.tables_export import XLSX_MEDIA_TYPE
from kpis import presenting
from kpis.customer_presenting import (
    Circumstances,
    advice,
    agenda_url,
    events,
    gauge,
    habit_chart,
    held_words,
    matched_words,
    profile_words,
)
from kpis.forms.customer import (
    ClassificationForm,
    ContactForm,
    DecisionForm,
    DisputeForm,
    LineScenarioForm,
    NoteForm,
    OwnersForm,
    ScenarioForm,
    TermsForm,
)
from kpis.forms.promises import PlanForm, PromiseForm
from kpis.queries import customer_page as queries
from kpis.queries.customer_halves import customer_halves
from kpis.queries.customer_promises import promisable_lines, words_given
from kpis.views.customers import page_number
from ledger import permissions
from ledger.models import Customer, TimelineKind
from ledger.queries import timeline

EVENTS_BESIDE, EVENTS_SHOWN = 5, 50
PDF_MEDIA_TYPE = "application/pdf"
PAUSED_DAYS = timedelta(days=7)  # what a pause begins with


def tab_labels() -> dict[str, str]:
    """Return the tabs of the page, in order."""
    return {
        "items": _("Open items"),
        "history": _("History"),
        "contacts": _("Contacts"),
        "credit": _("Credit and terms"),
        "scenario": _("Scenario"),
        "promises": _("Promises"),
        "disputes": _("Disputes"),
        "documents": _("Documents"),
    }


@dataclass(frozen=True)
class Rights:
    """What the actor may do with this customer."""

    sees_opinions: bool
    can_note: bool
    can_choose_scenario: bool
    can_edit: bool
    can_edit_recipients: bool
    can_dispute: bool
    can_resolve: bool
    can_pause: bool
    can_promise: bool
    can_withdraw_promise: bool
    can_propose_plan: bool
    can_agree_plan: bool
    can_propose_care: bool
    can_relate: bool
    sees_margin: bool


@dataclass
class Shown:
    """A form that was refused, shown again on its tab."""

    tab: str
    forms: dict[str, Form] = field(default_factory=dict)


@reads(permissions.SEE_CUSTOMERS)
def customer(request: TenantRequest, code: str) -> HttpResponse:
    """Show a customer the actor may see."""
    found = get_object_or_404(seen_customers(request), code=code)
    return customer_page(request, found, Shown(request.GET.get("tab", "")))


def seen_customers(request: TenantRequest) -> "QuerySet[Customer]":
    return Customer.objects.visible_to(request.actor).select_related(
        "group", "terms", "portfolio", "sales_rep", "collector", "risk_owner"
    )


def customer_page(
    request: TenantRequest, found: Customer, shown: Shown, *, status: int = 200
) -> HttpResponse:
    tab = shown.tab if shown.tab in tab_labels() else "items"
    rights = _rights(request, found)
    standing = queries.customer_standing(found, today=request.today)
    chase = queries.chase_position(found, today=request.today)
    home = request.tenant.currency
    exposure = customer_exposure(found, request.today)
    room = queries.customer_room(exposure) if rights.sees_opinions else None
    context = {
        "customer": found,
        "tab": tab,
        "rights": rights,
        "standing": standing,
        "money": _amounts(standing, home),
        "without_rate": ", ".join(sorted(standing.currencies_without_rate)),
        "buckets": presenting.buckets(
            standing.figures.ageing, currency=home, filters={"customer": found.code}
        ),
        "item_filter": quote(found.code, safe=""),
        "statements": _statements(found),
        "room": room,
        "credit_tab": credit_tab(found, exposure, actor=request.actor, today=request.today)
        if tab == "credit" and rights.sees_opinions
        else None,
        "gauge": gauge(room) if room else None,
        "score": replace(score_card(found, today=request.today), worth=None)
        if tab == "credit" and rights.sees_opinions
        else None,
        "chase": chase,
        "action_url": agenda_url(chase.waiting.pk) if chase.waiting and rights.can_note else "",
        "held_words": sorted({held_words(row.reason) for row in chase.held_back} - {""}),
        "contacts": list(found.contacts.all()),
        "care": care_of(found, today=request.today),
        "latest": events(timeline(found.pk, limit=EVENTS_BESIDE, among=_among(_side(request)))),
        "sides": _sides(request, found, tab),
        "today": request.today,
        "pause_until": request.today + PAUSED_DAYS,
        "form": next((form for form in shown.forms.values() if form.errors), None),
        **_both_sides(request, found, standing, exposure, rights),
        **_habit(request, found, standing, rights),
        **_tab(request, found, tab, shown, rights),
    }
    context["advice"] = advice(
        Circumstances(
            customer=found,
            chase=chase,
            room=room,
            is_unreachable=queries.is_unreachable(found),
            is_overdue=bool(standing.figures["overdue"].value),
            can_remind=rights.can_note,
        )
    )
    open_disputes = Dispute.objects.filter(customer=found, closed_date=None).count()
    context["open_disputes"] = open_disputes
    context["tabs"] = _tabs(
        found,
        tab,
        {"contacts": len(context["contacts"]), "disputes": open_disputes},
        may_hand_over=request.actor.can(HAND_OVER),
    )
    return render(request, "kpis/customer.html", context, status=status)


def _rights(request: TenantRequest, found: Customer) -> Rights:
    actor = request.actor

    def may(permission: str, *verbs: Verb) -> bool:
        asked = verbs or CHANGING
        return (
            actor.can(permission, *asked)
            and queries.customers_for(actor, permission, *asked).filter(pk=found.pk).exists()
        )

    return Rights(
        sees_opinions=actor.can(SEE_OPINIONS)
        and Customer.objects.visible_to(actor, SEE_OPINIONS).filter(pk=found.pk).exists(),
        can_note=may(SEND_REMINDER),
        can_edit=may(permissions.EDIT_CUSTOMER),
        can_edit_recipients=may(permissions.EDIT_RECIPIENTS),
        can_choose_scenario=request.actor.can(WRITE_POLICY),
        can_dispute=may(OPEN_DISPUTE),
        can_resolve=may(RESOLVE_DISPUTE),
        can_pause=may(PAUSE),
        can_promise=may(RECORD_PROMISE, *ASKING),
        can_withdraw_promise=may(RECORD_PROMISE),
        can_propose_plan=may(AGREE_PLAN, *ASKING),
        can_agree_plan=may(AGREE_PLAN, Verb.APPROVE),
        can_propose_care=may(permissions.EDIT_RECIPIENTS, *ASKING),
        can_relate=may(PROPOSE_LIMIT, *ASKING),
        sees_margin=may(PROPOSE_LIMIT, *ASKING) or actor.can(SEE_OPINIONS),
    )


def _side(request: TenantRequest) -> str:
    asked = request.GET.get("side", "")
    return asked if asked in {"sales", "finance"} else ""


def _among(side: str) -> Q | None:
    """Return which entries of the history a side tells: every entry is of exactly one."""
    if not side:
        return None
    return of_sales() if side == "sales" else ~of_sales()


def _sides(request: TenantRequest, found: Customer, tab: str) -> list[Link]:
    """Return the filters of the one timeline; they keep the tab that is open."""
    base = f"{page_url(found)}?tab={tab}"
    current = _side(request)
    labels = {"": _("Everything"), "sales": _("Sales side"), "finance": _("Finance side")}
    return [
        Link(
            f"{base}&side={side}#thread" if side else f"{base}#thread",
            label,
            is_current=side == current,
        )
        for side, label in labels.items()
    ]


def _both_sides(
    request: TenantRequest,
    found: Customer,
    standing: queries.CustomerStanding,
    exposure: Exposure,
    rights: Rights,
) -> dict[str, Any]:
    """Return the two halves, sales and finance."""
    halves = customer_halves(
        found,
        sales=standing.sales,
        home=request.tenant.currency,
        exposure=exposure,
        actor=request.actor,
        today=request.today,
    )
    may_see = rights.sees_opinions or rights.can_relate
    return {"halves": halves, "headroom_left": exposure.whole.left if may_see else None}


def _amounts(standing: queries.CustomerStanding, home: str) -> dict[str, Money | None]:
    """Return the figures of the position as amounts; None, shown as a dash, where a rate is missing."""
    values = {
        name: standing.figures[name].rounded for name in ("receivables", "overdue", "disputed")
    }
    values["unallocated"] = standing.figures["unallocated"].rounded
    values["claimable"] = standing.claimable
    return {name: None if value is None else Money(value, home) for name, value in values.items()}


def _habit(
    request: TenantRequest, found: Customer, standing: queries.CustomerStanding, rights: Rights
) -> dict[str, Any]:
    """Return how the customer pays; payment behaviour is an opinion (RELIABILITY 2.1, row 2)."""
    if not rights.sees_opinions:
        return {}
    chart = habit_chart(queries.months_paid(found, today=request.today))
    return {"profile": profile_words(standing.profile), "habit_chart": chart}


def _statements(found: Customer) -> list[dict[str, str]]:
    """Return the statements of account there are, one per entity and currency."""
    groups = queries.statement_groups(found.pk)
    url = reverse("customer_statement", args=[found.pk])
    return [
        {
            "label": f"{name} · {currency}",
            "url": f"{url}?entity={quote(code, safe='')}&currency={currency}",
        }
        for code, name, currency in groups
    ]


def _tabs(
    found: Customer, current: str, counts: dict[str, int], *, may_hand_over: bool
) -> list[Link]:
    url = page_url(found)
    links = [
        Link(f"{url}?tab={name}", label, is_current=name == current, count=counts.get(name))
        for name, label in tab_labels().items()
    ]
    if may_hand_over:
        links.append(Link(reverse("customer_legal", args=[found.pk]), _("Legal")))
    return links


def page_url(found: Customer) -> str:
    """Return the address of a customer's page."""
    return reverse("customer", args=[found.code])


def _tab(
    request: TenantRequest, found: Customer, tab: str, shown: Shown, rights: Rights
) -> dict[str, Any]:
    """Return what the open tab shows; the others ask nothing."""
    if tab == "credit":
        return _credit_tab(request, found, shown, rights)
    if tab == "disputes":
        return _disputes_tab(request, found, shown, rights)
    if tab == "scenario":
        return _scenario_tab(request, found, shown, rights)
    simple = {
        "history": _history_tab,
        "contacts": _contacts_tab,
        "promises": _promises_tab,
    }
    if tab in simple:
        return simple[tab](request, found, shown)
    return _items_or_documents(request, found, tab)


def _items_or_documents(request: TenantRequest, found: Customer, tab: str) -> dict[str, Any]:
    if tab == "documents":
        return {"sent": queries.messages_sent(found)}
    page = page_number(request.GET)
    stage = _asked_stage(request)
    stages = queries.item_stages(found, today=request.today)
    items = queries.open_items(
        found, actor=request.actor, today=request.today, stages=stages, page=page, stage=stage
    )
    asked = request.GET.get("pause", "")
    chosen = next((row for row in items.rows if str(row.item.line_id) == asked), None)
    found_stages = {each.stage for each in stages.values()}
    present = [each for each in Stage if each in found_stages]
    return {"items": items, "pausing": chosen, "stage": stage, "stages_present": present}


def _asked_stage(request: TenantRequest) -> Stage | None:
    asked = request.GET.get("stage", "")
    return Stage(asked) if asked in Stage.values else None


def _scenario_tab(
    request: TenantRequest, found: Customer, shown: Shown, rights: Rights
) -> dict[str, Any]:
    lines = queries.chased_lines(found)
    form = shown.forms.get("line_scenario") or LineScenarioForm(
        lines=lines, initial={"line": request.GET.get("line", "")}
    )
    why = why_scenario(found.pk, today=request.today)
    return {
        "why": why,
        "because": matched_words(why.because) if why else [],
        "scenario_form": shown.forms.get("scenario") or ScenarioForm(),
        "chosen_lines": why_lines(found.pk, today=request.today),
        "line_scenario_form": form if rights.can_choose_scenario and lines.exists() else None,
    }


def _history_tab(request: TenantRequest, found: Customer, shown: Shown) -> dict[str, Any]:
    asked = request.GET.get("kind", "")
    kinds = (TimelineKind(asked),) if asked in TimelineKind.values else ()
    before = _instant(request.GET.get("before", ""))
    side = _side(request)
    entries = timeline(found.pk, kinds=kinds, before=before, limit=EVENTS_SHOWN, among=_among(side))
    base = f"{page_url(found)}?tab=history"
    choices = [Link(base, _("Everything"), is_current=not kinds)]
    choices += [
        Link(f"{base}&kind={value}", str(label), is_current=value == asked)
        for value, label in TimelineKind.choices
    ]
    older = ""
    if len(entries) == EVENTS_SHOWN:
        kind = (f"&kind={asked}" if kinds else "") + (f"&side={side}" if side else "")
        older = f"{base}{kind}&before={quote(entries[-1].at.isoformat(), safe='')}"
    return {
        "events": events(entries),
        "kinds": choices,
        "older_url": older,
        "note_form": shown.forms.get("note") or NoteForm(),
    }


def _instant(text: str) -> datetime | None:
    try:
        found = parse_datetime(text)
    except ValueError:
        return None
    return None if found is None or is_naive(found) else found


def _contacts_tab(request: TenantRequest, found: Customer, shown: Shown) -> dict[str, Any]:
    changed = None
    asked = request.GET.get("contact") or request.POST.get("contact") or ""
    if asked:
        changed = next((one for one in found.contacts.all() if str(one.pk) == asked), None)
    initial = (
        {name: getattr(changed, name) for name in ContactForm.base_fields} if changed else None
    )
    form = shown.forms.get("contact") or ContactForm(initial=initial)
    return {"contact_form": form, "changed_contact": changed}


def _credit_tab(
    request: TenantRequest, found: Customer, shown: Shown, rights: Rights
) -> dict[str, Any]:
    limits = CreditLimit.objects.filter(customer=found, undone_at=None).select_related(
        "approved_by"
    )
    return {
        "limits": [(limit, Money(limit.amount, limit.currency)) for limit in limits]
        if rights.sees_opinions
        else [],
        "credit": credit_of_customer(found, request.actor, today=request.today),
        "terms_form": shown.forms.get("terms") or TermsForm(initial={"terms": found.terms_id}),
        "classification_form": shown.forms.get("classification")
        or ClassificationForm(
            initial={name: getattr(found, name) for name in ClassificationForm.base_fields}
        ),
        "owners_form": shown.forms.get("owners") or OwnersForm(customer=found),
    }


def _promises_tab(request: TenantRequest, found: Customer, shown: Shown) -> dict[str, Any]:
    lines = promisable_lines(found)
    return {
        "given": words_given(found, today=request.today),
        "has_promisable": lines.exists(),
        "promise_form": shown.forms.get("promise")
        or PromiseForm(lines=lines, auto_id="promise_%s"),
        "plan_form": shown.forms.get("plan") or PlanForm(lines=lines, auto_id="plan_%s"),
        "promise_limit": request.today + LONGEST,
    }


def _disputes_tab(
    request: TenantRequest, found: Customer, shown: Shown, rights: Rights
) -> dict[str, Any]:
    rows = [
        (
            dispute,
            Money(dispute.amount, dispute.currency),
            shown.forms.get(str(dispute.pk)) or decision_form(dispute)
            if rights.can_resolve and dispute.closed_date is None
            else None,
        )
        for dispute in queries.disputes_of(found)
    ]
    lines = queries.contestable_lines(found)
    asked = request.GET.get("line", "")
    form = shown.forms.get("dispute") or DisputeForm(lines=lines, initial={"line": asked})
    return {"disputes": rows, "dispute_form": form, "has_contestable": lines.exists()}


def decision_form(dispute: Dispute, data: QueryDict | None = None) -> DecisionForm:
    return DecisionForm(data, auto_id=f"id_{dispute.number}_%s")


@reads(permissions.SEE_CUSTOMERS)
def statement(request: TenantRequest, customer_id: UUID) -> HttpResponse:
    """Hand out a part of the customer's statement of account, as his own page does, in his language."""
    found = get_object_or_404(seen_customers(request), pk=customer_id)
    account = customer_statement(found, today=request.today)
    asked = (request.GET.get("entity", ""), request.GET.get("currency", ""))
    part = next((one for one in account.parts if (one.entity.code, one.currency) == asked), None)
    if part is None:
        raise Http404
    view = statement_view(account, part, language=found.language, tenant_name=request.tenant.name)
    is_sheet = request.GET.get("format") == "xlsx"
    content = statement_xlsx(view) if is_sheet else statement_pdf(view)
    answer = HttpResponse(content, content_type=XLSX_MEDIA_TYPE if is_sheet else PDF_MEDIA_TYPE)
    name = statement_filename(view, "xlsx" if is_sheet else "pdf")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
