"""Reminders: steps taken or about to be, and for an e-mail the row of the outbox (RELIABILITY D7).

Amounts are tax included, in the reminder's one currency, and say what they add to the customer's debt.
"""

from typing import ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from dunning.models.scenarios import Channel, Mode, Scenario, ScenarioVersion, Stage, Step
from dunning.models.templates import MessageText
from dunning.rules.outbox import LEAVING_STATES, OPEN_STATES, TAKEN_STATES, CancelReason, State
from kernel.tenancy import TenantForeignKey, TenantModel, TenantUnique
from ledger.models import Contact, Customer, DueLine, Entity


class ReminderState(models.TextChoices):
    """Where a reminder is; which may follow which is in `dunning.rules.outbox`."""

    PLANNED = State.PLANNED.value, _("Planned")
    READY = State.READY.value, _("Ready to leave")
    HELD = State.HELD.value, _("Held")
    CLAIMED = State.CLAIMED.value, _("Being prepared")
    HANDING = State.HANDING.value, _("Being handed over")
    SENT = State.SENT.value, _("Sent")
    DELIVERED = State.DELIVERED.value, _("Delivered")
    BOUNCED = State.BOUNCED.value, _("Bounced")
    COMPLAINED = State.COMPLAINED.value, _("Reported as unwanted")
    FAILED = State.FAILED.value, _("Failed")
    CANCELLED = State.CANCELLED.value, _("Cancelled")
    UNKNOWN = State.UNKNOWN.value, _("Outcome unknown")
    DONE = State.DONE.value, _("Done")


class Run(TenantModel):
    """One planning of one day: what it found, what it planned, what it held back and why."""

    run_date = models.DateField()
    planned = models.PositiveIntegerField(default=0)  # reminders of all channels
    messages = models.PositiveIntegerField(default=0)  # those a machine would send
    is_held = models.BooleanField(default=False)
    volume = models.JSONField(default=dict)  # the breaker's figures
    held_back = models.JSONField(default=dict)  # reason: groups
    coverage = models.JSONField(default=dict)
    started_at = models.DateTimeField()
    released_by = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    released_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-started_at",)
        indexes: ClassVar = [
            models.Index(
                fields=["tenant_id", "run_date"], name="run_by_date", include=["messages"]
            ),
        ]

    def __str__(self) -> str:
        return f"{self.run_date}"


class ReminderQuerySet(models.QuerySet["Reminder"]):
    """Chainable filters of reminders."""

    def not_let_go(self) -> Self:
        """Return those the next plan may still change or replace."""
        return self.filter(state__in=sorted(OPEN_STATES))

    def leaving(self) -> Self:
        """Return those let go and not known to have arrived."""
        return self.filter(state__in=sorted(LEAVING_STATES))

    def taken(self) -> Self:
        """Return those whose step counts as taken."""
        return self.filter(was_taken())


def was_taken(prefix: str = "") -> Q:
    """Return the filter of reminders whose step counts as taken for their lines."""
    taken = Q(**{f"{prefix}state__in": sorted(TAKEN_STATES)})
    by_person = Q(
        **{f"{prefix}state": State.CANCELLED, f"{prefix}cancel_reason": CancelReason.BY_PERSON}
    )
    return taken | by_person


