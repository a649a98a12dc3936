"""Scores: the self-service look-up for sales, a customer's score line by line, and the watch list."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.db.models import Q, QuerySet
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from credit import score_words as words
from credit.forms.scores import (
    FIGURE_LABELS,
    AnswerForm,
    ContestForm,
    OverrideForm,
    ProfileForm,
    StatementForm,
    WordForm,
)
from credit.models import Score, ScoreContest, ScoreOverride, WatchAlert
from credit.permissions import APPROVE_LIMIT, PROPOSE_LIMIT, SEE_OPINIONS
from credit.queries.score_card import ScoreCard, score_card, statements_of
from credit.queries.scores import Grades, score_history
from credit.rules.scorecard import Criterion
from credit.services import score_inputs
from credit.services import score_opinions as services
from kernel import charts, formats
from kernel.errors import Refused
from kernel.http import TenantRequest, reads, writes
from kernel.permissions import Verb
from ledger.models import Customer
from ledger.permissions import EDIT_CUSTOMER
from ledger.queries.paging import Page, bounds
from ledger.rules.names import sort_key

UNPROCESSABLE = 422
FOUND, PAGE = 20, 50
LONG = 7  # digits of a page that no list has
FEWEST_DIGITS = 3


Action = Callable[[dict[str, Any]], None]


@dataclass(frozen=True, slots=True)
class LightRow:
    """A customer in the look-up: his grade, and the colour of its light."""

    customer: Customer
    grade: str | None

    @property
    def light(self) -> str:
        """Return the status that the light is drawn with."""
        return words.LIGHTS.get(self.grade or "", "")


def card_lines(card: ScoreCard) -> list[dict[str, Any]]:
    """Return the lines of a score as a page shows them."""
    return [
        {
            "name": words.CRITERIA[line.criterion],
            "fact": words.figure(line.criterion, line.fact.value),
            "source": "" if line.is_unknown else words.source_words(line.fact),
            "points": line.points,
            "most": line.most,
            "is_unknown": line.is_unknown,
        }
        for line in card.standing.lines
    ]


@reads(PROPOSE_LIMIT)
def look_up(request: TenantRequest) -> HttpResponse:
    """Find a customer by SIREN, name or code, and say how far he can be trusted and what that means (R53)."""
    asked = request.GET.get("q", "").strip()[:100]
    seen = Customer.objects.visible_to(request.actor, PROPOSE_LIMIT)
    found = list(_matching(seen, asked)[:FOUND])
    grades = Grades([one.pk for one in found])
    rows = [LightRow(one, grades.on(one.pk, request.today, one.risk_class)) for one in found]
    chosen = _chosen(request, found, asked)
    card = score_card(chosen, today=request.today) if chosen else None
    context = {
        "asked": asked,
        "rows": rows,
        "card": card,
        "light": words.LIGHTS.get(card.standing.grade or "", "") if card else "",
        "proceedings": words.figure(Criterion.LEGAL_EVENT, card.proceedings) if card else "",
        "sees_opinions": bool(chosen) and sees(request, chosen),
    }
    return render(request, "credit/score_look_up.html", context)


def _matching(seen: "QuerySet[Customer]", asked: str) -> "QuerySet[Customer]":
    if not asked:
        return seen.order_by("sort_name")
    digits = "".join(filter(str.isdigit, asked))
    condition = Q(sort_name__contains=sort_key(asked)) | Q(code__istartswith=asked)
    if len(digits) >= FEWEST_DIGITS:
        condition |= Q(siren__startswith=digits[:9])
    return seen.filter(condition).order_by("sort_name")


def _chosen(request: TenantRequest, found: list[Customer], asked: str) -> Customer | None:
    if asked and len(found) == 1:
        return found[0]
    code = request.GET.get("customer", "")
    if not code:
        return None
    seen = Customer.objects.visible_to(request.actor, PROPOSE_LIMIT).select_related("terms")
    return get_object_or_404(seen, code=code)


def sees(request: TenantRequest, customer: Customer | None) -> bool:
    """Return whether this person may see opinions about a customer."""
    if customer is None:
        return False
    return Customer.objects.visible_to(request.actor, SEE_OPINIONS).filter(pk=customer.pk).exists()


def _seen(request: TenantRequest, customer_id: UUID, permission: str = SEE_OPINIONS) -> Customer:
    rows = Customer.objects.visible_to(request.actor, permission)
    found: Customer = get_object_or_404(rows.select_related("terms", "sales_rep"), pk=customer_id)
    return found


@reads(SEE_OPINIONS)
def customer_score(request: TenantRequest, customer_id: UUID) -> HttpResponse:
    """Show a customer's score line by line, with what people said and entered about it."""
    return _page(request, _seen(request, customer_id))


