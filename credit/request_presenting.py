"""What the pages of requests show: the circuit as stages, the clock, what is asked beside what is advised."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.utils.translation import get_language, ngettext, pgettext
from django.utils.translation import gettext as _

from accounts.ports import role_label
from credit.models import (
    RUNNING,
    CreditRequest,
    ExportState,
    Outcome,
    RequestState,
    RequestStep,
    StepKind,
    StepState,
)
from credit.queries.settings import credit_settings, office_hours
from credit.rules.need import Need, credit_need, maximum_loss
from credit.rules.office_hours import OfficeHours
from credit.services.pieces import expected_pieces, missing_pieces
from kernel import formats
from kernel.components import Stage
from kernel.money import Money
from ledger.models import PaymentTerms
from ledger.services import terms_as_rule

SOON_HOURS = 4
MINUTES_OF_HOUR = 60
BADGES = {
    RequestState.GRANTED: "ok",
    RequestState.REFUSED: "late",
    RequestState.ARBITRATION: "disp",
    RequestState.IN_CIRCUIT: "info",
}


def language() -> str:
    """Return the reader's language, two letters."""
    return (get_language() or "en")[:2]


def at(moment: datetime | None, hours: OfficeHours) -> str:
    """Return a moment as people say it, in the tenant's time."""
    if moment is None:
        return ""
    local = moment.astimezone(hours.zone)
    return f"{formats.day_short(local.date(), language())}, {formats.clock(local, language())}"


@dataclass(frozen=True, slots=True)
class Clock:
    """How much working time is left: the words, and `ok`, `warn`, `late` or `wait` (stands still)."""

    words: str
    status: str
    due: str = ""

    @property
    def css(self) -> str:
        """Return the class of the chip."""
        return {"warn": "sla is-warn", "late": "sla is-late"}.get(self.status, "sla")


def clock_of(request: CreditRequest, *, now: datetime, hours: OfficeHours) -> Clock | None:
    """Return how much working time a running request has left; None for one that waits for nobody."""
    if request.state not in RUNNING:
        return None
    if request.waiting_since is not None:
        return Clock(
            _("stands still since %(when)s") % {"when": at(request.waiting_since, hours)}, "wait"
        )
    if request.decide_before is None:
        return None
    minutes = hours.minutes_between(now, request.decide_before)
    due = at(request.decide_before, hours)
    if minutes < 0:
        return Clock(_("%(time)s late") % {"time": _length(-minutes, hours)}, "late", due)
    status = "warn" if minutes <= SOON_HOURS * MINUTES_OF_HOUR else "ok"
    return Clock(_length(minutes, hours), status, due)


