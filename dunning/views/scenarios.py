"""Pages of scenarios: the list, one scenario around its due date, and its publication."""

from collections.abc import Callable
from typing import TypeVar

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from dunning import permissions
from dunning import scenario_presenting as presenting
from dunning import scenario_words as words
from dunning.channels import carried_channels
from dunning.forms.scenarios import (
    OWN,
    READY,
    NewScenarioForm,
    ParametersForm,
    StepForm,
    parameters_form,
    step_form,
)
from dunning.models import Scenario, ScenarioVersion
from dunning.queries import scenario_pages as queries
from dunning.queries.clarity import clear_rates_of
from dunning.queries.templates import missing_texts
from dunning.rules.scenario_checks import advice, faults
from dunning.rules.steps import StepRule
from dunning.services import drafts, publishing
from dunning.services import scenario_shelf as shelf
from kernel.errors import Refused
from kernel.http import TenantRequest, reads, writes
from kernel.permissions import Verb

T = TypeVar("T")
UNPROCESSABLE = 422
LONGEST_NUMBER = 6  # digits of a version, a step or a day in an address

proposes = writes(permissions.WRITE_POLICY, Verb.PROPOSE)
decides = writes(permissions.PUBLISH_POLICY)


@reads(permissions.WRITE_POLICY)
def scenarios(request: TenantRequest) -> HttpResponse:
    """List the scenarios with what they are for and who follows them; `copy` chooses what a new one begins with."""
    return _list(request, bound=False)


def _list(request: TenantRequest, *, bound: bool = True) -> HttpResponse:
    rows = queries.scenario_list()
    form = NewScenarioForm(
        request.POST if bound else None,
        scenarios=[row.scenario for row in rows],
        initial={"source": f"{OWN}{request.GET.get('copy', '')}"},
    )
    if bound and form.is_valid():
        draft = tried(form, lambda: _begun(request, form))
        if draft is not None:
            return redirect("scenario", draft.scenario.code)
    context = {
        "rows": [row for row in rows if not row.scenario.is_archived],
        "archived": [row for row in rows if row.scenario.is_archived],
        "purposes": words.PURPOSES,
        "form": form,
        "can_decide": request.actor.can(permissions.PUBLISH_POLICY),
    }
    return render(request, "dunning/scenarios.html", context, status=status_of(form))


def _begun(request: TenantRequest, form: NewScenarioForm) -> ScenarioVersion:
    """Begin what the form asks for."""
    name, source = form.cleaned_data["name"], form.cleaned_data["source"]
    if source.startswith(READY):
        ready_code = source.removeprefix(READY)
        return shelf.start_scenario(name=name, ready_code=ready_code, actor=request.actor)
    own = _scenario(source.removeprefix(OWN))
    return shelf.duplicate_scenario(scenario=own, name=name, actor=request.actor)


@proposes
def install(request: TenantRequest) -> HttpResponse:
    """Install the ready scenarios before the first plan does."""
    shelf.install_ready_scenarios(actor=request.actor)
    return redirect("scenarios")


@proposes
def new(request: TenantRequest) -> HttpResponse:
    """Begin a scenario from another."""
    return _list(request)


@decides
def archive(request: TenantRequest, code: str) -> HttpResponse:
    """Put a scenario away."""
    scenario = _scenario(code)
    shelf.archive_scenario(scenario=scenario, actor=request.actor, today=request.today)
    messages.success(request, _("“%(name)s” is archived.") % {"name": scenario.name})
    return redirect("scenarios")


@decides
def rename(request: TenantRequest, code: str) -> HttpResponse:
    """Give a scenario another name; its address stays."""
    named = shelf.rename_scenario(
        scenario=_scenario(code),
        name=request.POST.get("name", ""),
        actor=request.actor,
        now=request.now,
    )
    messages.success(request, _("The scenario is named “%(name)s”.") % {"name": named.name})
    return redirect("scenario", code)


@decides
def restore(request: TenantRequest, code: str) -> HttpResponse:
    """Bring an archived scenario back."""
    scenario = _scenario(code)
    shelf.restore_scenario(scenario=scenario, actor=request.actor)
    messages.success(request, _("“%(name)s” is back.") % {"name": scenario.name})
    return redirect("scenarios")


@reads(permissions.WRITE_POLICY)
def scenario(request: TenantRequest, code: str) -> HttpResponse:
    """Show one scenario: its draft where there is one, else what is followed today."""
    return _page(request, code)