def _page(
    request: TenantRequest, customer: Customer, forms: dict[str, Form] | None = None
) -> HttpResponse:
    given = forms or {}
    card = score_card(customer, today=request.today)
    history = score_history(customer)
    may_judge = request.actor.can(EDIT_CUSTOMER, Verb.DO)
    context = {
        "customer": customer,
        "card": card,
        "lines": card_lines(card),
        "proceedings": words.figure(Criterion.LEGAL_EVENT, card.proceedings),
        "chart": _chart(history),
        "statements": statements_of(customer),
        "contests": ScoreContest.objects.filter(customer=customer).select_related(
            "recorded_by", "answered_by"
        ),
        "overrides": ScoreOverride.objects.filter(customer=customer).select_related(
            "made_by", "decided_by"
        )[:10],
        "may_judge": may_judge,
        "may_agree": request.actor.can(APPROVE_LIMIT, Verb.APPROVE)
        and card.standing.waiting is not None
        and card.standing.waiting.made_by_id != request.actor.membership_id,
        "override_form": given.get("override") or OverrideForm(),
        "statement_form": given.get("statement") or StatementForm(),
        "profile_form": given.get("profile") or ProfileForm(),
        "contest_form": given.get("contest") or ContestForm(initial={"received": request.today}),
        "answer_form": AnswerForm(),
        "form": next(iter(given.values()), None),
        "opened": next(iter(given), ""),
    }
    return render(request, "credit/score.html", context, status=UNPROCESSABLE if given else 200)


def _chart(history: list[Score]) -> charts.Trend | None:
    if len(history) < 2:  # noqa: PLR2004  a line needs two points
        return None
    said = words.language()
    shown = [f"{formats.number(one.points, said)} · {one.grade}" for one in history]
    return charts.Trend(
        question=_("How did the score move?"),
        finding=_("%(before)s on %(first)s, %(after)s on %(last)s")
        % {
            "before": shown[0],
            "first": formats.day(history[0].day, said),
            "after": shown[-1],
            "last": formats.day(history[-1].day, said),
        },
        labels=[formats.day_short(one.day, said) for one in history],
        actual=charts.Series(
            _("Points"), [one.points for one in history], shown, history[-1].grade
        ),
    )


def _after(
    request: TenantRequest, customer: Customer, name: str, form: Form, act: Action
) -> HttpResponse:
    """Do what a valid form asks; a refusal is shown in the form, with every word kept."""
    if form.is_valid():
        try:
            with transaction.atomic():
                act(form.cleaned_data)
        except Refused as refused:
            form.add_error(None, refused.message)
        else:
            return redirect("customer_score", customer.pk)
    return _page(request, customer, {name: form})


@writes(EDIT_CUSTOMER, Verb.DO)
def override(request: TenantRequest, customer_id: UUID) -> HttpResponse:
    """Put a person's grade in place of the card's for a time."""
    customer = _seen(request, customer_id, EDIT_CUSTOMER)

    def act(typed: dict[str, Any]) -> None:
        made = services.override_grade(
            customer=customer, **typed, actor=request.actor, now=request.now, today=request.today
        )
        said = (
            _("Grade %(grade)s waits for a second person.")
            if made.state == "waiting"
            else _("Grade %(grade)s counts from now on.")
        )
        messages.success(request, said % {"grade": made.grade})

    return _after(request, customer, "override", OverrideForm(request.POST), act)


@writes(APPROVE_LIMIT, Verb.APPROVE)
def decide_override(request: TenantRequest, override_id: UUID) -> HttpResponse:
    """Agree to a grade that waits, or refuse it."""
    found = _override(request, override_id, APPROVE_LIMIT)
    services.decide_override(
        override=found,
        is_agreed=request.POST.get("outcome") == "agree",
        actor=request.actor,
        now=request.now,
        today=request.today,
    )
    return redirect("customer_score", found.customer_id)


@writes(EDIT_CUSTOMER, Verb.DO)
def end_override(request: TenantRequest, override_id: UUID) -> HttpResponse:
    """Let the card's grade count again."""
    found = _override(request, override_id, EDIT_CUSTOMER)
    services.end_override(override=found, actor=request.actor, now=request.now, today=request.today)
    return redirect("customer_score", found.customer_id)


def _override(request: TenantRequest, override_id: UUID, permission: str) -> ScoreOverride:
    seen = Customer.objects.visible_to(request.actor, permission)
    found: ScoreOverride = get_object_or_404(ScoreOverride, pk=override_id, customer__in=seen)
    return found


