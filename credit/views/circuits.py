"""Circuits: the list, one circuit around its steps, its draft and its publication."""

from collections.abc import Callable
from typing import Any, TypeVar

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from accounts.models import Membership, Tenant
from accounts.ports import role_label
from credit import circuit_words as words
from credit.forms.circuits import NewCircuitForm, StepForm
from credit.models import Circuit, CircuitStep, CircuitVersion, StepKind
from credit.permissions import PUBLISH_CIRCUITS, WRITE_CIRCUITS
from credit.request_presenting import language
from credit.services import circuit_drafts as drafts
from kernel import formats
from kernel.components import Stage
from kernel.errors import Refused
from kernel.http import TenantRequest, reads, writes
from kernel.money import Money
from kernel.permissions import Verb

T = TypeVar("T")
UNPROCESSABLE = 422
proposes = writes(WRITE_CIRCUITS, Verb.PROPOSE)


@reads(WRITE_CIRCUITS)
def circuits(request: TenantRequest) -> HttpResponse:
    """List the circuits with what they are for and what is published."""
    return _list(request, NewCircuitForm())


@proposes
def install(request: TenantRequest) -> HttpResponse:
    """Install the shipped circuits before the first request does."""
    drafts.install_ready(tenant=Tenant.objects.get(), now=request.now)
    return redirect("circuits")


def _list(request: TenantRequest, form: NewCircuitForm) -> HttpResponse:
    rows = []
    for circuit in Circuit.objects.filter(is_archived=False).prefetch_related("versions"):
        versions = list(circuit.versions.all())
        rows.append(
            {
                "circuit": circuit,
                "published": next((one for one in versions if not one.is_draft), None),
                "draft": next((one for one in versions if one.is_draft), None),
                "scope": words.scope_of(circuit),
            }
        )
    archived = Circuit.objects.filter(is_archived=True)
    context = {"rows": rows, "form": form, "archived": archived}
    status = UNPROCESSABLE if form.is_bound and form.errors else 200
    return render(request, "credit/circuits.html", context, status=status)


@proposes
def new(request: TenantRequest) -> HttpResponse:
    """Begin a circuit."""
    form = NewCircuitForm(request.POST)
    if form.is_valid():
        draft = _tried(form, lambda: drafts.new_circuit(**form.cleaned_data, actor=request.actor))
        if draft is not None:
            return redirect("circuit", draft.circuit.code)
    return _list(request, form)


def _tried(form: forms.Form, act: Callable[[], T]) -> T | None:
    try:
        with transaction.atomic():
            return act()
    except Refused as refused:
        form.add_error(None, refused.message)
        return None


@reads(WRITE_CIRCUITS)
def circuit(request: TenantRequest, code: str) -> HttpResponse:
    """Show a circuit: its draft where there is one, else what is followed."""
    return _page(request, _circuit(code))


def _circuit(code: str) -> Circuit:
    return get_object_or_404(Circuit, code=code)


def _page(
    request: TenantRequest,
    found: Circuit,
    *,
    form: StepForm | None = None,
    position: int | None = None,
) -> HttpResponse:
    versions = list(found.versions.order_by("-number").select_related("published_by", "written_by"))
    wanted = request.GET.get("version", "")
    version = next((one for one in versions if str(one.number) == wanted), None) or next(
        iter(versions), None
    )
    if version is None:
        raise Http404
    steps = list(
        version.steps.select_related("person", "substitute", "escalates_to").order_by(
            "number", "position"
        )
    )
    asked = position or _int(request.GET.get("step", ""))
    chosen = next((one for one in steps if one.position == asked), None)
    is_author = str(request.actor.membership_id) in version.authors
    if version.is_draft and form is None:
        form = StepForm(step=chosen, currency=request.tenant.currency)
    context = {
        "circuit": found,
        "version": version,
        "versions": versions,
        "stages": [stage(one) for one in steps],
        "steps": [{"step": one, "facts": step_facts(one)} for one in steps],
        "chosen": chosen,
        "step_form": form if version.is_draft else None,
        "form": form if form is not None and form.is_bound else None,
        "faults": [words.sentence(one, version) for one in drafts.findings(version)]
        if version.is_draft
        else [],
        "is_author": is_author,
        "authors": list(
            Membership.objects.filter(pk__in=version.authors).values_list("name", flat=True)
        ),
        "can_write": request.actor.can(WRITE_CIRCUITS, Verb.PROPOSE),
        "can_publish": version.is_draft and not is_author and request.actor.can(PUBLISH_CIRCUITS),
        "scope": words.scope_of(found),
        "places": _places(found),
    }
    status = UNPROCESSABLE if context["form"] else 200
    return render(request, "credit/circuit.html", context, status=status)


def _places(found: Circuit) -> list[dict[str, Any]]:
    """Return the places a circuit may take among those in use, each with who stands there now."""
    in_use = list(Circuit.objects.filter(is_archived=False))
    return [
        {"number": number, "name": one.name, "is_own": one.pk == found.pk}
        for number, one in enumerate(in_use, start=1)
    ]