class Reminder(TenantModel):
    """A step taken, or about to be, for one customer, entity, currency and scenario."""

    customer = TenantForeignKey(Customer, related_name="reminders")
    contact = TenantForeignKey(Contact, null=True, blank=True, related_name="reminders")
    entity = TenantForeignKey(Entity, related_name="+")
    currency = models.CharField(max_length=3)
    line_scenario = TenantForeignKey(
        Scenario, null=True, blank=True, related_name="+"
    )  # set: it speaks of lines that follow this scenario, not the customer's
    scenario_version = TenantForeignKey(ScenarioVersion, related_name="+")
    step = TenantForeignKey(Step, related_name="+")
    cycle = models.PositiveSmallIntegerField(
        default=1
    )  # how often this step was taken for this group, this time included
    run = TenantForeignKey(Run, null=True, blank=True, related_name="reminders")
    channel = models.CharField(max_length=20, choices=Channel.choices)
    level = models.PositiveSmallIntegerField()
    stage = models.CharField(max_length=15, choices=Stage.choices)
    mode = models.CharField(max_length=10, choices=Mode.choices)
    confirm_reasons = models.JSONField(default=list)
    skipped_steps = models.JSONField(
        default=list
    )  # numbers of the steps that missed days passed over
    amount = models.DecimalField(
        max_digits=19, decimal_places=4
    )  # what it asks for: late, less credit notes, less unapplied cash
    line_count = models.PositiveIntegerField(default=0)
    days_late = models.IntegerField(default=0)  # of the oldest line, on the planned date
    planned_date = models.DateField()
    contact_date = models.DateField()  # the day the customer hears of it: gap and cap count these
    business_date = models.DateField(
        null=True, blank=True
    )  # the day it speaks of, when that is not the day it leaves
    leaves_at = models.DateTimeField()  # not before
    leaves_any_hour = models.BooleanField(
        default=False, db_default=False
    )  # somebody answers for the hour: it does not wait for the window
    state = models.CharField(
        max_length=10, choices=ReminderState.choices, default=ReminderState.PLANNED
    )
    state_at = models.DateTimeField()
    held_reason = models.CharField(max_length=20, blank=True)
    waits_for = models.CharField(
        max_length=10, blank=True, default="", db_default=""
    )  # "address": a letter that nobody can address yet
    cancel_reason = models.CharField(max_length=12, blank=True)
    problem = models.CharField(
        max_length=300, blank=True
    )  # the last thing that went wrong, for people
    attempt = models.PositiveSmallIntegerField(
        default=0
    )  # the fence: what a former attempt writes is refused
    failures = models.PositiveSmallIntegerField(
        default=0
    )  # attempts that broke off with an error of ours
    lapses = models.PositiveSmallIntegerField(default=0)  # attempts whose worker never came back
    deferrals = models.PositiveSmallIntegerField(default=0)  # refusals for now, dead servers
    worker = models.CharField(max_length=80, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    handed_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    message_id = models.CharField(max_length=120, blank=True)
    confirmed_by = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    confirmed_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=20, blank=True)  # of a call, letter or decision
    note = models.TextField(blank=True)
    done_by = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ReminderQuerySet.as_manager()

    class Meta:
        ordering = ("-planned_date", "-created_at")
        constraints: ClassVar = [
            TenantUnique(
                fields=["customer", "entity", "currency", "scenario_version", "step", "cycle"],
                name="reminder_business_key",
                condition=~Q(state="cancelled"),
            ),
            models.CheckConstraint(
                condition=~Q(state="cancelled") | ~Q(cancel_reason=""),
                name="reminder_cancelled_with_reason",
            ),
            models.CheckConstraint(
                condition=~Q(state="held") | ~Q(held_reason=""), name="reminder_held_with_reason"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["claimed", "handing"], lease_until__isnull=False)
                | (~Q(state__in=["claimed", "handing"]) & Q(lease_until=None)),
                name="reminder_lease_while_claimed",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["tenant_id", "leaves_at"],
                name="reminder_to_leave",
                condition=Q(state="ready"),
            ),
            models.Index(
                fields=["tenant_id", "state", "lease_until"],
                name="reminder_in_hand",
                condition=Q(state__in=["claimed", "handing", "unknown"]),
            ),
            models.Index(
                fields=["tenant_id", "state", "planned_date"],
                name="reminder_open",
                condition=Q(state__in=["planned", "held", "failed", "unknown"]),
            ),
            models.Index(
                fields=["tenant_id", "customer", "-planned_date"], name="reminder_by_customer"
            ),
            models.Index(
                fields=["tenant_id", "contact_date"],
                name="reminder_by_contact_date",
                include=["customer", "state"],
            ),
            models.Index(fields=["tenant_id", "run"], name="reminder_by_run"),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} {self.level}"