@writes(EDIT_CUSTOMER, Verb.DO)
def enter_statement(request: TenantRequest, customer_id: UUID) -> HttpResponse:
    """Enter a year's accounts."""
    customer = _seen(request, customer_id, EDIT_CUSTOMER)
    form = StatementForm(request.POST)

    def act(typed: dict[str, Any]) -> None:
        score_inputs.enter_statement(
            customer=customer,
            statement=form.statement(),
            currency=request.tenant.currency,
            source=typed["source"],
            labels={name: str(label) for name, label in FIGURE_LABELS.items()},
            actor=request.actor,
            now=request.now,
            today=request.today,
        )
        messages.success(request, _("The accounts count from now on."))

    return _after(request, customer, "statement", form, act)


@writes(EDIT_CUSTOMER, Verb.DO)
def describe(request: TenantRequest, customer_id: UUID) -> HttpResponse:
    """Note when the company was founded and what it does."""
    customer = _seen(request, customer_id, EDIT_CUSTOMER)

    def act(typed: dict[str, Any]) -> None:
        score_inputs.describe_company(
            customer=customer,
            founded=typed["founded"],
            sector=typed["sector"],
            source="person",
            actor=request.actor,
            now=request.now,
            today=request.today,
        )

    return _after(request, customer, "profile", ProfileForm(request.POST), act)


@writes(SEE_OPINIONS, Verb.READ)
def contest(request: TenantRequest, customer_id: UUID) -> HttpResponse:
    """Take down that a customer contests his score."""
    customer = _seen(request, customer_id)

    def act(typed: dict[str, Any]) -> None:
        services.record_contest(
            customer=customer, **typed, actor=request.actor, now=request.now, today=request.today
        )
        messages.success(request, _("The contest is kept; a person looks at the score again."))

    return _after(request, customer, "contest", ContestForm(request.POST), act)


@writes(EDIT_CUSTOMER, Verb.DO)
def answer_contest(request: TenantRequest, contest_id: UUID) -> HttpResponse:
    """Answer a contest."""
    seen = Customer.objects.visible_to(request.actor, EDIT_CUSTOMER)
    found = get_object_or_404(ScoreContest, pk=contest_id, customer__in=seen)
    services.answer_contest(
        contest=found,
        answer=request.POST.get("answer", "")[:4000],
        actor=request.actor,
        now=request.now,
    )
    return redirect("customer_score", found.customer_id)


@reads(SEE_OPINIONS)
def watch(request: TenantRequest) -> HttpResponse:
    """List what deserves a look, the newest first; `?seen=1` those somebody took note of."""
    seen = Customer.objects.visible_to(request.actor, SEE_OPINIONS)
    is_seen = request.GET.get("seen") == "1"
    alerts = WatchAlert.objects.filter(customer__in=seen, seen_at__isnull=not is_seen)
    count = alerts.count()
    asked = request.GET.get("page", "")
    page = int(asked) if asked.isdecimal() and len(asked) < LONG else 1
    number, rows = bounds(page, PAGE, count)
    alerts = alerts.select_related("customer", "customer__risk_owner", "seen_by")[rows]
    context = {
        "rows": [(one, alert_words(one)) for one in alerts],
        "page_obj": Page(list(alerts), number, PAGE, count),
        "is_seen": is_seen,
        "can_see_to": request.actor.can(EDIT_CUSTOMER, Verb.DO),
    }
    return render(request, "credit/watch.html", context)


def alert_words(alert: WatchAlert) -> str:
    """Return what happened, with its figures."""
    facts, said = alert.facts, words.language()
    if alert.kind == "grade_fell":
        return _("Grade %(before)s, now %(after)s") % dict(facts)
    if alert.kind == "days_late":
        return _("Pays %(after)s late on average, %(before)s before") % {
            name: words.figure(Criterion.DAYS_LATE, Decimal(facts[name]))
            for name in ("before", "after")
        }
    if alert.kind == "limit_used":
        return _("%(used)s of the limit in use") % {
            "used": formats.percent(Decimal(facts["used"]), said)
        }
    code = facts.get("event") or facts.get("after")
    criterion = Criterion.LEGAL_EVENT if alert.kind == "legal_event" else Criterion.INSURER
    return words.figure(criterion, code)


@writes(EDIT_CUSTOMER, Verb.DO)
def see_alert(request: TenantRequest, alert_id: UUID) -> HttpResponse:
    """Take note of an alert with a word."""
    seen = Customer.objects.visible_to(request.actor, EDIT_CUSTOMER)
    found = get_object_or_404(WatchAlert, pk=alert_id, customer__in=seen)
    form = WordForm(request.POST)
    said = form.cleaned_data["words"] if form.is_valid() else ""
    services.see_alert(alert=found, words=said, actor=request.actor, now=request.now)
    messages.success(request, _("Noted."))
    return redirect(reverse("watch"))
