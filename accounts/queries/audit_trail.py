"""Questions about the audit trail."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from accounts.models import AuditEvent


@dataclass(frozen=True, slots=True)
class TrailFilter:
    """What to show of the trail; an empty field shows all. Both days are included, in the tenant's calendar."""

    actor: str = ""
    action: str = ""
    object_kind: str = ""
    object_id: str = ""
    from_day: date | None = None
    to_day: date | None = None
    only_single_control: bool = False


def audit_events(chosen: TrailFilter, *, time_zone: str) -> QuerySet[AuditEvent]:
    """Return the events of the current tenant that `chosen` lets through, newest first."""
    events = AuditEvent.objects.order_by("-sequence")
    if chosen.actor:
        events = events.filter(actor=chosen.actor)
    if chosen.action:
        events = events.filter(action=chosen.action)
    if chosen.object_kind:
        events = events.filter(object_kind=chosen.object_kind)
    if chosen.object_id:
        events = events.filter(object_id=chosen.object_id)
    if chosen.from_day:
        events = events.filter(at__gte=_midnight(chosen.from_day, time_zone))
    if chosen.to_day:
        events = events.filter(at__lt=_midnight(chosen.to_day + timedelta(days=1), time_zone))
    if chosen.only_single_control:
        events = events.filter(details__single_control=True)
    return events


def known_actions() -> list[str]:
    """Return the actions that occur in the trail, in alphabetical order."""
    return list(AuditEvent.objects.order_by("action").values_list("action", flat=True).distinct())


def known_actors() -> list[str]:
    """Return the ids of who acted, as the trail names them."""
    return list(AuditEvent.objects.order_by("actor").values_list("actor", flat=True).distinct())


def _midnight(day: date, time_zone: str) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(time_zone))
