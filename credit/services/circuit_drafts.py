"""Writing a circuit and having another person publish it (S10); what was published is never changed."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar

from django.db.models import Max
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts.models import Membership, MembershipState, Tenant
from accounts.ports import role_page
from accounts.services import audit
from credit import circuit_words as words
from credit.models import Circuit, CircuitStep, CircuitVersion, ExpectedPiece, RequestKind, StepKind
from credit.rules.circuits import Fault, faults
from credit.rules.ready_circuits import READY_CIRCUITS
from credit.services.circuits import rule_of, scope_of
from kernel.errors import Refused
from kernel.permissions import Actor, system_actor

MOST_STEPS = 20
MOST_HOURS = 999
READY_PIECES = ("kbis", "accounts", "rib", "order", "terms_signed", "vat_certificate")


class CircuitRefused(Refused):
    """The circuit cannot be written so."""

    code: ClassVar[str] = "circuit_refused"


class CircuitChanged(Refused):
    """Somebody changed the draft since it was shown."""

    code: ClassVar[str] = "circuit_changed"


class CircuitNotPublishable(Refused):
    """The draft is no circuit yet: the findings say why."""

    code: ClassVar[str] = "circuit_not_publishable"


class CircuitSamePerson(Refused):
    """Who wrote in the draft asks to publish it (S10)."""

    code: ClassVar[str] = "circuit_s10_two_people"


@dataclass(frozen=True, slots=True)
class WrittenStep:
    """A step as a person writes it. Hours are working hours; amounts in `currency`, tax included."""

    number: int
    kind: str
    label: str = ""
    role: str = ""
    person: Membership | None = None
    substitute: Membership | None = None
    escalates_to: Membership | None = None
    above: Decimal | None = None
    up_to: Decimal | None = None
    currency: str = "EUR"
    grades: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    entities: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    deadline_hours: int = 9
    reminder_hours: int = 3


def install_ready(*, tenant: Tenant, now: datetime) -> None:
    """Publish the shipped circuits and papers where a tenant has none; safe to run twice."""
    if Circuit.objects.exists():
        return
    with override(tenant.language):
        _install(tenant, now)
    audit.record(
        actor=system_actor(tenant.pk),
        action="credit.install_circuits",
        object_kind="circuit",
        circuits=[ready.code for ready in READY_CIRCUITS],
    )


def _install(tenant: Tenant, now: datetime) -> None:
    for position, ready in enumerate(READY_CIRCUITS):
        circuit = Circuit.objects.create(
            code=ready.code,
            name=str(words.READY_NAMES[ready.code]),
            position=position,
            kinds=list(ready.kinds),
        )
        version = CircuitVersion.objects.create(circuit=circuit, is_draft=False, published_at=now)
        for step in ready.steps:
            CircuitStep.objects.create(
                version=version,
                position=step.position,
                number=step.number,
                kind=step.kind,
                role=step.role,
                above=step.above,
                currency=tenant.currency,
                deadline_hours=9,
                reminder_hours=3,
            )
    if not ExpectedPiece.objects.exists():
        for position, code in enumerate(READY_PIECES):
            ExpectedPiece.objects.create(
                code=code,
                label=str(words.READY_PIECES[code]),
                kinds=[RequestKind.OPENING],
                position=position,
            )


def new_circuit(
    *,
    name: str,
    kinds: Iterable[str],
    countries: Iterable[str],
    entities: Iterable[str],
    actor: Actor,
    is_first: bool = True,
) -> CircuitVersion:
    """Begin a circuit with an empty draft; nothing follows it before it is published. Raises CircuitRefused."""
    title = " ".join(name.split())
    code = slugify(title)[:40]
    if not code:
        raise CircuitRefused(_("Give the circuit a name."))
    if Circuit.objects.filter(code=code).exists():
        raise CircuitRefused(
            _("There is a circuit %(name)s already. Choose another name.") % {"name": title}
        )
    for circuit in Circuit.objects.order_by("-position") if is_first else ():
        circuit.position += 1
        circuit.save(update_fields=["position"])
    last = Circuit.objects.aggregate(last=Max("position"))["last"] or 0
    circuit = Circuit.objects.create(
        code=code,
        name=title,
        position=0 if is_first else last + 1,
        kinds=[kind for kind in kinds if kind in RequestKind.values],
        countries=sorted({country.upper() for country in countries}),
        entities=sorted(set(entities)),
    )
    return _begin(circuit, actor, number=1)


def open_draft(circuit: Circuit, *, actor: Actor) -> CircuitVersion:
    """Return the circuit's draft, made from what is published when there is none yet."""
    known = circuit.versions.filter(is_draft=True).first()
    if known is not None:
        return known
    newest = circuit.versions.filter(is_draft=False).order_by("-number").first()
    version = _begin(circuit, actor, number=(newest.number if newest else 0) + 1)
    for step in newest.steps.all() if newest else ():
        kept = {name: getattr(step, name) for name in WrittenStep.__dataclass_fields__}
        CircuitStep.objects.create(version=version, position=step.position, **kept)
    return version


