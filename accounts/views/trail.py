"""The page of the audit trail."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from accounts import permissions
from accounts.forms.company import TrailForm
from accounts.labels import event_label, fact_label
from accounts.models import AuditEvent
from accounts.ports import role_label
from accounts.queries.audit_trail import audit_events, known_actions, known_actors
from accounts.queries.people import names_of
from accounts.services.anchors import anchors_of, verify_anchored_chain
from accounts.views.answers import Stand
from kernel.http import TenantRequest, reads

EVENTS_AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class Told:
    """An event in words: who, what, on what, and the facts it keeps."""

    event: AuditEvent
    who: str
    what: str
    on_whom: str
    facts: list[tuple[str, str]]
    is_single_control: bool


def told(events: Sequence[AuditEvent]) -> list[Told]:
    """Return events in words; people are named as they are called today."""
    named = [str(value) for event in events for value in event.details.values()]
    names = names_of([text for event in events for text in (event.actor, event.object_id)] + named)
    return [
        Told(
            event=event,
            who=actor_name(event.actor, names),
            what=event_label(event.action),
            on_whom=names.get(event.object_id, ""),
            facts=[
                (fact_label(key), names.get(str(value)) or _shown(value))
                for key, value in event.details.items()
                if key != "single_control"
            ],
            is_single_control=bool(event.details.get("single_control")),
        )
        for event in events
    ]


def actor_name(actor: str, names: dict[str, str]) -> str:
    """Return who acted: a colleague's name, a key, or the system."""
    if actor.startswith("token:"):
        return _("API key %(id)s") % {"id": actor.removeprefix("token:")[:8]}
    return names.get(actor) or (_("Échéo itself") if actor == "system" else actor)


def _shown(value: Any) -> str:  # noqa: ANN401  whatever JSON holds
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_shown(part)}" for key, part in value.items())
    if isinstance(value, list):
        return ", ".join(map(_shown, value))
    return "–" if value is None else role_label(str(value))


@reads(permissions.READ_AUDIT)
def audit_trail(request: TenantRequest) -> HttpResponse:
    """Show what happened, newest first, and whether the chain still holds when that is asked."""
    actors = known_actors()
    names = names_of(actors)
    form = TrailForm(
        request.GET or None,
        actors={actor: actor_name(actor, names) for actor in actors},
        actions=known_actions(),
    )
    chosen = form.chosen(object_id=request.GET.get("object", "")) if form.is_bound else None
    events = (
        audit_events(chosen, time_zone=request.tenant.time_zone)
        if chosen
        else AuditEvent.objects.all()
    )
    page = Paginator(events, EVENTS_AT_ONCE).get_page(request.GET.get("page"))
    anchors = anchors_of(request.actor.tenant_id)
    context = {
        "form": form,
        "stand": Stand.of(page),
        "rows": told(list(page)),
        "verdict": verify_anchored_chain(request.actor.tenant_id)
        if "verify" in request.GET
        else None,
        "anchor": anchors[-1] if anchors else None,
        "is_filtered": bool(request.GET.keys() - {"page", "verify"}),
    }
    return render(request, "accounts/audit.html", context)