def _length(minutes: int, hours: OfficeHours) -> str:
    """Return working time as hours under a day, as days of work above."""
    day = (hours.ends.hour - hours.starts.hour) * MINUTES_OF_HOUR or 1
    if minutes >= day:
        return formats.days(minutes // day, language())
    if minutes >= MINUTES_OF_HOUR:
        return pgettext("duration", "%(count)s h") % {"count": minutes // MINUTES_OF_HOUR}
    return pgettext("duration", "%(count)s min") % {"count": minutes}


def stages(
    request: CreditRequest,
    steps: list[RequestStep],
    *,
    hours: OfficeHours,
    me: object,
    sees_opinions: bool,
) -> list[Stage]:
    """Return the circuit as the stepper shows it, the request itself first."""
    asker = request.requested_by.name if request.requested_by else _("scheduled round")
    found = [
        Stage(
            pgettext("stage", "Request"),
            "done" if request.state != RequestState.DRAFT else "now",
            f"{asker}, {at(request.submitted_at or request.created_at, hours)}",
        )
    ]
    for step in steps:
        if step.state == StepState.SKIPPED and step.kind != StepKind.COMMITTEE:
            continue
        found.append(
            Stage(
                _stage_label(step),
                _stage_state(step),
                _stage_detail(step, request, hours, me, sees_opinions=sees_opinions),
            )
        )
    return found


def _stage_label(step: RequestStep) -> str:
    if step.label:
        return step.label
    if step.kind == StepKind.DECISION:
        return step.person.name if step.person else role_label(step.role)
    return str(StepKind(step.kind).label)


def _stage_state(step: RequestStep) -> str:
    if step.state == StepState.OPEN:
        return "now"
    if step.state != StepState.DONE:
        return ""
    return "no" if step.outcome in {Outcome.REFUSE, Outcome.UNFAVOURABLE} else "done"


def _stage_detail(
    step: RequestStep,
    request: CreditRequest,
    hours: OfficeHours,
    me: object,
    *,
    sees_opinions: bool,
) -> str:
    if step.state == StepState.SKIPPED:
        return _("not needed")
    if step.kind == StepKind.EXPORT:
        return _export_detail(step, request)
    if step.state == StepState.DONE:
        return f"{_done_by(step, request, sees_opinions=sees_opinions)}, {at(step.done_at, hours)}"
    who = step.person.name if step.person else role_label(step.role)
    if step.person_id is not None and step.person_id == me:
        who = _("You")
    if step.state == StepState.OPEN:
        return _("%(who)s, before %(due)s") % {"who": who, "due": at(step.due_at, hours)}
    if step.above is not None:
        floor = formats.amount_short(Money(step.above, step.amount_currency), language())
        return _("%(who)s, above %(amount)s") % {"who": who, "amount": floor}
    return who


def _export_detail(step: RequestStep, request: CreditRequest) -> str:
    if step.state != StepState.DONE:
        return _("account and limit, by themselves")
    export = request.exports.first()
    if export is None or export.state == ExportState.FILE_ONLY:
        return _("done; the file is ready")
    return str(export.get_state_display())


def _done_by(step: RequestStep, request: CreditRequest, *, sees_opinions: bool) -> str:
    name = step.done_by.name if step.done_by else ""
    if step.on_behalf_of is not None:
        name = _("%(delegate)s for %(delegator)s") % {
            "delegate": name,
            "delegator": step.on_behalf_of.name,
        }
    if step.kind == StepKind.COMPLETENESS:
        expected = len(expected_pieces(request))
        there = expected - len(missing_pieces(request))
        return _("%(name)s, %(there)s of %(expected)s papers") % {
            "name": name,
            "there": there,
            "expected": expected,
        }
    if step.amount is not None and sees_opinions:
        amount = formats.amount_short(Money(step.amount, request.currency), language())
        if step.kind == StepKind.ANALYSIS:
            return _("%(name)s, advice %(amount)s") % {"name": name, "amount": amount}
        return f"{name}, {amount}"
    return name


@dataclass(frozen=True, slots=True)
class Figures:
    """What is asked beside what is advised, insured, needed and lost at worst; None where it is not known."""

    asked: Money
    asked_terms: PaymentTerms | None
    advised: Money | None
    advised_terms: PaymentTerms | None
    insured: Money | None
    insured_words: str
    need: Need | None
    need_words: str
    loss: Money
    loss_of: Money
    quote: Money | None
    expected_sales: Money | None


def figures(request: CreditRequest, steps: list[RequestStep]) -> Figures:
    """Return the figures of the decision page, in the request's currency, tax included."""
    asked = Money(request.asked_amount, request.currency)
    analysis = next(
        (
            step
            for step in reversed(steps)
            if step.kind == StepKind.ANALYSIS and step.state == StepState.DONE
        ),
        None,
    )
    advised = _money(analysis.amount if analysis else None, request.currency)
    insured = _money(request.insured_amount, request.currency)
    need = _need(request)
    basis = _money(request.granted_amount, request.currency) or advised or asked
    return Figures(
        asked=asked,
        asked_terms=request.asked_terms,
        advised=advised,
        advised_terms=analysis.terms if analysis else None,
        insured=insured,
        insured_words=_insured_words(request),
        need=need,
        need_words=_need_words(need) if need else "",
        loss=maximum_loss(basis, insured, request.insured_quota),
        loss_of=basis,
        quote=_money(request.quote_amount, request.currency),
        expected_sales=_money(request.expected_sales, request.currency),
    )


def _money(amount: Decimal | None, currency: str) -> Money | None:
    return None if amount is None else Money(amount, currency)


def _insured_words(request: CreditRequest) -> str:
    said = []
    if request.insured_quota is not None:
        share = formats.percent(request.insured_quota, language(), decimals=0)
        said.append(_("pays %(share)s of a loss") % {"share": share})
    if request.insured_on is not None:
        said.append(
            _("agreement of %(day)s") % {"day": formats.day_short(request.insured_on, language())}
        )
    return ", ".join(said)


def _need(request: CreditRequest) -> Need | None:
    if request.expected_sales is None or request.asked_terms is None:
        return None
    return credit_need(
        Money(request.expected_sales, request.currency),
        terms_as_rule(request.asked_terms),
        vat_rate=credit_settings().vat_rate,
        peak_factor=request.peak_factor,
    )


def _need_words(need: Need) -> str:
    """Return how the need was worked out: « 310 k€ ÷ 12 × 2 mois × TVA, pointe ×1,4 »."""
    months = formats.number(
        need.months, language(), decimals=0 if need.months == need.months.to_integral_value() else 1
    )
    said = ngettext(
        "%(sales)s ÷ 12 × %(months)s month × VAT",
        "%(sales)s ÷ 12 × %(months)s months × VAT",
        2 if need.months > 1 else 1,
    ) % {"sales": formats.amount_short(need.yearly_sales, language()), "months": months}
    if need.peak_factor != 1:
        said += _(", peak ×%(factor)s") % {
            "factor": formats.number(need.peak_factor, language(), decimals=1)
        }
    return said


@dataclass(frozen=True, slots=True)
class Row:
    """A request as the list shows it."""

    request: CreditRequest
    amount: Money
    kind: str
    waits_for: str
    clock: Clock | None
    status: str


def rows(found: list[CreditRequest], *, now: datetime) -> list[Row]:
    """Return requests as a list shows them; their open steps are read in one query."""
    hours = office_hours()
    open_steps: dict[object, list[RequestStep]] = {}
    steps = RequestStep.objects.filter(
        request__in=[one.pk for one in found], state=StepState.OPEN
    ).select_related("person")
    for step in steps:
        open_steps.setdefault(step.request_id, []).append(step)
    return [
        Row(
            request=one,
            amount=Money(one.asked_amount, one.currency),
            kind=one.get_kind_display(),
            waits_for=_waits_for(one, open_steps.get(one.pk, [])),
            clock=clock_of(one, now=now, hours=hours),
            status=BADGES.get(RequestState(one.state), ""),
        )
        for one in found
    ]


def _waits_for(request: CreditRequest, steps: list[RequestStep]) -> str:
    if request.waiting_since is not None:
        return _("an answer of %(who)s") % {
            "who": request.requested_by.name if request.requested_by else "—"
        }
    names = [step.person.name if step.person else role_label(step.role) for step in steps]
    return ", ".join(dict.fromkeys(names))