def _begin(circuit: Circuit, actor: Actor, *, number: int) -> CircuitVersion:
    version = CircuitVersion.objects.create(
        circuit=circuit,
        number=number,
        written_by_id=actor.membership_id,
        authors=[str(actor.membership_id)] if actor.membership_id else [],
    )
    _record("credit.open_circuit_draft", version, actor)
    return version


def write_step(
    *, draft: CircuitVersion, position: int | None, step: WrittenStep, seen: int, actor: Actor
) -> CircuitVersion:
    """Add a step to a draft, or change the one at `position`. Raises CircuitChanged or CircuitRefused."""
    locked = _locked(draft, seen)
    _refuse_step(step)
    values = {name: getattr(step, name) for name in WrittenStep.__dataclass_fields__}
    for name in ("grades", "countries", "entities", "kinds"):
        values[name] = sorted(values[name])
    if position is None:
        count = locked.steps.count()
        if count >= MOST_STEPS:
            raise CircuitRefused(
                _("A circuit has %(most)s steps at most; nobody would follow a longer one.")
                % {"most": MOST_STEPS}
            )
        last = locked.steps.aggregate(last=Max("position"))["last"] or 0
        CircuitStep.objects.create(version=locked, position=last + 1, **values)
    else:
        found = locked.steps.filter(position=position).first()
        if found is None:
            raise CircuitChanged(_("This step was taken out of the draft meanwhile."))
        for name, value in values.items():
            setattr(found, name, value)
        found.save()
    return _touch(locked, "credit.write_circuit_step", actor)


def remove_step(*, draft: CircuitVersion, position: int, seen: int, actor: Actor) -> CircuitVersion:
    """Take a step out of a draft. Raises CircuitChanged."""
    locked = _locked(draft, seen)
    locked.steps.filter(position=position).delete()
    return _touch(locked, "credit.remove_circuit_step", actor)


def move_step(
    *, draft: CircuitVersion, position: int, is_earlier: bool, seen: int, actor: Actor
) -> CircuitVersion:
    """Let a step of a draft change places with the one before or after it. Raises CircuitChanged."""
    locked = _locked(draft, seen)
    steps = list(locked.steps.order_by("number", "position"))
    here = next((place for place, one in enumerate(steps) if one.position == position), None)
    if here is None:
        raise CircuitChanged(_("This step was taken out of the draft meanwhile."))
    there = here - 1 if is_earlier else here + 1
    if 0 <= there < len(steps):
        one, other = steps[here], steps[there]
        one.number, other.number = other.number, one.number
        for moved in (one, other):
            moved.save(update_fields=["number"])
    return _touch(locked, "credit.move_circuit_step", actor)


def propose_standing(
    *, draft: CircuitVersion, place: int | None, is_archival: bool, seen: int, actor: Actor
) -> CircuitVersion:
    """Propose where a circuit stands among the others, 1 the first, or that it goes out of use; published like steps.

    The order decides which circuit a request follows, so another person agrees to it. Raises CircuitChanged.
    """
    locked = _locked(draft, seen)
    count = Circuit.objects.filter(is_archived=False).count()
    locked.place = None if place is None else min(max(place, 1), max(count, 1))
    locked.is_archival = is_archival
    return _touch(locked, "credit.propose_circuit_standing", actor)


def discard(*, draft: CircuitVersion, seen: int, actor: Actor) -> None:
    """Throw a draft away; a circuit that was never published goes with it. Raises CircuitChanged."""
    locked = _locked(draft, seen)
    circuit = locked.circuit
    _record("credit.discard_circuit_draft", locked, actor)
    locked.delete()
    if not circuit.versions.exists():
        circuit.delete()


def findings(version: CircuitVersion) -> list[Fault]:
    """Return what keeps a draft from being published."""
    steps = [rule_of(step) for step in version.steps.all()]
    return faults(steps, scope_of(version.circuit))


def publish(*, draft: CircuitVersion, seen: int, actor: Actor, now: datetime) -> CircuitVersion:
    """Publish a draft: requests sent from now on follow it, running ones keep theirs.

    Raises CircuitRefused (S12), CircuitSamePerson (S10), CircuitNotPublishable or CircuitChanged.
    """
    if actor.kind != "person" or actor.membership_id is None:
        raise CircuitRefused(
            _("A circuit is published by a named person who signs in, never by a machine (S12).")
        )
    locked = _locked(draft, seen)
    authors = {*locked.authors, str(locked.written_by_id or "")}
    if str(actor.membership_id) in authors:
        raise CircuitSamePerson(
            _(
                "You wrote in this draft of %(name)s: another person publishes it (S10). Ask a credit manager."
            )
            % {"name": locked.circuit.name},
            rule="S10",
        ).by_another()
    if locked.is_archival:
        _refuse_gap(locked.circuit)
    found: list[Fault | Membership] = [*findings(locked), *_people_gone(locked)]
    if found and not locked.is_archival:
        raise CircuitNotPublishable(
            words.findings_as_text(found, locked),
            findings=[fault.flaw.value for fault in found if isinstance(fault, Fault)],
        )
    locked.is_draft = False
    locked.published_by_id = actor.membership_id
    locked.published_at = now
    locked.save()
    _take_standing(locked)
    _record(
        "credit.publish_circuit",
        locked,
        actor,
        authors=sorted(authors - {""}),
        is_archival=locked.is_archival,
        place=locked.place or "",
    )
    return locked


