"""Scenarios: what is said on which day around a due date. What was published is kept as versions."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Membership
from dunning.models.dated import DatedQuerySet
from dunning.rules.assignment import Rule, conditions_of
from dunning.rules.content import Register as RegisterRule
from dunning.rules.policy import DEFAULT_POLICY, Policy, policy_of
from dunning.rules.steps import Anchor as AnchorRule
from dunning.rules.steps import CatchUp as CatchUpRule
from dunning.rules.steps import Channel as ChannelRule
from dunning.rules.steps import Mode as ModeRule
from dunning.rules.steps import Recipient as RecipientRule
from dunning.rules.steps import ScenarioRules, StepRule
from dunning.rules.steps import Stage as StageRule
from kernel.tenancy import TenantForeignKey, TenantModel, TenantUnique
from ledger.models import Customer, DueLine


class Channel(models.TextChoices):
    """By which way a step reaches the customer, or asks a person to."""

    EMAIL = ChannelRule.EMAIL.value, _("E-mail")
    CALL = ChannelRule.CALL.value, _("Call")
    SMS = ChannelRule.SMS.value, _("Text message")
    LETTER = ChannelRule.LETTER.value, _("Letter")
    REGISTERED_ELETTER = ChannelRule.REGISTERED_ELETTER.value, _("Registered e-letter")
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
    PROMISE = RegisterRule.PROMISE.value, _("Recap of a promise")


class CatchUp(models.TextChoices):
    """What follows days on which nothing ran."""

    CURRENT = CatchUpRule.CURRENT.value, _("The step of today's lateness")
    ONE_BY_ONE = CatchUpRule.ONE_BY_ONE.value, _("One step at a time")


class Recipient(models.TextChoices):
    """Whom at the customer a step is addressed to."""

    ACCOUNTS_PAYABLE = RecipientRule.ACCOUNTS_PAYABLE.value, _("Accounts payable")
    ACCOUNTS_PAYABLE_MANAGER = (
        RecipientRule.ACCOUNTS_PAYABLE_MANAGER.value,
        _("Accounts payable manager"),
    )
    BUYER = RecipientRule.BUYER.value, _("Buyer")
    EXECUTIVE = RecipientRule.EXECUTIVE.value, _("Executive")


class Anchor(models.TextChoices):
    """From which day a step after the due date is counted."""

    DUE = AnchorRule.DUE.value, _("The due date")
    ISSUE = AnchorRule.ISSUE.value, _("The day of the invoice")
    MONTH_END = AnchorRule.MONTH_END.value, _("The end of the month in which it falls due")
    PREVIOUS = AnchorRule.PREVIOUS.value, _("The step before it")
    PROMISE_BROKEN = AnchorRule.PROMISE_BROKEN.value, _("A promise not kept")
    DISPUTE_CLOSED = AnchorRule.DISPUTE_CLOSED.value, _("A dispute closed")
    YEARLY = AnchorRule.YEARLY.value, _("Once a year, for amounts too small to be asked for")
    LETTER_RETURNED = AnchorRule.LETTER_RETURNED.value, _("A letter the post brought back")


class Scenario(TenantModel):
    """An ordered series of steps; what was published is kept as versions."""

    code = models.SlugField(max_length=40)
    name = models.CharField(max_length=120)
    is_default = models.BooleanField(default=False)
    is_archived = models.BooleanField(default=False)  # no rule leads to it and nobody can choose it
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


class FormerName(TenantModel):
    """A name a scenario had until somebody gave it another: messages and notes of that time speak of it."""

    scenario = TenantForeignKey(Scenario, on_delete=models.CASCADE, related_name="former_names")
    name = models.CharField(max_length=120)
    changed_by = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    changed_at = models.DateTimeField()

    class Meta:
        ordering = ("-changed_at",)
        indexes: ClassVar = [
            models.Index(fields=["tenant_id", "scenario"], name="former_name_by_scenario")
        ]

    def __str__(self) -> str:
        return self.name


class ScenarioVersion(TenantModel):
    """A version of a scenario: a draft until it is published, then never changed, only followed by the next."""

    scenario = TenantForeignKey(Scenario, related_name="versions")
    number = models.PositiveSmallIntegerField(default=1)
    is_draft = models.BooleanField(default=False)
    catch_up = models.CharField(max_length=10, choices=CatchUp.choices, default=CatchUp.CURRENT)
    parameters = models.JSONField(default=dict)  # what differs from the defaults: rules.policy_of
    published_date = models.DateField(
        null=True, blank=True
    )  # empty on the first: it takes over the past
    written_by = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    published_by = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    authors = models.JSONField(default=list)  # everybody who wrote in the draft: none may publish
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ("-number",)
        constraints: ClassVar = [
            TenantUnique(fields=["scenario", "number"], name="scenario_version_number_unique"),
            TenantUnique(
                fields=["scenario"], name="scenario_one_draft", condition=Q(is_draft=True)
            ),
            models.CheckConstraint(
                condition=Q(is_draft=False) | Q(published_date=None, published_by=None),
                name="scenario_version_draft_unpublished",
            ),
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

    def as_policy(self, base: Policy = DEFAULT_POLICY) -> Policy:
        """Return the parameters of the chase under this version; what it leaves open is the tenant's."""
        return policy_of(self.parameters, base=base)


