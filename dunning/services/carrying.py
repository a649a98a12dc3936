"""What leaves through a provider: it becomes a person's task where there is none, and its reports are fetched."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import Tenant
from accounts.services import audit
from dunning.channels import Carrier, CarrierReport, NotAcceptedYetError, UnreachableError
from dunning.models import Channel as ChannelModel
from dunning.models import DeliveryEvent, Reminder
from dunning.rules.outbox import State
from dunning.rules.steps import Channel, Mode
from dunning.services.delivery_events import record_event
from dunning.services.reply_addresses import name_of
from kernel.permissions import system_actor
from kernel.tenancy import current_tenant_id, tenant_scope

ASKED_DAYS = 30
"""So long a provider is asked what became of a parcel: an e-letter waits fifteen days to be claimed."""

ASKED_AT_ONCE = 200


def give_to_people(*, carried: Collection[Channel], now: datetime) -> int:
    """Make a person's task of every message whose channel has no provider here, and return how many.

    `carried` are the channels that have one. Never is another channel taken instead by itself (DOMAIN 5.2).
    """
    stranded = [
        channel for channel in Channel if channel.needs_carrier and channel not in set(carried)
    ]
    count = sum(_give(channel, now=now) for channel in stranded)
    if count:
        audit.record(
            actor=system_actor(current_tenant_id()),
            action="dunning.give_to_people",
            object_kind="reminder",
            object_id=None,
            count=count,
        )
    return count


def _give(channel: Channel, *, now: datetime) -> int:
    waiting = Reminder.objects.filter(
        channel=channel, state__in=[State.PLANNED, State.READY]
    ).exclude(mode=Mode.MANUAL)
    pks = list(waiting.select_for_update(skip_locked=True).values_list("pk", flat=True))
    if not pks:
        return 0
    tenant = Tenant.objects.only("language").get(pk=current_tenant_id())
    with translation.override(tenant.language):
        problem = _(
            "No provider of “%(channel)s” is set up here, so this did not leave. Reach the customer another way, or"
            " have a provider set up."
        ) % {"channel": str(ChannelModel(channel.value).label)}
    return Reminder.objects.filter(pk__in=pks).update(
        state=State.PLANNED,
        state_at=now,
        mode=Mode.MANUAL,
        problem=problem,
        confirmed_by=None,
        confirmed_at=None,
    )


def take_reports(tenant_id: UUID, *, carriers: Mapping[Channel, Carrier], now: datetime) -> int:
    """Ask providers what became of the tenant's parcels and return how many answers were new; opens its own scopes.

    What a webhook brought before is known already: each report is recorded once.
    """
    with tenant_scope(tenant_id):
        asked = list(
            Reminder.objects.filter(
                channel__in=sorted(carriers),
                state__in=[State.SENT, State.UNKNOWN],
                handed_at__gte=now - timedelta(days=ASKED_DAYS),
            )
            .exclude(pk__in=DeliveryEvent.objects.order_by().values("reminder"))
            .order_by("handed_at")
            .values_list("pk", "message_id", "channel")[:ASKED_AT_ONCE]
        )
    found = 0
    for reminder_id, message_id, channel in asked:
        # A provider may be slow: no transaction is open meanwhile.
        report = _asked(carriers[Channel(channel)], message_id)
        if report is None:
            continue
        with tenant_scope(tenant_id):
            found += record_report(
                reminder_id=reminder_id, report=report, channel=Channel(channel), now=now
            )
    return found


def _asked(carrier: Carrier, message_id: str) -> CarrierReport | None:
    name = name_of(message_id)
    if name is None:
        return None
    try:
        return carrier.report(name)
    except (UnreachableError, NotAcceptedYetError):
        return None


def record_report(
    *, reminder_id: UUID, report: CarrierReport, channel: Channel, now: datetime
) -> bool:
    """Record a provider's report inside the tenant's open scope; return False when it was known.

    A provider speaks of its own channel only: what it says of a reminder that left another way is passed over.
    """
    reminder = Reminder.objects.get(pk=reminder_id)
    if reminder.channel != channel:
        return False
    return record_event(
        reminder=reminder,
        kind=report.kind,
        event_id=report.event_id,
        recipient="",
        occurred_at=report.at or now,
        detail=report.detail,
        now=now,
    )