def _page(
    request: TenantRequest,
    code: str,
    *,
    step: StepForm | None = None,
    number: int | None = None,
    parameters: ParametersForm | None = None,
) -> HttpResponse:
    """Show a scenario; `step` and `parameters` are forms that were refused, `number` the step the first is about."""
    wanted = None if step or parameters else asked_number(request, "version")
    found = queries.scenario_page(_scenario(code), number=wanted, today=request.today)
    if found is None:
        raise Http404
    version = found.shown
    steps = [row.as_rule() for row in version.steps.all()]
    chosen = _chosen(request, steps, number)
    is_adding = version.is_draft and (
        (step is not None and number is None) or "add" in request.GET or not steps
    )
    if is_adding:
        chosen = None
    if version.is_draft and step is None:
        shown = chosen or presenting.new_step(steps, asked_number(request, "add"))
        step = step_form(shown)
    policy = version.as_policy()
    context = {
        "page": found,
        "version": version,
        "seen": drafts.stamp(version),
        "purpose": words.PURPOSES.get(found.scenario.code, ""),
        "nodes": presenting.track(
            steps,
            policy=policy,
            chosen=chosen.number if chosen else None,
            is_draft=version.is_draft,
        ),
        "automatic": sum(presenting.leaves_by_itself(one, policy) for one in steps),
        "count": len(steps),
        "is_table": request.GET.get("view") == "table",
        "chosen": chosen,
        "chosen_title": words.title_of(chosen) if chosen else "",
        "chosen_how": presenting.how(chosen, policy) if chosen else "",
        "chosen_alone": presenting.leaves_by_itself(chosen, policy) if chosen else False,
        "chosen_facts": presenting.step_facts(chosen) if chosen and not version.is_draft else [],
        "step_form": step if version.is_draft else None,
        "parameters_form": (parameters or parameters_form(policy, version.catch_up))
        if version.is_draft
        else None,
        "parameter_facts": [] if version.is_draft else presenting.parameter_facts(version),
        "form": _with_errors(step, parameters),
        "can_decide": request.actor.can(permissions.PUBLISH_POLICY),
        "can_stop": request.actor.can(permissions.PAUSE),
        "clear_rates": clear_rates_of(found.scenario.pk, today=request.today),
        **_state_of_draft(request, found),
    }
    return render(request, "dunning/scenario.html", context, status=status_of(context["form"]))


def _chosen(request: TenantRequest, steps: list[StepRule], number: int | None) -> StepRule | None:
    wanted = number or asked_number(request, "step")
    return next((one for one in steps if one.number == wanted), steps[0] if steps else None)


def _with_errors(*given: forms.Form | None) -> forms.Form | None:
    """Return the form that was refused: the page says so in its title."""
    return next((form for form in given if form is not None and form.is_bound), None)


def _state_of_draft(request: TenantRequest, found: queries.ScenarioPage) -> dict[str, object]:
    """Return what keeps the version shown from being published, and what this person may do about it."""
    version = found.shown
    if not version.is_draft:
        return {"can_publish": False, "is_author": False}
    steps = version.as_rules().steps
    is_author = str(request.actor.membership_id) in version.authors
    return {
        "faults": [
            words.finding_sentence(one)
            for one in faults(steps, missing_texts=missing_texts(), carried=carried_channels())
        ],
        "advice": [words.finding_sentence(one) for one in advice(steps, version.as_policy())],
        "changes": presenting.change_rows(found.published, version),
        "is_author": is_author,
        "can_publish": request.actor.can(permissions.PUBLISH_POLICY) and not is_author,
    }


@proposes
def open_draft(request: TenantRequest, code: str) -> HttpResponse:
    """Change a published scenario: open its draft."""
    drafts.open_draft(scenario=_scenario(code), actor=request.actor)
    return redirect(address_of(code, step=request.POST.get("step", "")))


@proposes
def write_step(request: TenantRequest, code: str) -> HttpResponse:
    """Save the step of the form, moved by a day where its − or + was pressed."""
    draft = _draft(code)
    form = StepForm(request.POST)
    number = posted_number(request, "number")
    if form.is_valid():
        move = {"earlier": -1, "later": 1}.get(request.POST.get("move", ""), 0)
        row = tried(
            form,
            lambda: drafts.write_step(
                draft=draft,
                step=form.as_rule(move=move),
                actor=request.actor,
                seen=request.POST.get("seen", ""),
                number=number,
            ),
        )
        if row is not None:
            messages.success(request, _("Saved in the draft."))
            return redirect(address_of(code, step=row.number, view=request.POST.get("view", "")))
    return _page(request, code, step=form, number=number)


@proposes
def duplicate_step(request: TenantRequest, code: str, number: int) -> HttpResponse:
    """Add a copy of a step on the next free day."""
    row = drafts.duplicate_step(
        draft=_draft(code),
        number=number,
        actor=request.actor,
        seen=request.POST.get("seen", ""),
    )
    return redirect(address_of(code, step=row.number))