class Step(TenantModel):
    """One step of a version, `offset_days` after the agreed due date, negative before it.

    Counted from another anchor it is due `anchor_days` after that; `offset_days` is its place among the steps.
    """

    version = TenantForeignKey(ScenarioVersion, related_name="steps")
    number = models.PositiveSmallIntegerField()
    offset_days = models.SmallIntegerField()
    channel = models.CharField(max_length=20, choices=Channel.choices)
    level = models.PositiveSmallIntegerField()
    stage = models.CharField(max_length=15, choices=Stage.choices)
    mode = models.CharField(max_length=10, choices=Mode.choices)
    register = models.CharField(max_length=15, choices=Register.choices, blank=True)
    has_statement = models.BooleanField(default=False)
    has_invoices = models.BooleanField(
        default=False, db_default=False
    )  # copies of the overdue invoices travel with an e-mail
    minimum_amount = models.DecimalField(
        max_digits=19, decimal_places=4, null=True, blank=True
    )  # euros a line must owe to be announced
    only_from = models.DecimalField(
        max_digits=19, decimal_places=4, null=True, blank=True
    )  # euros a message must claim for this step to be taken
    recipient = models.CharField(max_length=10, choices=Recipient.choices, blank=True)
    label = models.CharField(max_length=80, blank=True)
    anchor = models.CharField(
        max_length=15, choices=Anchor.choices, default=Anchor.DUE, db_default=Anchor.DUE
    )
    anchor_days = models.SmallIntegerField(default=0, db_default=0)
    new_customer_months = models.PositiveSmallIntegerField(
        null=True, blank=True
    )  # a customer is new for so long after his first invoice: his lines are announced whatever they owe

    written_days = models.SmallIntegerField(
        null=True, blank=True
    )  # as its author wrote it, where the scenario's pace moved it

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
            has_invoices=self.has_invoices,
            minimum_amount=self.minimum_amount,
            only_from=self.only_from,
            recipient=RecipientRule(self.recipient) if self.recipient else None,
            label=self.label,
            anchor=AnchorRule(self.anchor),
            anchor_days=self.anchor_days,
            new_customer_months=self.new_customer_months,
            written_days=self.written_days,
        )


class AssignmentRule(TenantModel):
    """Which customers follow a scenario: rules are asked in order, and the first whose conditions hold decides."""

    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=120)
    scenario = TenantForeignKey(Scenario, related_name="rules")
    conditions = models.JSONField(default=dict)  # rules.conditions_of
    is_active = models.BooleanField(default=True)
    changed_by = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ("position",)
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["tenant_id", "position"],
                name="assignment_rule_position_unique",
                deferrable=models.Deferrable.DEFERRED,
            )
        ]

    def __str__(self) -> str:
        return self.name

    def as_rule(self) -> Rule:
        """Return this rule as the value the rules work on."""
        return Rule(self.pk, self.scenario_id, conditions_of(self.conditions))


class ScenarioOverride(TenantModel):
    """A person's word above the rules: this customer follows that scenario until a day, for a reason."""

    customer = TenantForeignKey(Customer, related_name="scenario_overrides")
    scenario = TenantForeignKey(Scenario, related_name="+")
    reason = models.CharField(max_length=250)
    from_date = models.DateField()
    until_date = models.DateField()  # included
    opened_by = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    ended_date = models.DateField(null=True, blank=True)  # lifted early: this day counts no more
    created_at = models.DateTimeField(auto_now_add=True)

    objects = DatedQuerySet["ScenarioOverride"].as_manager()

    class Meta:
        ordering = ("-from_date", "-created_at")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(until_date__gte=F("from_date")),
                name="scenario_override_until_after_from",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="scenario_override_with_reason"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["tenant_id", "customer"], name="scenario_override_by_customer")
        ]

    def __str__(self) -> str:
        return self.reason


class LineOverride(TenantModel):
    """A person's word about one due line: it follows another scenario than its customer until a day, for a reason."""

    due_line = TenantForeignKey(DueLine, related_name="scenario_overrides")
    customer = TenantForeignKey(Customer, related_name="+")
    scenario = TenantForeignKey(Scenario, related_name="+")
    reason = models.CharField(max_length=250)
    from_date = models.DateField()
    until_date = models.DateField()  # included
    opened_by = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    ended_date = models.DateField(null=True, blank=True)  # this day counts no more
    created_at = models.DateTimeField(auto_now_add=True)

    objects = DatedQuerySet["LineOverride"].as_manager()

    class Meta:
        ordering = ("-from_date", "-created_at")
        constraints: ClassVar = [
            TenantUnique(
                fields=["due_line"], name="line_override_one_open", condition=Q(ended_date=None)
            ),
            models.CheckConstraint(
                condition=Q(until_date__gte=F("from_date")), name="line_override_until_after_from"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="line_override_with_reason"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["tenant_id", "customer"], name="line_override_by_customer"),
            models.Index(fields=["tenant_id", "scenario"], name="line_override_by_scenario"),
        ]

    def __str__(self) -> str:
        return self.reason


class ScenarioAssignment(TenantModel):
    """The scenario a customer follows and why, as the last night found it; no row: the default, since ever."""

    customer = TenantForeignKey(Customer, related_name="scenario_assignments")
    scenario = TenantForeignKey(Scenario, related_name="assignments")
    rule = TenantForeignKey(
        AssignmentRule, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    override = TenantForeignKey(
        ScenarioOverride, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    because = models.JSONField(default=list)  # [condition, the customer's value], as they held
    since_date = models.DateField()  # steps before this day are never taken for him

    class Meta:
        constraints: ClassVar = [TenantUnique(fields=["customer"], name="scenario_assignment_once")]
        indexes: ClassVar = [
            models.Index(fields=["tenant_id", "scenario"], name="scenario_assignment_by_scen")
        ]

    def __str__(self) -> str:
        return f"{self.customer_id}"
