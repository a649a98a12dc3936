"""Tables of the chase. A `Reminder` is a step taken, and for an e-mail the row of the outbox (RELIABILITY D7).

Amounts are tax included, in the reminder's one currency, and say what they add to the customer's debt.
"""

from typing import ClassVar, Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Membership
from dunning.rules.content import Register as RegisterRule
from dunning.rules.outbox import LEAVING_STATES, OPEN_STATES, TAKEN_STATES, CancelReason, State
from dunning.rules.steps import CatchUp as CatchUpRule
from dunning.rules.steps import Channel as ChannelRule
from dunning.rules.steps import Mode as ModeRule
from dunning.rules.steps import ScenarioRules, StepRule
from dunning.rules.steps import Stage as StageRule
from kernel.tenancy import TenantForeignKey, TenantModel, TenantUnique
from ledger.models import Contact, Customer, DueLine, Entity


class Channel(models.TextChoices):
    """By which way a step reaches the customer, or asks a person to."""

    EMAIL = ChannelRule.EMAIL.value, _("E-mail")
    CALL = ChannelRule.CALL.value, _("Call")
    REGISTERED_LETTER = ChannelRule.REGISTERED_LETTER.value, _("Registered letter")
    DECISION = ChannelRule.DECISION.value, pgettext_lazy("dunning channel", "Decision")


class Stage(models.TextChoices):
    """How far the matter has gone (R22)."""

    PREVENTIVE = StageRule.PREVENTIVE.value, _("Before due")
    AMICABLE = StageRule.AMICABLE.value, _("Amicable")
    PRE_LITIGATION = StageRule.PRE_LITIGATION.value, _("Pre-litigation")
    LITIGATION = StageRule.LITIGATION.value, _("Litigation")


class Mode(models.TextChoices):
    """Who lets a step happen."""

    AUTO = ModeRule.AUTO.value, _("By itself")
    CONFIRM = ModeRule.CONFIRM.value, _("To confirm")
    MANUAL = ModeRule.MANUAL.value, _("By a person")


class Register(models.TextChoices):
    """How a message speaks."""

    BEFORE_DUE = RegisterRule.BEFORE_DUE.value, _("Before the due date")
    COURTEOUS = RegisterRule.COURTEOUS.value, _("Courteous")
    FIRM = RegisterRule.FIRM.value, _("Firm")
    FORMAL = RegisterRule.FORMAL.value, _("Formal")
    FORMAL_NOTICE = RegisterRule.FORMAL_NOTICE.value, _("Formal notice")


class CatchUp(models.TextChoices):
    """What follows days on which nothing ran."""

    CURRENT = CatchUpRule.CURRENT.value, _("The step of today's lateness")
    ONE_BY_ONE = CatchUpRule.ONE_BY_ONE.value, _("One step at a time")


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


