"""Look-ups about companies: asked by a person within the budget, made with no transaction open, kept with their price.

A row is the promise: `asked`, then claimed as `running`, asked over HTTP, and recorded. An answer is used again until
it is too old. A source that fails too often in a row is left alone for a while; a look-up is tried three times at most.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import ClassVar

from babel.numbers import is_currency
from django.db.models import Q
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.services import audit
from credit.models import InformationSource, LegalEvent, LegalEventKind, LookUp, LookUpState, Source
from credit.ports import CompanyInformation, ProviderError, information_from
from credit.queries.information import ASKABLE, UNDER_WAY, source_row, spending, usable
from credit.rules.company_facts import Company, Event
from credit.rules.look_ups import MOST_ATTEMPTS, closes_circuit, retry_at
from credit.services.company_years import keep_years
from kernel import formats
from kernel.errors import Refused
from kernel.money import Money
from kernel.permissions import Actor, system_actor
from kernel.tenancy import current_tenant_id
from ledger.rules.identifiers import siren_of

AT_ONCE = 10
ANSWERS_KEPT = timedelta(days=3 * 365)
STALE = timedelta(minutes=10)  # a claim whose worker died


class LookUpRefused(Refused):
    """The company cannot be looked up so."""

    code: ClassVar[str] = "look_up_refused"


class SourceRefused(Refused):
    """The source cannot be used so."""

    code: ClassVar[str] = "information_source_refused"


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of asking: the row, and whether an answer known already serves."""

    row: LookUp
    is_known: bool


def set_source(
    *,
    source: str,
    is_on: bool,
    price: Decimal,
    monthly_budget: Decimal,
    currency: str,
    kept_days: int,
    actor: Actor,
) -> InformationSource:
    """Say whether and at what price a source is asked. Raises SourceRefused."""
    if actor.kind != "person":
        raise SourceRefused(_("This is a person's act, never a machine's (S12)."))
    if not is_currency(currency) or price < 0 or monthly_budget < 0:
        raise SourceRefused(
            _(
                "Give the price of a call and the budget of a month, none below zero, in a currency such as EUR."
            )
        )
    if source not in ASKABLE:
        raise SourceRefused(
            _("This source is a file or a gazette: nobody is asked, nothing is paid.")
        )
    row, _is_new = InformationSource.objects.update_or_create(
        source=source,
        defaults={
            "is_on": is_on,
            "price": price,
            "monthly_budget": monthly_budget,
            "currency": currency,
            "kept_days": kept_days,
        },
    )
    audit.record(
        actor=actor,
        action="credit.set_information_source",
        object_kind="information_source",
        object_id=row.pk,
        source=source,
        is_on=is_on,
        price=str(price),
        budget=str(monthly_budget),
        currency=currency,
    )
    return row


def checked_siren(text: str) -> str:
    """Return the SIREN in what was typed: a SIREN, a SIRET or a French VAT number. Raises LookUpRefused.

    Nobody is asked about a number whose check digit is wrong.
    """
    found = siren_of(text.strip()[:40])
    if found is None:
        raise LookUpRefused(
            _(
                "“%(typed)s” is no SIREN, SIRET or French VAT number: its check digits do not agree. Read it again."
            )
            % {"typed": text.strip()[:40]}
        )
    return found


def ask_look_up(
    *, source: str, siren: str, actor: Actor, now: datetime, today: date, is_fresh: bool = False
) -> Asked:
    """Ask a source about a company, or return the answer that is known already. Raises LookUpRefused.

    The source's row is locked meanwhile: two who ask at once never spend more than the budget together.
    """
    number = checked_siren(siren)
    row = InformationSource.objects.select_for_update().filter(source=source).first() or source_row(
        source
    )
    _refuse(row)
    known = None if is_fresh else usable(source, number, now=now, kept_days=row.kept_days)
    known = known or LookUp.objects.filter(source=source, siren=number, state__in=UNDER_WAY).first()
    if known is not None:
        return Asked(known, is_known=True)
    money = spending(row, today)
    if not money.is_enough:
        language = (get_language() or "en")[:2]
        raise LookUpRefused(
            _(
                "%(source)s: %(spent)s of this month's %(budget)s are spent, and a look-up costs %(price)s. Raise the "
                "budget under Connectors, or wait until next month."
            )
            % {
                "source": row.get_source_display(),
                "spent": formats.money(Money(money.spent, row.currency), language),
                "budget": formats.money(Money(money.budget, row.currency), language),
                "price": formats.money(Money(money.price, row.currency), language),
            }
        )
    made = LookUp.objects.create(
        source=source,
        siren=number,
        state=LookUpState.ASKED,
        price=row.price,
        currency=row.currency,
        asked_by_id=actor.membership_id,
        asked_at=now,
    )
    _keep(made, "ask_look_up", actor)
    return Asked(made, is_known=False)


def _refuse(row: InformationSource) -> None:
    facts = {"source": row.get_source_display()}
    if information_from(row.source) is None:
        raise LookUpRefused(
            _(
                "%(source)s is not connected: its address is missing in the settings of this installation."
            )
            % facts
        )
    if not row.is_on:
        raise LookUpRefused(
            _("%(source)s is switched off: a credit manager switches it on under Connectors.")
            % facts
        )


