"""A customer's insolvency: the chase of older debts freezes the same day, penalties are barred, the clock starts."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.services import audit
from dunning.models import Exclusion, Insolvency, LegalDeadline, Pause, Procedure
from dunning.rules.legal_clock import DeadlineKind
from dunning.services.deadlines import DeadlineRefused, Subject, start_deadline, void_deadlines
from dunning.services.interest_claims import bar_claims, free_claims
from dunning.services.stops import keep_out, take_back_in
from kernel.errors import Refused
from kernel.permissions import Actor, system_actor
from kernel.tenancy import current_tenant_id
from ledger.models import Customer, DocumentKind, DueLine, TimelineKind
from ledger.services.history import note
from ledger.services.locks import lock_customer

HOME = "FR"


class InsolvencyRefused(Refused):
    """An insolvency cannot be recorded or ended so."""

    code: ClassVar[str] = "insolvency_refused"


def record_insolvency(
    *,
    customer: Customer,
    procedure: Procedure,
    judgment_date: date,
    published_date: date | None,
    source: str,
    actor: Actor,
    today: date,
    now: datetime,
    notice_id: str = "",
    court: str = "",
) -> Insolvency:
    """Freeze the chase of a customer's debts issued up to the judgment, today, and return the insolvency.

    Queued messages about them do not leave: each asks again before it goes. The filing of the claim and the request
    for relief go on the clock from the publication, from the judgment while that is not known, which is earlier. A
    second notice about a customer who is frozen changes the procedure and freezes nothing twice. Raises
    InsolvencyRefused for a day to come.
    """
    lock_customer(customer.pk)
    _refuse(judgment_date, published_date, today)
    known = Insolvency.objects.filter(customer=customer, notice_id=notice_id).exclude(notice_id="")
    if found := known.first():
        return found
    running = Insolvency.objects.filter(customer=customer, ended_date=None).first()
    if running is not None:
        return _changed(
            running, procedure, published_date, notice_id=notice_id, actor=actor, now=now
        )
    insolvency = Insolvency.objects.create(
        customer=customer,
        procedure=procedure,
        judgment_date=judgment_date,
        published_date=published_date,
        from_date=today,
        source=source,
        notice_id=notice_id,
        court=court[:150],
        recorded_by_id=actor.membership_id,
        recorded_at=now,
    )
    _freeze(insolvency, actor=actor, today=today)
    bar_claims(insolvency=insolvency, actor=actor, today=today, now=now)
    _start_clock(insolvency, actor=actor, now=now)
    _tell(insolvency, "dunning.insolvency_recorded", actor=actor, now=now)
    audit.record(
        actor=actor,
        action="dunning.record_insolvency",
        object_kind="customer",
        object_id=customer.pk,
        procedure=str(procedure),
        judgment=judgment_date.isoformat(),
        source=source,
    )
    return insolvency


def _refuse(judgment_date: date, published_date: date | None, today: date) -> None:
    if judgment_date > today:
        raise InsolvencyRefused(
            _("%(day)s is still to come: give the day of the judgment.") % {"day": judgment_date}
        )
    if published_date is not None and not judgment_date <= published_date <= today:
        raise InsolvencyRefused(
            _(
                "A judgment of %(judgment)s is not published on %(published)s: give a day from the judgment to today."
            )
            % {"judgment": judgment_date, "published": published_date}
        )


def _changed(
    running: Insolvency,
    procedure: Procedure,
    published_date: date | None,
    *,
    notice_id: str,
    actor: Actor,
    now: datetime,
) -> Insolvency:
    """Take a later notice into the insolvency that runs: a conversion, or the publication that was awaited."""
    is_news = running.procedure != procedure
    running.procedure = procedure
    running.notice_id = running.notice_id or notice_id
    if running.published_date is None and published_date is not None:
        running.published_date = published_date
        void_deadlines(subject=running.pk)
        running.save()
        _start_clock(running, actor=actor, now=now)
    running.save()
    if is_news:
        _tell(running, "dunning.insolvency_recorded", actor=actor, now=now)
    return running


def _freeze(insolvency: Insolvency, *, actor: Actor, today: date) -> int:
    """Keep out the open lines from before the judgment that are not kept out for it yet; return how many."""
    kept = Pause.objects.not_over(today).filter(object_id=insolvency.pk)
    lines = list(
        DueLine.objects.filter(
            customer=insolvency.customer_id,
            kind=DocumentKind.INVOICE,
            is_open=True,
            issue_date__lte=insolvency.judgment_date,
        )
        .exclude(pk__in=kept.values("due_line"))
        .values_list("pk", flat=True)
    )
    if lines:
        keep_out(
            customer=insolvency.customer,
            exclusion=Exclusion.INSOLVENCY,
            reason=insolvency.get_procedure_display(),
            today=today,
            object_id=insolvency.pk,
            actor=actor,
            due_lines=lines,
        )
    return len(lines)


def refresh_freezes(*, today: date) -> int:
    """Keep out what came into the ledger since its customer became insolvent; return how many lines. Safe to repeat."""
    actor = system_actor(current_tenant_id())
    running = Insolvency.objects.filter(ended_date=None).select_related("customer")
    return sum(_freeze(insolvency, actor=actor, today=today) for insolvency in running)


def _start_clock(insolvency: Insolvency, *, actor: Actor, now: datetime) -> None:
    start = insolvency.published_date or insolvency.judgment_date
    customer = insolvency.customer
    variant = "" if _has_home_creditor(customer) else "abroad"
    kinds = ((DeadlineKind.CLAIM_FILING, variant), (DeadlineKind.RELIEF, ""))
    for kind, which in kinds:
        try:
            start_deadline(
                customer=customer,
                kind=kind,
                subject=Subject(insolvency.pk, insolvency.notice_id or customer.code),
                start=start,
                actor=actor,
                now=now,
                country=customer.country,
                variant=which,
                owner=customer.risk_owner_id or customer.collector_id,
            )
        except DeadlineRefused:
            # Another country's procedure: the freeze stands, a person enters its deadlines with their source.
            _tell(insolvency, "dunning.deadline_unknown", actor=actor, now=now)
            return


def _has_home_creditor(customer: Customer) -> bool:
    """Say whether one of our companies he owes sits in France: then the shorter time counts, which is the safe one."""
    countries: Iterable[str] = DueLine.objects.filter(customer=customer).values_list(
        "entity__country", flat=True
    )
    found = set(countries)
    return HOME in found or not found


def end_insolvency(
    *, insolvency: Insolvency, reason: str, actor: Actor, today: date, now: datetime
) -> Insolvency:
    """Let the chase go on, because the plan was adopted, the procedure closed or the notice was not about him.

    Its deadlines are taken off the clock and barred penalties live again. Raises InsolvencyRefused without a reason.
    """
    lock_customer(insolvency.customer_id)
    locked = Insolvency.objects.select_related("customer").get(pk=insolvency.pk)
    if locked.ended_date is not None:
        raise InsolvencyRefused(
            _("This insolvency ended on %(day)s already.") % {"day": locked.ended_date}
        )
    if not reason.strip():
        raise InsolvencyRefused(_("Say why %(customer)s is chased again.") % _named(locked))
    locked.ended_date, locked.end_reason = today, reason.strip()[:300]
    locked.save()
    take_back_in(object_id=locked.pk, today=today)
    void_deadlines(subject=locked.pk)
    free_claims(customer=locked.customer_id, actor=actor, today=today, now=now)
    _tell(locked, "dunning.insolvency_ended", actor=actor, now=now, words=locked.end_reason)
    audit.record(
        actor=actor,
        action="dunning.end_insolvency",
        object_kind="customer",
        object_id=locked.customer_id,
    )
    return locked


def filing_of(insolvency: UUID) -> LegalDeadline | None:
    """Return the deadline by which the claim is to be filed, None where no length is known."""
    return LegalDeadline.objects.filter(
        subject=insolvency, kind=DeadlineKind.CLAIM_FILING, is_void=False
    ).first()


def _named(insolvency: Insolvency) -> dict[str, str]:
    return {"customer": insolvency.customer.name}


def _tell(
    insolvency: Insolvency, text_code: str, *, actor: Actor, now: datetime, words: str = ""
) -> None:
    note(
        customer=insolvency.customer_id,
        kind=TimelineKind.CHANGE,
        text_code=text_code,
        actor=actor,
        words=words,
        at=now,
        object_id=insolvency.pk,
        facts={"judgment": insolvency.judgment_date.isoformat()},
    )
