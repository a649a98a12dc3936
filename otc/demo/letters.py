"""Letters in the demo: a step of the default scenario by post, and a first batch to print and to post."""

from contextlib import suppress
from datetime import date, datetime

from django.db import transaction
from django.db.models import Max

from dunning.models import Reminder, Step
from dunning.queries.letters import letters_to_post
from dunning.rules.content import Register
from dunning.rules.outbox import State
from dunning.rules.steps import Channel, Mode, Stage, StepRule
from dunning.services.letters import prepare_batch
from dunning.services.people import confirm_reminders
from dunning.services.scenarios import default_version, step_row
from kernel.errors import Refused
from kernel.permissions import Actor
from ledger.models import Entity

LETTER_DAY = 15  # between the second e-mail and the call: several customers are that late
CONFIRMED = 12  # the others stay to be confirmed by whoever looks at the demo


def write_letter_step() -> None:
    """Add a plain letter to the tenant's default scenario, before its first plan."""
    version = default_version()
    last: int = version.steps.aggregate(last=Max("number"))["last"] or 0
    rule = StepRule(
        number=last + 1,
        offset_days=LETTER_DAY,
        channel=Channel.LETTER,
        level=2,
        stage=Stage.AMICABLE,
        mode=Mode.CONFIRM,
        register=Register.FIRM,
    )
    if not Step.objects.filter(version=version, offset_days=LETTER_DAY).exists():
        Step.objects.bulk_create([step_row(version, rule)])


def prepare_letters(*, actor: Actor, today: date, now: datetime) -> None:
    """Confirm some of the planned letters and put them in a batch per legal entity; a worker draws them."""
    planned = Reminder.objects.filter(channel=Channel.LETTER, state=State.PLANNED, waits_for="")
    chosen = list(planned.order_by("-amount").values_list("pk", flat=True)[:CONFIRMED])
    if not chosen:
        return
    confirm_reminders(
        reminders=Reminder.objects.filter(pk__in=chosen), actor=actor, now=now, opens_now=True
    )
    waiting = letters_to_post(actor, now=now)
    for entity in Entity.objects.filter(pk__in=waiting.values("entity")).order_by("code"):
        # A held run or an empty day is no fault of the demo's: it then shows letters to confirm only.
        with suppress(Refused), transaction.atomic():
            prepare_batch(entity=entity, reminders=waiting, actor=actor, today=today, now=now)