class Scenario(TenantModel):
    """An ordered series of steps; what was published is kept as versions."""

    code = models.SlugField(max_length=40)
    name = models.CharField(max_length=120)
    is_default = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("name",)
        constraints: ClassVar = [
            TenantUnique(fields=["code"], name="scenario_code_unique"),
            TenantUnique(
                fields=["is_default"], name="scenario_one_default", condition=Q(is_default=True)
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ScenarioVersion(TenantModel):
    """A published version of a scenario: never changed, only followed by the next."""

    scenario = TenantForeignKey(Scenario, related_name="versions")
    number = models.PositiveSmallIntegerField(default=1)
    catch_up = models.CharField(max_length=10, choices=CatchUp.choices, default=CatchUp.CURRENT)
    published_date = models.DateField(
        null=True, blank=True
    )  # empty on the first: it takes over the past
    written_by = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    published_by = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-number",)
        constraints: ClassVar = [
            TenantUnique(fields=["scenario", "number"], name="scenario_version_number_unique"),
            models.CheckConstraint(
                condition=~Q(published_by=F("written_by")), name="scenario_version_s10_two_people"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.scenario_id} {self.number}"

    def as_rules(self) -> ScenarioRules:
        """Return this version as the value the rules work on."""
        return ScenarioRules(
            name=self.scenario.name,
            version=self.number,
            steps=tuple(step.as_rule() for step in self.steps.all()),
            catch_up=CatchUpRule(self.catch_up),
            published_date=self.published_date,
        )


class Step(TenantModel):
    """One step of a version, `offset_days` after the agreed due date, negative before it."""

    version = TenantForeignKey(ScenarioVersion, related_name="steps")
    number = models.PositiveSmallIntegerField()
    offset_days = models.SmallIntegerField()
    channel = models.CharField(max_length=20, choices=Channel.choices)
    level = models.PositiveSmallIntegerField()
    stage = models.CharField(max_length=15, choices=Stage.choices)
    mode = models.CharField(max_length=10, choices=Mode.choices)
    register = models.CharField(max_length=15, choices=Register.choices, blank=True)
    has_statement = models.BooleanField(default=False)
    minimum_amount = models.DecimalField(
        max_digits=19, decimal_places=4, null=True, blank=True
    )  # euros a line must owe to be announced

    class Meta:
        ordering = ("offset_days",)
        constraints: ClassVar = [
            TenantUnique(fields=["version", "number"], name="step_number_unique"),
            TenantUnique(fields=["version", "offset_days"], name="step_offset_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.number}"

    def as_rule(self) -> StepRule:
        """Return this step as the value the rules work on."""
        return StepRule(
            number=self.number,
            offset_days=self.offset_days,
            channel=ChannelRule(self.channel),
            level=self.level,
            stage=StageRule(self.stage),
            mode=ModeRule(self.mode),
            register=RegisterRule(self.register) if self.register else None,
            has_statement=self.has_statement,
            minimum_amount=self.minimum_amount,
        )


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
    """A step taken, or about to be, for one customer, entity and currency."""

    customer = TenantForeignKey(Customer, related_name="reminders")
    contact = TenantForeignKey(Contact, null=True, blank=True, related_name="reminders")
    entity = TenantForeignKey(Entity, related_name="+")
    currency = models.CharField(max_length=3)
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
    state = models.CharField(
        max_length=10, choices=ReminderState.choices, default=ReminderState.PLANNED
    )
    state_at = models.DateTimeField()
    held_reason = models.CharField(max_length=20, blank=True)
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
    raw = models.BinaryField()  # the whole MIME message
    recipient = models.EmailField()
    composed_at = models.DateTimeField()

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
    reason = models.CharField(max_length=25)
    amount = models.DecimalField(max_digits=19, decimal_places=4)  # what is late and undisputed
    line_count = models.PositiveIntegerField()
    next_date = models.DateField(
        null=True, blank=True
    )  # when the plan looks again; empty: a person must act

    class Meta:
        ordering = ("-amount",)
        constraints: ClassVar = [
            TenantUnique(fields=["customer", "entity", "currency"], name="held_back_once_per_group")
        ]

    def __str__(self) -> str:
        return self.reason


class Pause(TenantModel):
    """Reminders stopped for a customer, or one of his lines, from a day to a day, with a reason and an owner."""

    customer = TenantForeignKey(Customer, related_name="pauses")
    due_line = TenantForeignKey(DueLine, null=True, blank=True, related_name="pauses")
    reason = models.CharField(max_length=250)
    from_date = models.DateField()
    until_date = models.DateField()  # included
    opened_by = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    ended_date = models.DateField(null=True, blank=True)  # lifted early: this day counts no more
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-from_date",)
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(until_date__gte=F("from_date")), name="pause_until_after_from"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="pause_with_reason"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["tenant_id", "customer"], name="pause_by_customer")
        ]

    def __str__(self) -> str:
        return self.reason


class SwitchScope(models.TextChoices):
    """What a switch stops."""

    HOUSE = "house", _("Every tenant")
    TENANT = "tenant", _("This tenant")
    SCENARIO = "scenario", _("One scenario")


class SendingSwitch(TenantModel):
    """A red button: while it is stopped nothing under it leaves, what is queued included."""

    scope = models.CharField(max_length=10, choices=SwitchScope.choices)
    scenario = TenantForeignKey(Scenario, null=True, blank=True, related_name="+")
    is_stopped = models.BooleanField(default=False)
    reason = models.CharField(max_length=250, blank=True)
    changed_by = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    changed_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            TenantUnique(fields=["scope"], name="sending_switch_once", condition=Q(scenario=None)),
            TenantUnique(
                fields=["scope", "scenario"],
                name="sending_switch_once_per_scenario",
                condition=~Q(scenario=None),
            ),
            models.CheckConstraint(
                condition=Q(scope="scenario", scenario__isnull=False)
                | (~Q(scope="scenario") & Q(scenario=None)),
                name="sending_switch_names_its_scenario",
            ),
        ]

    def __str__(self) -> str:
        return self.scope


class SendingEpoch(TenantModel):
    """The epoch this tenant's outbox was written under.

    The deployment keeps the same word outside the database. After a restore the two differ, and nothing leaves
    until what the mail server already accepted has been reconciled.
    """

    epoch = models.CharField(max_length=60)
    changed_at = models.DateTimeField()
    reconciled_at = models.DateTimeField(
        null=True, blank=True
    )  # after a restore; empty: never restored

    class Meta:
        constraints: ClassVar = [TenantUnique(fields=[], name="sending_epoch_once")]

    def __str__(self) -> str:
        return self.epoch