def claim_look_ups(*, now: datetime) -> list[LookUp]:
    """Claim what waits to be asked, from sources whose circuit is closed; a claim of a dead worker is taken over."""
    LookUp.objects.filter(
        state=LookUpState.RUNNING, not_before__lte=now, attempts__gte=MOST_ATTEMPTS
    ).update(state=LookUpState.FAILED, price=0, answered_at=now, problems=["timeout"])
    resting = InformationSource.objects.filter(closed_until__gt=now).values("source")
    waiting = (
        LookUp.objects.select_for_update(of=("self",), skip_locked=True)
        .filter(
            Q(state=LookUpState.ASKED) & (Q(not_before=None) | Q(not_before__lte=now))
            | Q(state=LookUpState.RUNNING, not_before__lte=now)
        )
        .exclude(source__in=resting)
        .order_by("asked_at")[:AT_ONCE]
    )
    claimed = list(waiting)
    for row in claimed:
        row.state, row.attempts, row.not_before = LookUpState.RUNNING, row.attempts + 1, now + STALE
        row.save(update_fields=["state", "attempts", "not_before"])
    return claimed


def make_look_up(row: LookUp, client: CompanyInformation) -> Company | ProviderError | None:
    """Ask the source; no transaction is open. Return the company, None where it is not known, or what went wrong."""
    try:
        return client.look_up(row.siren)
    except ProviderError as fault:
        return fault
    except Exception as fault:  # noqa: BLE001  whatever a strange answer breaks is the answer's fault, and is kept
        return ProviderError("nonsense", type(fault).__name__, is_lasting=True)


def record_look_up(row: LookUp, answer: Company | ProviderError | None, *, now: datetime) -> LookUp:
    """Keep what a source answered. One that failed costs nothing and is tried again, three times in all."""
    locked = LookUp.objects.select_for_update(of=("self",)).get(pk=row.pk)
    if locked.state != LookUpState.RUNNING or locked.attempts != row.attempts:
        return locked
    if isinstance(answer, ProviderError):
        _record_failure(locked, answer, now)
    else:
        _record_answer(locked, answer, now)
    locked.save()
    actor = system_actor(current_tenant_id())
    _keep(locked, "record_look_up", actor)
    return locked


def _record_failure(row: LookUp, fault: ProviderError, now: datetime) -> None:
    again = retry_at(row.attempts, is_lasting=fault.is_lasting, now=now)
    row.state = LookUpState.ASKED if again else LookUpState.FAILED
    row.not_before, row.problem, row.problems = again, str(fault)[:300], [fault.code]
    if again is None:
        row.price, row.answered_at = Decimal(0), now
    # A company that is not there says nothing against the source; what does not answer does.
    source = InformationSource.objects.select_for_update().get(source=row.source)
    source.failures += 1
    source.closed_until = closes_circuit(source.failures, now=now)
    source.last_problem, source.last_problem_at = fault.code, now
    source.save(update_fields=["failures", "closed_until", "last_problem", "last_problem_at"])


def _record_answer(row: LookUp, company: Company | None, now: datetime) -> None:
    row.answered_at, row.not_before, row.problem = now, None, ""
    if company is None:
        row.state = LookUpState.NOT_FOUND
    else:
        row.state = LookUpState.DEGRADED if company.problems else LookUpState.FOUND
        row.facts, row.problems = company.as_json(), list(company.problems)[:50]
        keep_events(company.events, siren=company.siren, source=row.source, now=now)
        keep_years(company, actor=system_actor(current_tenant_id()), now=now)
    InformationSource.objects.filter(source=row.source).update(
        failures=0, closed_until=None, last_ok_at=now
    )


def keep_events(events: Iterable[Event], *, siren: str, source: str, now: datetime) -> int:
    """Keep legal events of a company, each notice once; return how many are new."""
    rows = [
        LegalEvent(
            siren=siren,
            kind=LegalEventKind(one.kind),
            event_date=date.fromisoformat(one.day),
            source=Source(source),
            notice_id=one.notice_id[:80],
            stage=one.stage[:60],
            recorded_at=now,
        )
        for one in events
    ]
    before = LegalEvent.objects.filter(siren=siren, source=source).count()
    LegalEvent.objects.bulk_create(rows, ignore_conflicts=True)
    return LegalEvent.objects.filter(siren=siren, source=source).count() - before


def forget_old_answers(*, now: datetime) -> int:
    """Empty answers older than three years, which may name people who trade; who asked and the price stay."""
    old = LookUp.objects.filter(asked_at__lt=now - ANSWERS_KEPT).exclude(facts={})
    return old.update(facts={})


def _keep(row: LookUp, verb: str, actor: Actor) -> None:
    audit.record(
        actor=actor,
        action=f"credit.{verb}",
        object_kind="look_up",
        object_id=row.pk,
        source=row.source,
        state=row.state,
        attempts=row.attempts,
        price=str(row.price),
        currency=row.currency,
    )
