"""Plan the reminders of a day; confirm and send them if asked to."""

import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.core.management.base import CommandParser
from django.db import transaction
from django.utils import timezone

from accounts.models import Tenant
from accounts.queries.tenants import tenant_named
from dunning.channels import sent_channels
from dunning.models import Reminder
from dunning.queries.agenda import reminders_of
from dunning.queries.runs import reminders_document
from dunning.rules.outbox import State
from dunning.services.people import confirm_reminders, promote_due
from dunning.services.plan import Coverage, PlanResult, plan_reminders
from dunning.services.settling import settle
from dunning.services.stages import colleague, not_reserved
from dunning.tasks import hands
from kernel.commands import JsonCommand
from kernel.permissions import system_actor
from kernel.tenancy import tenant_scope

LONGEST_WAIT_SECONDS = 120.0
POLL_SECONDS = 0.2


class Command(JsonCommand):
    help = __doc__ or ""

    def add_own_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--tenant", required=True, metavar="SLUG")
        parser.add_argument(
            "--date",
            type=date.fromisoformat,
            metavar="DATE",
            help="plan as if the send window had opened on that day; default: today",
        )
        parser.add_argument("--dry-run", action="store_true", help="write nothing")
        parser.add_argument(
            "--confirm-all", action="store_true", help="confirm what waits for a person"
        )
        parser.add_argument(
            "--by",
            metavar="EMAIL",
            help="who answers for --confirm-all: his customers, as far as his rights go; without a name nothing is"
            " confirmed that a credit manager alone lets go",
        )
        parser.add_argument(
            "--send", action="store_true", help="send what is ready, and return when that is done"
        )

    def answer(
        self,
        *,
        tenant: str,
        date: date | None,
        dry_run: bool,
        confirm_all: bool,
        by: str | None,
        send: bool,
        **_: Any,
    ) -> Mapping[str, Any]:
        tenant_id = tenant_named(tenant)
        now = timezone.now()
        with tenant_scope(tenant_id):
            today = date or _today(now)
            result = plan_reminders(
                today=today, now=now, actor=system_actor(tenant_id), opens_now=True
            )
            answer = {"tenant": tenant, **_document(result), "dry_run": dry_run, "confirmed": 0}
            if confirm_all:
                answer["confirmed"] = len(_confirm(tenant_id, by, today, now))
            if dry_run:
                transaction.set_rollback(True)
        if send and not dry_run:
            answer |= _sent(tenant_id, now)
        return answer

    def lines(self, answer: Mapping[str, Any]) -> Iterable[str]:
        yield f"{answer['date']}: {answer['planned']} planned, {answer['kept']} waiting already"
        for reminder in answer["reminders"]:
            yield (
                f"  {reminder['customer']} {reminder['channel']} level {reminder['level']} ({reminder['mode']}): "
                f"{reminder['amount']} {reminder['currency']}, {len(reminder['lines'])} lines"
            )
        for reason, groups in answer["held_back"].items():
            yield f"held back, {reason}: {groups}"
        coverage = answer["coverage"]
        yield ", ".join(
            f"{key} {coverage[key]}" for key in ("overdue_lines", "covered", "uncovered")
        )
        for key in ("confirmed", "sent", "failed"):
            if key in answer:
                yield f"{key}: {answer[key]}"


def _today(now: datetime) -> date:
    return now.astimezone(ZoneInfo(Tenant.objects.get().time_zone)).date()


def _confirm(tenant_id: UUID, by: str | None, today: date, now: datetime) -> Sequence[UUID]:
    """Confirm what waits in the name of a colleague, or of the operator alone: then nothing reserved (R22, S12)."""
    actor = system_actor(tenant_id) if by is None else colleague(by)
    theirs = Reminder.objects.all() if by is None else reminders_of(actor)
    waiting = not_reserved(theirs.filter(planned_date__lte=today), actor=actor)
    return confirm_reminders(reminders=waiting, actor=actor, now=now, opens_now=True)


def _document(result: PlanResult) -> dict[str, Any]:
    """Return the public answer; amounts are strings with two decimals."""
    return {
        "date": result.run_date.isoformat(),
        "run": str(result.run_id),
        "planned": len(result.planned),
        "kept": result.kept,
        "cancelled": result.cancelled,
        "is_held": result.volume.is_held,
        "volume": {
            "messages": result.volume.messages,
            "limit": result.volume.limit,
            "basis": result.volume.basis,
        },
        "held_back": result.held_back,
        "reminders": reminders_document(result.planned),
        "coverage": _coverage(result.coverage),
    }


def _coverage(coverage: Coverage) -> dict[str, Any]:
    return {
        "overdue_lines": coverage.overdue_lines,
        "covered": coverage.covered,
        "uncovered": coverage.uncovered,
        "lines_by_state": coverage.lines_by_state,
        "overdue": _amounts(coverage.overdue),
        "chased": _amounts(coverage.chased),
        "left_out": {reason: _amounts(amounts) for reason, amounts in coverage.left_out.items()},
    }


def _amounts(amounts: Mapping[str, Decimal]) -> dict[str, str]:
    return {currency: f"{amount:.2f}" for currency, amount in sorted(amounts.items())}


def _sent(tenant_id: UUID, now: datetime) -> dict[str, Any]:
    """Send what is ready, wait for what another worker has in hand, and tell what became of all of it."""
    sender = hands()
    with tenant_scope(tenant_id):
        promote_due(now=now)
        leaving = list(
            Reminder.objects.filter(
                channel__in=sorted(sent_channels()), state=State.READY, leaves_at__lte=now
            ).values_list("pk", flat=True)
        )
    sender.send_ready(tenant_id)
    deadline = time.monotonic() + LONGEST_WAIT_SECONDS
    while True:
        settle(tenant_id, evidence=sender.evidence, now=timezone.now())
        with tenant_scope(tenant_id):
            states = Counter(
                Reminder.objects.filter(pk__in=leaving).values_list("state", flat=True)
            )
        in_hand = states[State.CLAIMED] + states[State.HANDING]
        if not in_hand or time.monotonic() > deadline:
            break
        time.sleep(POLL_SECONDS)
    sender.channel.close()
    return {
        "sent": sum(states[state] for state in (State.SENT, State.DELIVERED)),
        "failed": states[State.FAILED],
        "unknown": states[State.UNKNOWN],
        "cancelled_at_sending": states[State.CANCELLED],
        "asked_again": states[State.PLANNED],
        "put_off": states[State.READY] + in_hand,
    }
