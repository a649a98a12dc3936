"""Who gives a penalty up: one person up to a limit, two above it (RELIABILITY rows 24 and 25, S1)."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import ClassVar, Final

from django.db.models import F, Sum
from django.utils.translation import gettext as _

from accounts.models import Tenant
from accounts.services import audit
from dunning.models import ClaimMovement, InterestClaim, WaiverLimit, WaiverRequest, WaiverState
from dunning.rules.interest_claims import MovementKind, Parts
from dunning.services.interest_claims import parts_open, refuse_waiver, waive_claim
from kernel.errors import Refused
from kernel.money import Money
from kernel.permissions import Actor, Verb
from kernel.tenancy import current_tenant_id
from ledger.models import TimelineKind
from ledger.permissions import APPROVE_WRITE_OFF
from ledger.services.history import note

ALONE_BY_DEFAULT: Final = Decimal(500)
"""In the tenant's currency, until a manager enters another limit."""

WINDOW: Final = timedelta(days=30)
"""What one person gave up to one customer within it counts together: a large waiver in slices is a large waiver."""


class WaiverDecisionRefused(Refused):
    """A proposal to give up a penalty cannot be decided so."""

    code: ClassVar[str] = "waiver_decision_refused"


class WaiverLimitRefused(Refused):
    """A limit cannot be entered so."""

    code: ClassVar[str] = "waiver_limit_refused"


def alone_up_to(day: date) -> Decimal:
    """Return how much of penalties one person may give up to a customer alone, in the tenant's currency, on a day."""
    entered = WaiverLimit.objects.filter(valid_from__lte=day).first()
    return entered.amount if entered else ALONE_BY_DEFAULT


def enter_limit(*, valid_from: date, amount: Decimal, actor: Actor, today: date) -> WaiverLimit:
    """Enter the limit that counts from a day on, today at the earliest; 0: always two. Raises WaiverLimitRefused."""
    if valid_from < today or amount < 0:
        raise WaiverLimitRefused(
            _(
                "Give an amount from 0 and a day from today on: what was given up before stays judged as it was."
            )
        )
    row, _is_new = WaiverLimit.objects.update_or_create(
        valid_from=valid_from, defaults={"amount": amount, "entered_by_id": actor.membership_id}
    )
    audit.record(
        actor=actor,
        action="dunning.enter_waiver_limit",
        object_kind="waiver_limit",
        object_id=row.pk,
        amount=str(amount),
        valid_from=valid_from.isoformat(),
    )
    return row


def give_up(
    *,
    claim: InterestClaim,
    parts: Parts | None,
    reason: str,
    actor: Actor,
    today: date,
    now: datetime,
) -> WaiverRequest | None:
    """Give up parts of a claim, all it asks when None, or propose it to a second person and return the proposal.

    At once, with None returned, for somebody who may approve write-offs and stays within the limit: counted with what
    he gave up alone to this customer within thirty days. Raises WaiverRefused, WaiverDecisionRefused.
    """
    locked = InterestClaim.objects.select_for_update(of=("self",)).get(pk=claim.pk)
    left = parts_open(locked)
    given = left if parts is None else parts
    refuse_waiver(locked, given, left, reason, actor)
    if actor.can(APPROVE_WRITE_OFF, Verb.APPROVE) and not needs_second(
        locked, given, actor, today=today
    ):
        waive_claim(claim=locked, parts=given, reason=reason, actor=actor, today=today, now=now)
        return None
    if WaiverRequest.objects.filter(claim=locked, state=WaiverState.PROPOSED).exists():
        raise WaiverDecisionRefused(
            _("Giving up %(number)s is proposed already. It waits for a second person.")
            % {"number": locked.number}
        )
    request = WaiverRequest.objects.create(
        claim=locked,
        interest=given.interest,
        fixed_charge=given.fixed_charge,
        reason=reason.strip()[:300],
        proposed_by_id=actor.membership_id or "",  # refuse_waiver let a person pass alone
        proposed_at=now,
    )
    _tell(request, "dunning.waiver_proposed", actor=actor, now=now, words=request.reason)
    _record(request, "dunning.propose_waiver", actor)
    return request