def _int(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 6 else None  # noqa: PLR2004


def stage(step: CircuitStep) -> Stage:
    """Return a step of a circuit as the stepper shows it."""
    return Stage(
        f"{step.number} · {step.label or StepKind(step.kind).label}",
        "",
        " · ".join(step_facts(step)),
    )


def step_facts(step: CircuitStep) -> list[str]:
    """Return who takes a step, under which conditions and how fast, in words."""
    said = []
    if step.kind != StepKind.EXPORT:
        said.append(step.person.name if step.person else role_label(step.role))
    for template, amount in (
        (_("above %(amount)s"), step.above),
        (_("up to %(amount)s"), step.up_to),
    ):
        if amount is not None:
            shown = formats.amount_short(Money(amount, step.currency), language())
            said.append(template % {"amount": shown})
    if step.grades:
        said.append(_("grade %(grade)s") % {"grade": ", ".join(step.grades)})
    said += [", ".join(codes) for codes in (step.countries, step.entities) if codes]
    if step.kinds:
        said.append(words.kinds(step.kinds))
    if step.kind != StepKind.EXPORT:
        said.append(_("%(hours)s working hours") % {"hours": step.deadline_hours})
    if step.substitute:
        said.append(_("substitute %(name)s") % {"name": step.substitute.name})
    if step.escalates_to:
        said.append(_("then %(name)s") % {"name": step.escalates_to.name})
    return said


@proposes
def open_draft(request: TenantRequest, code: str) -> HttpResponse:
    """Begin the next version from what is published."""
    drafts.open_draft(_circuit(code), actor=request.actor)
    return redirect("circuit", code)


def _draft(code: str) -> CircuitVersion:
    draft = _circuit(code).versions.filter(is_draft=True).select_related("circuit").first()
    if draft is None:
        raise drafts.CircuitChanged(
            _("This draft was published or thrown away meanwhile. Reload the page.")
        )
    return draft


def _seen(request: TenantRequest) -> int:
    return _int(request.POST.get("seen", "")) or 0


@proposes
def write_step(request: TenantRequest, code: str) -> HttpResponse:
    """Add a step to the draft, or change one."""
    draft = _draft(code)
    position = _int(request.POST.get("position", ""))
    form = StepForm(request.POST)
    if form.is_valid():
        typed: dict[str, Any] = dict(form.cleaned_data)
        step = drafts.WrittenStep(**typed)
        done = _tried(
            form,
            lambda: drafts.write_step(
                draft=draft, position=position, step=step, seen=_seen(request), actor=request.actor
            ),
        )
        if done is not None:
            return redirect("circuit", code)
    return _page(request, draft.circuit, form=form, position=position)


@proposes
def remove_step(request: TenantRequest, code: str, position: int) -> HttpResponse:
    """Take a step out of the draft."""
    drafts.remove_step(
        draft=_draft(code), position=position, seen=_seen(request), actor=request.actor
    )
    return redirect("circuit", code)


@proposes
def move_step(request: TenantRequest, code: str, position: int) -> HttpResponse:
    """Let a step change places with the one before or after it."""
    drafts.move_step(
        draft=_draft(code),
        position=position,
        is_earlier=request.POST.get("to") == "earlier",
        seen=_seen(request),
        actor=request.actor,
    )
    return redirect("circuit", code)


@proposes
def propose_standing(request: TenantRequest, code: str) -> HttpResponse:
    """Propose where the circuit stands, or that it goes out of use."""
    drafts.propose_standing(
        draft=_draft(code),
        place=_int(request.POST.get("place", "")),
        is_archival=request.POST.get("is_archival") == "on",
        seen=_seen(request),
        actor=request.actor,
    )
    messages.success(
        request, _("Proposed: it takes effect when another person publishes the draft.")
    )
    return redirect("circuit", code)


@proposes
def discard(request: TenantRequest, code: str) -> HttpResponse:
    """Throw the draft away."""
    drafts.discard(draft=_draft(code), seen=_seen(request), actor=request.actor)
    messages.success(request, _("The draft is thrown away."))
    is_left = Circuit.objects.filter(code=code).exists()
    return redirect("circuit", code) if is_left else redirect("circuits")


@writes(PUBLISH_CIRCUITS)
def publish(request: TenantRequest, code: str) -> HttpResponse:
    """Publish the draft, as somebody who did not write in it."""
    version = drafts.publish(
        draft=_draft(code), seen=_seen(request), actor=request.actor, now=request.now
    )
    told = (
        _("%(name)s is out of use: requests sent from now on follow another circuit.")
        if version.is_archival
        else _("Version %(number)s is published: requests sent from now on follow it.")
    )
    messages.success(request, told % {"number": version.number, "name": version.circuit.name})
    return redirect("circuit", code)
