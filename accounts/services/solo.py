"""Solo mode (S14): for one or two people, the second person is 24 hours and the legal representative's mailbox.

Every check of two people says so in the same way (`Refused.by_another`); the edge of the pages brings the act here,
and here alone it is kept, told, confirmed or refused. What is confirmed is done by the representative's seat, a
colleague without a login: no constraint of two people is lifted, and the trail marks it as single control.
"""

import hashlib
import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import ClassVar
from uuid import UUID

from django.core import signing
from django.utils.translation import gettext as _

from accounts.models import (
    Membership,
    MembershipState,
    SoloAct,
    SoloActState,
    SoloRepresentative,
    Tenant,
)
from accounts.queries import actor_of
from accounts.services import audit
from accounts.services.roles import MOST_PEOPLE_IN_SOLO_MODE, count_active, lock_people
from kernel import formats
from kernel.errors import Refused
from kernel.permissions import Actor

DELAY = timedelta(hours=24)
LAPSE = timedelta(days=14)
SALT = "accounts.solo"


class SoloRefused(Refused):
    """Solo mode does not let this pass, or not yet."""

    code: ClassVar[str] = "solo_refused"


def is_solo_now(tenant: Tenant) -> bool:
    """Return whether solo mode holds: it was chosen, and no third person works here."""
    return tenant.is_solo and count_active() <= MOST_PEOPLE_IN_SOLO_MODE


def representative(now: datetime) -> SoloRepresentative | None:
    """Return whose mailbox stands in for the second person at `now`."""
    return SoloRepresentative.objects.filter(in_force_at__lte=now).order_by("-in_force_at").first()


def choose_representative(
    *, name: str, email: str, actor: Actor, now: datetime
) -> SoloRepresentative:
    """Name the legal representative; who follows another is in force after 24 hours only. Raises SoloRefused."""
    tenant = lock_people()
    if actor.kind != "person" or actor.membership_id is None:
        raise SoloRefused(_("The legal representative is named by a person."))
    if not is_solo_now(tenant):
        raise SoloRefused(_("Solo mode is not on: a second person approves here (S14)."))
    if not name.strip() or "@" not in email:
        raise SoloRefused(_("Give the name and the mailbox of the legal representative."))
    before = representative(now)
    seat = Membership.objects.create(name=name.strip()[:150], state=MembershipState.LISTED)
    row = SoloRepresentative.objects.create(
        name=name.strip()[:150],
        email=email.strip(),
        seat=seat,
        chosen_by_id=actor.membership_id,
        chosen_at=now,
        in_force_at=now + DELAY if before else now,
    )
    audit.record(
        actor=actor,
        action="accounts.choose_representative",
        object_kind="solo_representative",
        object_id=row.pk,
        in_force=row.in_force_at.isoformat(),
    )
    return row


def keep_act(
    *,
    refused: Refused,
    path: str,
    fields: list[list[str]],
    actor: Actor,
    tenant: Tenant,
    now: datetime,
) -> SoloAct | None:
    """Keep what another person would have to do until the representative's word; None where nobody can give it."""
    chosen = representative(now)
    if chosen is None or not is_solo_now(tenant) or actor.membership_id is None:
        return None
    asked = [str(actor.membership_id), path, sorted(fields)]
    question = hashlib.sha256(json.dumps(asked).encode()).hexdigest()
    if actor.kind != "person":
        return None
    known = SoloAct.objects.filter(question=question, state=SoloActState.WAITING).first()
    if known is not None:
        return known
    row = SoloAct.objects.create(
        asked_by_id=actor.membership_id,
        representative=chosen,
        code=refused.code,
        words=refused.message[:500],
        path=path[:300],
        fields=fields,
        question=question,
        asked_at=now,
        due_at=now + DELAY,
        lapses_at=now + LAPSE,
    )
    audit.record(
        actor=actor,
        action="accounts.ask_solo_act",
        object_kind="solo_act",
        object_id=row.pk,
        refusal=refused.code,
        path=path.partition("?")[0],
    )
    return row


