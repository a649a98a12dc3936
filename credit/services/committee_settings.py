"""Who sits in a committee: proposed by one person, put in force by another, never changed afterwards (S10)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations
from typing import ClassVar

from django.db.models import Max
from django.utils.text import slugify
from django.utils.translation import gettext as _

from accounts.models import Membership, MembershipState, Scope
from accounts.services import audit
from credit.models import Committee, CommitteeSeat, CommitteeVersion
from credit.permissions import PUBLISH_CIRCUITS, WRITE_CIRCUITS
from credit.queries.authority import covers, person_of
from credit.rules.authority import is_same_person
from kernel.errors import Refused
from kernel.permissions import Actor, Verb

FEWEST_SEATS = 2
MOST_SEATS = 9


class CommitteeRefused(Refused):
    """The committee cannot be made so."""

    code: ClassVar[str] = "committee_refused"


class CommitteeSamePerson(Refused):
    """Who proposed a committee asks to put it in force (S10)."""

    code: ClassVar[str] = "committee_s10_two_people"


@dataclass(frozen=True, slots=True)
class WantedSeat:
    """A seat: its member, and who sits in his stead."""

    member: Membership
    substitute: Membership | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """A committee as a person proposes it; `quorum` counts seats that take a position."""

    seats: Sequence[WantedSeat]
    quorum: int
    arbiter: Membership
    deputy_arbiter: Membership | None = None


def new_committee(
    *, name: str, scope: Scope, wanted: Wanted, actor: Actor, now: datetime
) -> CommitteeVersion:
    """Begin a committee with its first proposal. Raises CommitteeRefused."""
    title = " ".join(name.split())
    code = slugify(title)[:40]
    if not code:
        raise CommitteeRefused(_("Give the committee a name."))
    if Committee.objects.filter(code=code).exists():
        raise CommitteeRefused(
            _("There is a committee %(name)s already. Choose another name.") % {"name": title}
        )
    _refuse_outside(actor, scope, WRITE_CIRCUITS)
    committee = Committee.objects.create(code=code, name=title, scope=scope, created_at=now)
    return propose(committee=committee, wanted=wanted, actor=actor, now=now)


def propose(
    *, committee: Committee, wanted: Wanted, actor: Actor, now: datetime
) -> CommitteeVersion:
    """Propose who sits from now on, in place of a proposal that nobody took up yet. Raises CommitteeRefused."""
    locked = Committee.objects.select_for_update(of=("self",)).get(pk=committee.pk)
    _refuse_outside(actor, committee.scope, WRITE_CIRCUITS)
    _refuse_wanted(wanted)
    if actor.membership_id is None:
        raise CommitteeRefused(_("A committee is proposed by a named person who signs in."))
    locked.versions.filter(is_draft=True).delete()
    last: int = locked.versions.aggregate(last=Max("number"))["last"] or 0
    version = CommitteeVersion.objects.create(
        committee=locked,
        number=last + 1,
        quorum=wanted.quorum,
        arbiter=wanted.arbiter,
        deputy_arbiter=wanted.deputy_arbiter,
        written_by_id=actor.membership_id,
        written_at=now,
    )
    for position, seat in enumerate(wanted.seats, start=1):
        CommitteeSeat.objects.create(
            version=version, position=position, member=seat.member, substitute=seat.substitute
        )
    _record("credit.propose_committee", version, actor)
    return version


def put_in_force(*, version: CommitteeVersion, actor: Actor, now: datetime) -> CommitteeVersion:
    """Put a proposal in force, as somebody who did not write it (S10). Raises CommitteeSamePerson, CommitteeRefused."""
    if actor.kind != "person" or actor.membership_id is None:
        raise CommitteeRefused(
            _(
                "A committee is put in force by a named person who signs in, never by a machine (S12)."
            )
        )
    locked = (
        CommitteeVersion.objects.select_for_update(of=("self",))
        .select_related("committee__scope", "written_by__user")
        .filter(pk=version.pk)
        .first()
    )
    if locked is None or not locked.is_draft:
        raise CommitteeRefused(
            _("This proposal was put in force or replaced meanwhile. Reload the page.")
        )
    me = Membership.objects.select_related("user").get(pk=actor.membership_id)
    if is_same_person(person_of(me), person_of(locked.written_by)):
        raise CommitteeSamePerson(
            _("You proposed this committee: another person puts it in force (S10).")
        ).by_another()
    _refuse_outside(actor, locked.committee.scope, PUBLISH_CIRCUITS, Verb.APPROVE)
    seats = [
        WantedSeat(seat.member, seat.substitute)
        for seat in locked.seats.select_related("member__user", "substitute__user")
    ]
    _refuse_wanted(Wanted(seats, locked.quorum, locked.arbiter, locked.deputy_arbiter))
    locked.is_draft = False
    locked.published_by_id = actor.membership_id
    locked.published_at = now
    locked.save()
    _record("credit.put_committee_in_force", locked, actor)
    return locked


def _refuse_outside(actor: Actor, scope: Scope, permission: str, *verbs: Verb) -> None:
    if any(
        covers(held.scope_path, scope.path) and (not verbs or held.cell.verb in verbs)
        for held in actor.held(permission)
    ):
        return
    raise CommitteeRefused(
        _("%(scope)s lies outside your perimeter: ask a credit manager of it.")
        % {"scope": scope.name}
    )


def _refuse_wanted(wanted: Wanted) -> None:
    count = len(wanted.seats)
    if not FEWEST_SEATS <= count <= MOST_SEATS:
        raise CommitteeRefused(
            _("A committee has %(fewest)s to %(most)s seats, not %(count)s.")
            % {"fewest": FEWEST_SEATS, "most": MOST_SEATS, "count": count}
        )
    if not FEWEST_SEATS <= wanted.quorum <= count:
        raise CommitteeRefused(
            _(
                "A quorum of %(quorum)s does not fit %(count)s seats: take %(fewest)s to %(count)s. "
                "Nobody decides alone in a committee."
            )
            % {"quorum": wanted.quorum, "count": count, "fewest": FEWEST_SEATS}
        )
    arbiters = [one for one in (wanted.arbiter, wanted.deputy_arbiter) if one is not None]
    members = [seat.member for seat in wanted.seats]
    substitutes = [seat.substitute for seat in wanted.seats if seat.substitute is not None]
    for one in (*arbiters, *members, *substitutes):
        if one.state != MembershipState.ACTIVE or one.user_id is None:
            raise CommitteeRefused(
                _("%(name)s has no sign-in here: name somebody who can vote.") % {"name": one.name}
            )
    _refuse_twice(arbiters, members, substitutes)


def _refuse_twice(
    arbiters: list[Membership], members: list[Membership], substitutes: list[Membership]
) -> None:
    """Refuse one person in two seats, in two accounts also, and an arbiter of his own disagreement."""
    for one, other in combinations(members, 2):
        if is_same_person(person_of(one), person_of(other)):
            raise CommitteeRefused(
                _("%(one)s and %(other)s are one person: one seat each.")
                % {"one": one.name, "other": other.name}
            )
    for arbiter in arbiters:
        for sitting in (*members, *substitutes):
            if is_same_person(person_of(arbiter), person_of(sitting)):
                raise CommitteeRefused(
                    _("%(name)s arbitrates what the seats do not agree on, and has no seat.")
                    % {"name": arbiter.name}
                )


def _record(action: str, version: CommitteeVersion, actor: Actor) -> None:
    audit.record(
        actor=actor,
        action=action,
        object_kind="committee_version",
        object_id=version.pk,
        committee=version.committee.code,
        number=version.number,
        quorum=version.quorum,
        arbiter=str(version.arbiter_id),
        deputy=str(version.deputy_arbiter_id or ""),
        seats=[
            [str(seat.member_id), str(seat.substitute_id or "")] for seat in version.seats.all()
        ],
    )