def _refuse_gap(circuit: Circuit) -> None:
    """Refuse to take a circuit out of use when a kind of request would be left without any."""
    others = [
        other
        for other in Circuit.objects.filter(is_archived=False).exclude(pk=circuit.pk)
        if not other.countries
        and not other.entities
        and other.versions.filter(is_draft=False, is_archival=False).exists()
    ]
    left = [
        kind
        for kind in circuit.kinds or RequestKind.values
        if not any(not other.kinds or kind in other.kinds for other in others)
    ]
    if left:
        raise CircuitNotPublishable(
            _(
                "Without %(name)s no circuit would take: %(kinds)s. Publish another one for it first."
            )
            % {"name": circuit.name, "kinds": words.kinds(left)},
            kinds=left,
        )


def _take_standing(version: CircuitVersion) -> None:
    """Let a published version's place in the order, or its end, take effect."""
    circuit = version.circuit
    circuit.is_archived = version.is_archival
    circuit.save(update_fields=["is_archived"])
    if version.place is None or version.is_archival:
        return
    others = list(
        Circuit.objects.select_for_update(of=("self",))
        .filter(is_archived=False)
        .exclude(pk=circuit.pk)
        .order_by("position", "name")
    )
    others.insert(version.place - 1, circuit)
    for position, one in enumerate(others):
        one.position = position
        one.save(update_fields=["position"])


def _people_gone(version: CircuitVersion) -> list[Membership]:
    """Return the people a draft names who work here no longer."""
    named = {
        ident
        for step in version.steps.all()
        for ident in (step.person_id, step.substitute_id, step.escalates_to_id)
        if ident
    }
    return list(
        Membership.objects.filter(pk__in=named)
        .exclude(state=MembershipState.ACTIVE)
        .order_by("name")
    )


def _refuse_step(step: WrittenStep) -> None:
    if step.kind not in StepKind.values or step.kind == StepKind.ARBITRATION:
        raise CircuitRefused(
            _("%(kind)s is no step of a circuit; an arbitration follows a committee by itself.")
            % {"kind": step.kind}
        )
    if step.role and step.role not in role_page().COLLEAGUES:
        raise CircuitRefused(_("%(role)s is no role of a colleague.") % {"role": step.role})
    if (
        not 0 < step.deadline_hours <= MOST_HOURS
        or not 0 <= step.reminder_hours < step.deadline_hours
    ):
        raise CircuitRefused(
            _(
                "A deadline is 1 to %(most)s working hours, and its reminder comes before: %(reminder)s hours before "
                "a deadline of %(deadline)s do not fit."
            )
            % {
                "most": MOST_HOURS,
                "reminder": step.reminder_hours,
                "deadline": step.deadline_hours,
            }
        )
    if step.above is not None and step.up_to is not None and step.up_to <= step.above:
        raise CircuitRefused(
            _("Above %(above)s and up to %(up_to)s leaves no amount: correct one of the two.")
            % {"above": step.above, "up_to": step.up_to}
        )
    if step.number < 1 or step.number > MOST_STEPS:
        raise CircuitRefused(_("Steps are numbered from 1 to %(most)s.") % {"most": MOST_STEPS})


def _locked(draft: CircuitVersion, seen: int) -> CircuitVersion:
    locked = (
        CircuitVersion.objects.select_for_update(of=("self",))
        .select_related("circuit")
        .filter(pk=draft.pk)
        .first()
    )
    if locked is None or not locked.is_draft:
        raise CircuitChanged(
            _("This draft was published or thrown away meanwhile. Reload the page.")
        )
    if locked.revision != seen:
        raise CircuitChanged(
            _("The draft of %(name)s changed since you opened the page. Look again, then send it.")
            % {"name": locked.circuit.name},
            revision=locked.revision,
        )
    return locked


def _touch(version: CircuitVersion, action: str, actor: Actor) -> CircuitVersion:
    version.revision += 1
    if actor.membership_id is not None:
        version.authors = sorted({*version.authors, str(actor.membership_id)})
    version.save()
    _record(action, version, actor)
    return version


def _record(action: str, version: CircuitVersion, actor: Actor, **details: Any) -> None:
    audit.record(
        actor=actor,
        action=action,
        object_kind="circuit_version",
        object_id=version.pk,
        circuit=version.circuit.code,
        number=version.number,
        **details,
    )