def token_of(act: SoloAct) -> str:
    """Return the signed name of an act, as it travels in a link; what it opens ends with the act."""
    return signing.dumps({"tenant": str(act.tenant_id), "act": str(act.pk)}, salt=SALT)


def read_token(token: str) -> tuple[UUID, UUID] | None:
    """Return tenant and act that a link names; None when it is not ours or too old."""
    try:
        named = signing.loads(token, salt=SALT, max_age=LAPSE)
        return UUID(named["tenant"]), UUID(named["act"])
    except (signing.BadSignature, KeyError, ValueError, TypeError):
        return None


def take_act(act_id: UUID, *, tenant: Tenant, now: datetime) -> tuple[SoloAct, Actor]:
    """Take an act to be done by the representative, once; its actor comes with it. Raises SoloRefused."""
    act = (
        SoloAct.objects.select_for_update(of=("self",))
        .select_related("representative")
        .get(pk=act_id)
    )
    if act.state != SoloActState.WAITING or act.lapses_at <= now:
        raise SoloRefused(
            _("Nothing waits here any more: it was decided, or too much time passed.")
        )
    if not is_solo_now(tenant):
        raise SoloRefused(
            _("Solo mode ended: a third person works here and approves instead (S14).")
        )
    if now < act.due_at:
        raise SoloRefused(
            _(
                "This can be confirmed from %(day)s, %(hour)s on: 24 hours stand in for a second person."
            )
            % {
                "day": formats.day(act.due_at.date(), tenant.language),
                "hour": formats.clock(act.due_at, tenant.language),
            }
        )
    if representative(now) != act.representative:
        raise SoloRefused(_("Another mailbox represents the company by now: ask again."))
    asker = actor_of(act.asked_by_id)
    if asker is None:
        raise SoloRefused(_("Who asked for it does not work here any more."))
    act.state, act.ended_at = SoloActState.CONFIRMED, now
    act.save(update_fields=["state", "ended_at"])
    seat = replace(
        asker,
        membership_id=act.representative.seat_id,
        user_id=None,
        name=act.representative.name,
        email="",
        is_single_control=True,
    )
    audit.record(
        actor=seat,
        action="accounts.confirm_solo_act",
        object_kind="solo_act",
        object_id=act.pk,
        asked_by=str(act.asked_by_id),
    )
    return act, seat


def note_failure(act_id: UUID, problem: str) -> None:
    """Note that what was confirmed could not be done any more."""
    SoloAct.objects.filter(pk=act_id).update(state=SoloActState.FAILED, problem=problem[:500])


def refuse_act(act_id: UUID, *, now: datetime) -> None:
    """Note that the representative refused; nothing is done."""
    act = (
        SoloAct.objects.select_for_update(of=("self",))
        .select_related("representative")
        .get(pk=act_id)
    )
    if act.state != SoloActState.WAITING:
        return
    act.state, act.ended_at = SoloActState.REFUSED, now
    act.save(update_fields=["state", "ended_at"])
    asker = actor_of(act.asked_by_id)
    if asker is not None:
        audit.record(
            actor=replace(
                asker,
                membership_id=act.representative.seat_id,
                user_id=None,
                is_single_control=True,
            ),
            action="accounts.refuse_solo_act",
            object_kind="solo_act",
            object_id=act.pk,
        )


def end_with_a_third(*, actor: Actor, now: datetime) -> bool:
    """End solo mode once a third person works here; what still waits lapses. Return whether it ended now."""
    tenant = lock_people()
    if not tenant.is_solo or count_active() <= MOST_PEOPLE_IN_SOLO_MODE:
        return False
    tenant.is_solo = False
    tenant.save(update_fields=["is_solo"])
    lapsed = SoloAct.objects.filter(state=SoloActState.WAITING).update(
        state=SoloActState.LAPSED, ended_at=now
    )
    audit.record(
        actor=actor,
        action="accounts.end_solo",
        object_kind="tenant",
        object_id=tenant.pk,
        people=count_active(),
        lapsed=lapsed,
    )
    return True
