"""Holds: which stand, which are announced, and their release by two people."""

from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from credit.forms.holds import DecisionWords, HoldForm, ReleaseForm, problems_of
from credit.models import Guarantee, Hold, HoldOrigin, HoldRelease, LessonCode, ReleaseState
from credit.permissions import APPROVE_LIMIT, PUT_ON_HOLD, RELEASE_ORDER
from credit.queries.holds import holds_for, open_release
from credit.queries.lessons import to_learn
from credit.rules.order_check import Rule
from credit.services import guarantees as guarantee_services
from credit.services import holds as services
from kernel.http import ASKING, TenantRequest, reads, writes
from kernel.money import Money
from kernel.permissions import Verb
from ledger.models import Customer
from ledger.permissions import SEE_CUSTOMERS
from ledger.queries.paging import Page, bounds

PAGE = 50
WHY_BLOCKED = (LessonCode.ORDER_HELD, LessonCode.OVER_LIMIT)


@dataclass(frozen=True, slots=True)
class HoldShown:
    """A hold as its page shows it: why, how much, what waits, and what this person may do."""

    hold: Hold
    reason: str
    amount: Money | None
    waiting: HoldRelease | None
    granted: HoldRelease | None
    ceiling: Money | None
    can_ask: bool
    can_decide: bool
    can_confirm: bool

    @property
    def status(self) -> str:
        """Return the colour of its badge."""
        return {"in_force": "late", "announced": "warn", "released": "ok"}.get(
            self.hold.state, "info"
        )


def reason_of(hold: Hold) -> str:
    """Return why a hold was placed: in the words of who did, or of the rule that a check found."""
    if hold.origin != HoldOrigin.CHECK:
        return hold.reason
    return {
        Rule.LIMIT.value: _("Beyond the customer's limit"),
        Rule.GROUP_LIMIT.value: _("Beyond the group's limit"),
        Rule.COVER_STOPPED.value: _("The insurer no longer covers deliveries to the customer"),
        Rule.NO_LIMIT.value: _("The customer has no limit"),
        Rule.NO_RATE.value: _("A currency has no exchange rate"),
        Rule.OTHER_HOLD.value: _("Another order of the customer is on hold"),
        Rule.ABOVE_RELEASE.value: _("Above what was released"),
        Rule.CHARTER.value: _("Refused by the credit charter"),
        Rule.CHARTER_REVIEW.value: _("The credit charter asks for a higher decision"),
    }.get(hold.reason, hold.reason)


def shown(hold: Hold, request: TenantRequest) -> HoldShown:
    """Return a hold with what the person who asks may do with it."""
    actor = request.actor
    waiting = open_release(hold, ReleaseState.WAITING)
    granted = open_release(hold, ReleaseState.GRANTED)
    release = waiting or granted
    return HoldShown(
        hold=hold,
        reason=reason_of(hold),
        amount=Money(hold.amount, hold.currency) if hold.amount is not None else None,
        waiting=waiting,
        granted=granted,
        ceiling=Money(release.ceiling, release.currency)
        if release and release.ceiling is not None
        else None,
        can_ask=hold.state in {"announced", "in_force"}
        and waiting is None
        and actor.can(RELEASE_ORDER),
        can_decide=waiting is not None
        and actor.can(RELEASE_ORDER, Verb.APPROVE)
        and waiting.asked_by_id != actor.membership_id,
        can_confirm=hold.state == "proposed"
        and actor.can(PUT_ON_HOLD, Verb.DO)
        and hold.proposed_by_id != actor.membership_id,
    )


@reads(SEE_CUSTOMERS)
def holds(request: TenantRequest) -> HttpResponse:
    """List the holds a person sees, what waits for his word first."""
    found = holds_for(request.actor)
    waiting = found.filter(releases__state=ReleaseState.WAITING)
    others = found.exclude(pk__in=waiting.values("pk"))
    count = others.count()
    typed = request.GET.get("page", "")
    number, window = bounds(int(typed) if typed.isdecimal() and len(typed) < 7 else 1, PAGE, count)  # noqa: PLR2004
    rows = [shown(one, request) for one in others[window]]
    context = {
        "waiting": [shown(one, request) for one in waiting[:PAGE]],
        "rows": rows,
        "page_obj": Page(rows, number, PAGE, count),
        "lessons": to_learn(request.actor).filter(code__in=WHY_BLOCKED),
    }
    return render(request, "credit/holds.html", context)