def needs_second(claim: InterestClaim, given: Parts, actor: Actor, *, today: date) -> bool:
    """Say whether a second person must agree; in another currency than the tenant's always."""
    tenant = Tenant.objects.only("currency").get(pk=current_tenant_id())
    if claim.currency != tenant.currency:
        return True
    alone = ClaimMovement.objects.filter(
        kind=MovementKind.WAIVED.value,
        author=actor.membership_id,
        claim__customer=claim.customer_id,
        day__gt=today - WINDOW,
    ).aggregate(sum=Sum(F("interest") + F("fixed_charge")))["sum"]
    return given.total + (alone or Decimal(0)) > alone_up_to(today)


def decide_waiver(
    *,
    request: WaiverRequest,
    is_approved: bool,
    words: str,
    actor: Actor,
    today: date,
    now: datetime,
) -> WaiverRequest:
    """Agree to a proposal, which gives the penalty up, or refuse it; never the person who proposed it.

    A machine decides nothing. What the claim no longer asks meanwhile is not given up: WaiverRefused. Raises
    WaiverDecisionRefused.
    """
    locked = (
        WaiverRequest.objects.select_for_update(of=("self",))
        .select_related("claim", "proposed_by")
        .get(pk=request.pk)
    )
    facts = {"number": locked.claim.number, "name": locked.proposed_by.name}
    if locked.state != WaiverState.PROPOSED:
        raise WaiverDecisionRefused(
            _("Giving up %(number)s is decided already. Reload the page.") % facts
        )
    if actor.kind != "person" or actor.membership_id in {None, locked.proposed_by_id}:
        raise WaiverDecisionRefused(
            _("%(name)s proposed to give up %(number)s; somebody else has to decide (rule S1).")
            % facts
        )
    if not is_approved and not words.strip():
        raise WaiverDecisionRefused(_("Say why %(number)s is not given up.") % facts)
    if is_approved:
        waive_claim(
            claim=locked.claim,
            parts=Parts(locked.interest, locked.fixed_charge),
            reason=locked.reason,
            actor=actor,
            today=today,
            now=now,
        )
    locked.state = WaiverState.APPROVED if is_approved else WaiverState.REFUSED
    locked.decided_by_id, locked.decided_at = actor.membership_id, now
    locked.answer = words.strip()[:300]
    locked.save()
    if not is_approved:
        _tell(locked, "dunning.waiver_refused", actor=actor, now=now, words=locked.answer)
    _record(locked, "dunning.approve_waiver" if is_approved else "dunning.refuse_waiver", actor)
    return locked


def withdraw_waiver(*, request: WaiverRequest, actor: Actor, now: datetime) -> WaiverRequest:
    """Let the person who proposed it take a proposal back before anybody decides. Raises WaiverDecisionRefused."""
    locked = (
        WaiverRequest.objects.select_for_update(of=("self",))
        .select_related("claim", "proposed_by")
        .get(pk=request.pk)
    )
    facts = {"number": locked.claim.number, "name": locked.proposed_by.name}
    if locked.state != WaiverState.PROPOSED:
        raise WaiverDecisionRefused(
            _("Giving up %(number)s is decided already. Reload the page.") % facts
        )
    if actor.membership_id != locked.proposed_by_id:
        raise WaiverDecisionRefused(
            _(
                "Only %(name)s, who proposed to give up %(number)s, takes that back; refuse it instead."
            )
            % facts
        )
    locked.state, locked.decided_at = WaiverState.WITHDRAWN, now
    locked.save(update_fields=["state", "decided_at"])
    _record(locked, "dunning.withdraw_waiver", actor)
    return locked


def _amount(request: WaiverRequest) -> Money:
    return Money(request.interest + request.fixed_charge, request.claim.currency)


def _tell(
    request: WaiverRequest, text_code: str, *, actor: Actor, now: datetime, words: str
) -> None:
    note(
        customer=request.claim.customer_id,
        kind=TimelineKind.CHANGE,
        text_code=text_code,
        actor=actor,
        words=words,
        at=now,
        object_id=request.claim_id,
        facts={"claim": request.claim.number, "amount": _amount(request).as_json()},
    )


def _record(request: WaiverRequest, action: str, actor: Actor) -> None:
    audit.record(
        actor=actor,
        action=action,
        object_kind="waiver_request",
        object_id=request.pk,
        claim=request.claim_id,
        **_amount(request).as_json(),
    )