@proposes
def remove_step(request: TenantRequest, code: str, number: int) -> HttpResponse:
    """Take a step out of the draft."""
    drafts.remove_step(
        draft=_draft(code),
        number=number,
        actor=request.actor,
        seen=request.POST.get("seen", ""),
    )
    messages.success(request, _("The step is taken out of the draft."))
    return redirect("scenario", code)


@proposes
def write_parameters(request: TenantRequest, code: str) -> HttpResponse:
    """Save the parameters of the draft."""
    draft = _draft(code)
    form = ParametersForm(request.POST)
    if form.is_valid():
        written = tried(
            form,
            lambda: drafts.write_parameters(
                draft=draft,
                values=form.stored(),
                catch_up=form.chosen_catch_up(),
                actor=request.actor,
                seen=request.POST.get("seen", ""),
            ),
            done=True,
        )
        if written:
            messages.success(request, _("Saved in the draft."))
            return redirect("scenario", code)
    return _page(request, code, parameters=form)


@proposes
def discard(request: TenantRequest, code: str) -> HttpResponse:
    """Throw the draft away."""
    drafts.discard_draft(draft=_draft(code), actor=request.actor, seen=request.POST.get("seen", ""))
    messages.success(request, _("The draft is discarded."))
    exists = Scenario.objects.filter(code=code).exists()
    return redirect("scenario", code) if exists else redirect("scenarios")


@reads(permissions.WRITE_POLICY)
def changes(request: TenantRequest, code: str) -> HttpResponse:
    """Show what the draft changes, step by step, before somebody publishes it."""
    found = queries.scenario_page(_scenario(code))
    if found is None or not found.shown.is_draft:
        raise Http404
    context = {
        "page": found,
        "version": found.shown,
        "seen": drafts.stamp(found.shown),
        "can_decide": request.actor.can(permissions.PUBLISH_POLICY),
        **_state_of_draft(request, found),
    }
    return render(request, "dunning/scenario_changes.html", context)


@decides
def publish(request: TenantRequest, code: str) -> HttpResponse:
    """Publish the draft, from today on."""
    version = publishing.publish(
        draft=_draft(code),
        actor=request.actor,
        today=request.today,
        seen=request.POST.get("seen", ""),
    )
    messages.success(
        request,
        _("Version %(number)s is published: it is followed from today's plan on.")
        % {"number": version.number},
    )
    return redirect("scenario", code)


def _scenario(code: str) -> Scenario:
    return get_object_or_404(Scenario, code=code)


def _draft(code: str) -> ScenarioVersion:
    """Return the scenario's draft; a page that shows one which is gone by now is told so."""
    found = ScenarioVersion.objects.select_related("scenario").filter(
        scenario=_scenario(code), is_draft=True
    )
    draft = found.first()
    if draft is None:
        raise drafts.NotADraft(
            _(
                "There is no draft any more: it was published or discarded meanwhile. Open the scenario again."
            )
        )
    return draft


def address_of(code: str, **query: str | int) -> str:
    """Return the address of a scenario with what its query string keeps."""
    kept = {name: value for name, value in query.items() if value}
    return f"{reverse('scenario', args=[code])}{'?' if kept else ''}{urlencode(kept)}"


def asked_number(request: TenantRequest, name: str) -> int | None:
    """Return a whole number of the query string, None for anything else."""
    return _number(request.GET.get(name, ""))


def posted_number(request: TenantRequest, name: str) -> int | None:
    """Return a whole number of the form, None for anything else."""
    return _number(request.POST.get(name, ""))


def _number(text: str) -> int | None:
    digits = text.removeprefix("-")
    is_number = digits.isascii() and digits.isdigit() and len(digits) <= LONGEST_NUMBER
    return int(text) if is_number else None


def tried(form: forms.Form, act: Callable[[], T | None], *, done: T | None = None) -> T | None:
    """Return what `act` returns, or `done`; None when it was refused, with the sentence at the form, nothing written.

    A refusal that names a field of the form in `details["parameter"]` is said there.
    """
    try:
        with transaction.atomic():
            return act() or done
    except Refused as refused:
        name = refused.details.get("parameter")
        form.add_error(name if name in form.fields else None, refused.message)
        return None


def status_of(form: object) -> int:
    """Return 422 for a page that shows a form again with what has to be corrected, else 200."""
    is_refused = isinstance(form, forms.Form) and form.is_bound and bool(form.errors)
    return UNPROCESSABLE if is_refused else 200