class ReminderLine(TenantModel):
    """A due line named in a reminder, as it stood then: the ledger of what was asked, line by line."""

    reminder = TenantForeignKey(Reminder, on_delete=models.CASCADE, related_name="lines")
    due_line = TenantForeignKey(DueLine, related_name="reminder_lines")
    due_date = models.DateField()
    open_amount = models.DecimalField(max_digits=19, decimal_places=4)
    claimed_amount = models.DecimalField(max_digits=19, decimal_places=4)  # open less disputed
    days_late = models.IntegerField()
    level = models.PositiveSmallIntegerField()  # by this line's own lateness
    offset_days = (
        models.SmallIntegerField()
    )  # of the step this line's own lateness has reached: its memory

    class Meta:
        ordering = ("due_date",)
        constraints: ClassVar = [
            TenantUnique(fields=["reminder", "due_line"], name="reminder_line_once")
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["tenant_id", "due_line"],
                name="reminder_line_by_due_line",
                include=["due_date", "offset_days", "reminder"],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.due_line_id}"


class RenderedMessage(TenantModel):
    """The bytes a reminder is sent as, kept from the first claim on: what the customer got, word for word."""

    reminder = TenantForeignKey(Reminder, on_delete=models.CASCADE, related_name="rendered")
    digest = models.CharField(max_length=64)  # SHA-256 of the content it was composed from
    subject = models.CharField(max_length=300)
    html = models.TextField()
    text = models.TextField()
    raw = (
        models.BinaryField()
    )  # the whole MIME message, the words of a text message, the PDF of an e-letter
    recipient = models.CharField(max_length=254)  # an address or a number
    in_copy = models.CharField(
        max_length=254, blank=True, db_default=""
    )  # our sales representative's address
    composed_at = models.DateTimeField()
    text_version = TenantForeignKey(
        MessageText, null=True, blank=True, related_name="+"
    )  # the tenant's own text; empty: one we ship
    facts = models.JSONField(
        default=dict, db_default={}
    )  # the values the text was filled with, as written

    class Meta:
        constraints: ClassVar = [TenantUnique(fields=["reminder"], name="rendered_message_once")]

    def __str__(self) -> str:
        return self.subject


class SendAttempt(TenantModel):
    """One try to send one reminder."""

    reminder = TenantForeignKey(Reminder, on_delete=models.CASCADE, related_name="attempts")
    number = models.PositiveSmallIntegerField()
    worker = models.CharField(max_length=80)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(
        max_length=20, blank=True
    )  # the state it led to; empty while it lasts
    detail = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ("number",)
        constraints: ClassVar = [
            TenantUnique(fields=["reminder", "number"], name="send_attempt_number_unique")
        ]

    def __str__(self) -> str:
        return f"{self.number}"


class HeldBack(TenantModel):
    """A group with something late that the last plan did not remind, and why: held, never hidden."""

    run = TenantForeignKey(Run, on_delete=models.CASCADE, related_name="+")
    customer = TenantForeignKey(Customer, related_name="+")
    entity = TenantForeignKey(Entity, related_name="+")
    currency = models.CharField(max_length=3)
    line_scenario = TenantForeignKey(Scenario, null=True, blank=True, related_name="+")
    reason = models.CharField(max_length=25)
    amount = models.DecimalField(max_digits=19, decimal_places=4)  # what is late and undisputed
    line_count = models.PositiveIntegerField()
    next_date = models.DateField(
        null=True, blank=True
    )  # when the plan looks again; empty: a person must act

    class Meta:
        ordering = ("-amount",)
        constraints: ClassVar = [
            TenantUnique(
                fields=["customer", "entity", "currency", "line_scenario"],
                name="held_back_once_per_course",
                nulls_distinct=False,
            )
        ]

    def __str__(self) -> str:
        return self.reason