@writes(PUT_ON_HOLD, *ASKING)
def place(request: TenantRequest, customer_id: UUID) -> HttpResponse:
    """Put a customer on hold, or propose it."""
    customer = get_object_or_404(
        Customer.objects.visible_to(request.actor, PUT_ON_HOLD), pk=customer_id
    )
    form = HoldForm(request.POST)
    if not form.is_valid():
        raise services.HoldRefused(problems_of(form))
    hold = services.place_hold(
        services.Wanted(customer, form.cleaned_data["reason"]),
        actor=request.actor,
        now=request.now,
        today=request.today,
    )
    if hold.state == "proposed":
        messages.success(request, _("The hold is proposed: another person places it."))
    else:
        messages.success(request, _("The hold is announced; the representative is told."))
    return redirect("credit_holds")


def _hold(request: TenantRequest, hold_id: UUID, permission: str) -> Hold:
    return get_object_or_404(Hold.objects.visible_to(request.actor, permission), pk=hold_id)


@writes(PUT_ON_HOLD)
def confirm(request: TenantRequest, hold_id: UUID) -> HttpResponse:
    """Place a hold that somebody proposed, or drop it."""
    hold = _hold(request, hold_id, PUT_ON_HOLD)
    if request.POST.get("outcome") == "decline":
        services.decline_hold(hold=hold, actor=request.actor, now=request.now)
        messages.info(request, _("The proposed hold is dropped."))
    else:
        services.confirm_hold(hold=hold, actor=request.actor, now=request.now, today=request.today)
        messages.success(request, _("The hold is announced; the representative is told."))
    return redirect("credit_holds")


@writes(RELEASE_ORDER, *ASKING)
def ask(request: TenantRequest, hold_id: UUID) -> HttpResponse:
    """Ask that a hold be released."""
    hold = _hold(request, hold_id, RELEASE_ORDER)
    form = ReleaseForm(request.POST)
    if not form.is_valid():
        raise services.ReleaseRefused(problems_of(form))
    typed = form.cleaned_data
    ceiling = (
        Money(typed["ceiling"], hold.currency or request.tenant.currency)
        if typed["ceiling"] and hold.order_number
        else None
    )
    services.ask_release(
        hold=hold,
        reason=typed["reason"],
        until=typed["until"],
        ceiling=ceiling,
        is_final=typed["is_final"],
        actor=request.actor,
        now=request.now,
        today=request.today,
    )
    messages.success(request, _("The release is asked for: another person decides it (S8)."))
    return redirect("credit_holds")


@writes(RELEASE_ORDER)
def decide(request: TenantRequest, release_id: UUID) -> HttpResponse:
    """Grant or refuse a release."""
    release = get_object_or_404(
        HoldRelease.objects.filter(hold__in=Hold.objects.visible_to(request.actor, RELEASE_ORDER)),
        pk=release_id,
    )
    form = DecisionWords(request.POST)
    if not form.is_valid():
        raise services.ReleaseRefused(_("Choose to grant or to refuse."))
    services.decide_release(
        release=release,
        is_granted=form.cleaned_data["outcome"] == "grant",
        words=form.cleaned_data["words"],
        actor=request.actor,
        now=request.now,
        today=request.today,
    )
    messages.success(request, pgettext("release", "Decided; who asked is told."))
    return redirect("credit_holds")


@writes(APPROVE_LIMIT)
def accept_guarantee(request: TenantRequest, guarantee_id: UUID) -> HttpResponse:
    """Let a guarantee count that another person entered."""
    seen = Customer.objects.visible_to(request.actor, APPROVE_LIMIT)
    guarantee = get_object_or_404(
        Guarantee.objects.filter(customer__in=seen).select_related("customer"), pk=guarantee_id
    )
    guarantee_services.accept_guarantee(
        guarantee=guarantee, actor=request.actor, today=request.today
    )
    messages.success(request, _("The guarantee counts from today on."))
    return redirect("guarantees", guarantee.customer.code)
