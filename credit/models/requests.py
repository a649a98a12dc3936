"""Requests for credit: what is asked for whom, the steps taken, what was said, what was decided."""

from datetime import time
from decimal import Decimal
from typing import ClassVar, Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import pgettext_lazy

from accounts.models import Membership, Scope
from credit.models.circuits import CircuitVersion, StepKind
from credit.models.limits import CreditLimit
from kernel.permissions import Actor, Reach
from kernel.tenancy import TenantForeignKey, TenantModel, TenantUnique
from ledger.models import Customer, CustomerGroup, Entity, PaymentTerms


class RequestKind(models.TextChoices):
    """What is asked for."""

    ADVICE = "advice", pgettext_lazy("credit request", "Advice before a quote")
    OPENING = "opening", pgettext_lazy("credit request", "Account opening")
    LIMIT = "limit", pgettext_lazy("credit request", "Change of limit")
    TEMPORARY = "temporary", pgettext_lazy("credit request", "Temporary raise")
    REVIEW = "review", pgettext_lazy("credit request", "Periodic review")


class RequestState(models.TextChoices):
    """Where a request stands."""

    DRAFT = "draft", pgettext_lazy("credit request", "Draft")
    IN_CIRCUIT = "in_circuit", pgettext_lazy("credit request", "In its circuit")
    ARBITRATION = "arbitration", pgettext_lazy("credit request", "To be arbitrated")
    GRANTED = "granted", pgettext_lazy("credit request", "Granted")
    REFUSED = "refused", pgettext_lazy("credit request", "Refused")
    WITHDRAWN = "withdrawn", pgettext_lazy("credit request", "Withdrawn")
    LAPSED = "lapsed", pgettext_lazy("credit request", "Lapsed")


RUNNING = (RequestState.IN_CIRCUIT, RequestState.ARBITRATION)
DECIDED = (RequestState.GRANTED, RequestState.REFUSED)


class Outcome(models.TextChoices):
    """What a person said when ending a step."""

    COMPLETE = "complete", pgettext_lazy("credit step", "Complete")
    FAVOURABLE = "favourable", pgettext_lazy("credit step", "Favourable")
    UNFAVOURABLE = "unfavourable", pgettext_lazy("credit step", "Unfavourable")
    AS_ASKED = "as_asked", pgettext_lazy("credit step", "Granted as asked")
    CONDITIONS = "conditions", pgettext_lazy("credit step", "Granted with conditions")
    REFUSE = "refuse", pgettext_lazy("credit step", "Refused")
    TO_ARBITRATION = "arbitrate", pgettext_lazy("credit step", "No consensus, to arbitration")
    DONE = "done", pgettext_lazy("credit step", "Done")


class CreditRequestQuerySet(models.QuerySet["CreditRequest"]):
    """Chainable filters of requests."""

    def running(self) -> Self:
        """Return those that wait for somebody."""
        return self.filter(state__in=RUNNING)

    def visible_to(self, actor: Actor, *permissions: str) -> Self:
        """Return the requests over which `actor` holds one of `permissions`, and those he has a part in."""
        mine = Q(pk__in=[])
        if actor.membership_id is not None:
            mine = Q(requested_by=actor.membership_id) | Q(
                pk__in=RequestStep.objects.filter(
                    Q(person=actor.membership_id)
                    | Q(done_by=actor.membership_id)
                    | Q(agenda_files__session__seats__member=actor.membership_id)
                    | Q(agenda_files__session__seats__substitute=actor.membership_id)
                ).values("request")
            )
        for permission in permissions:
            for held in actor.held(permission):
                mine |= _within(held.scope_path) & _reached(held.reach, actor)
        return self.filter(mine)


def _within(scope_path: str) -> Q:
    if scope_path == "/":
        return Q(number__isnull=False)
    return Q(portfolio__path__startswith=scope_path)


def _reached(reach: Reach, actor: Actor) -> Q:
    if reach in {Reach.ALL, Reach.SCOPED}:
        return Q(number__isnull=False)
    own = Q(requested_by=actor.membership_id) | Q(
        customer__in=Customer.objects.filter(
            Q(sales_rep=actor.membership_id)
            | Q(collector=actor.membership_id)
            | Q(risk_owner=actor.membership_id)
        )
    )
    if reach is Reach.OWN:
        return own
    if reach is Reach.TEAM:
        people = Membership.objects.filter(manager=actor.membership_id).values("pk")
        return own | Q(requested_by__in=people) | Q(customer__sales_rep__in=people)
    return Q(pk__in=[])


class CreditRequest(TenantModel):
    """A request for credit, for a customer or for a company that is none yet (then `customer` is empty).

    Amounts are tax included and in `currency`. `first_requester` is who asked at the start of a chain of requests
    that follow one another, so that reopening or converting one makes nobody an approver of what he asked (S1).
    """

    number = models.CharField(max_length=20)  # DC-YYMM-NNN
    kind = models.CharField(max_length=10, choices=RequestKind.choices)
    state = models.CharField(
        max_length=11, choices=RequestState.choices, default=RequestState.DRAFT
    )
    origin = models.CharField(max_length=5, default="form")  # form, api or round
    revision = models.PositiveIntegerField(default=1)  # counts changes: a stale form is recognised
    follows = TenantForeignKey("self", null=True, blank=True, related_name="followed_by")

    customer = TenantForeignKey(Customer, null=True, blank=True, related_name="credit_requests")
    name = models.CharField(max_length=250)
    siren = models.CharField(max_length=9, blank=True)
    vat_number = models.CharField(max_length=20, blank=True)
    country = models.CharField(max_length=2, default="FR")
    address = models.TextField(blank=True)
    group = TenantForeignKey(CustomerGroup, null=True, blank=True, related_name="+")
    customer_code = models.CharField(max_length=60, blank=True)  # empty: from the series
    entity = TenantForeignKey(Entity, related_name="+")
    portfolio = TenantForeignKey(Scope, related_name="+")  # who sees it

    requested_by = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    first_requester = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    asked_amount = models.DecimalField(max_digits=19, decimal_places=4)
    currency = models.CharField(max_length=3)
    asked_terms = TenantForeignKey(PaymentTerms, null=True, blank=True, related_name="+")
    asked_until = models.DateField(null=True, blank=True)  # the last day, included
    expected_sales = models.DecimalField(
        max_digits=19, decimal_places=4, null=True, blank=True
    )  # of a year, tax excluded
    margin_rate = models.DecimalField(max_digits=5, decimal_places=4, null=True, blank=True)
    peak_factor = models.DecimalField(max_digits=4, decimal_places=2, default=1)
    quote_amount = models.DecimalField(max_digits=19, decimal_places=4, null=True, blank=True)
    first_delivery_date = models.DateField(null=True, blank=True)
    deposit_share = models.DecimalField(max_digits=5, decimal_places=4, default=0)
    guarantees = models.CharField(max_length=300, blank=True)
    guarantee_amount = models.DecimalField(max_digits=19, decimal_places=4, null=True, blank=True)
    words = models.TextField(blank=True)
    grade = models.CharField(max_length=1, blank=True)  # A to E, as it stood when asked
    insured_amount = models.DecimalField(max_digits=19, decimal_places=4, null=True, blank=True)
    insured_quota = models.DecimalField(
        max_digits=5, decimal_places=4, null=True, blank=True
    )  # the part of a loss the insurer pays
    insured_on = models.DateField(null=True, blank=True)  # the day of the insurer's answer
    charter_version = models.PositiveIntegerField(null=True, blank=True)
    charter_escalations = models.JSONField(default=list)  # articles that ask for a higher decision

    circuit_version = TenantForeignKey(CircuitVersion, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True, blank=True)
    decide_before = models.DateTimeField(null=True, blank=True)
    waiting_since = models.DateTimeField(
        null=True, blank=True
    )  # a question to the requester stops the clock
    waited_minutes = models.PositiveIntegerField(default=0)  # working minutes, of answered ones
    closed_at = models.DateTimeField(null=True, blank=True)

    decision = models.CharField(max_length=12, choices=Outcome.choices, blank=True)
    decided_by = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    granted_amount = models.DecimalField(max_digits=19, decimal_places=4, null=True, blank=True)
    granted_insured = models.DecimalField(max_digits=19, decimal_places=4, null=True, blank=True)
    granted_terms = TenantForeignKey(PaymentTerms, null=True, blank=True, related_name="+")
    granted_until = models.DateField(null=True, blank=True)
    review_date = models.DateField(null=True, blank=True)
    conditions = models.TextField(blank=True)
    reason = models.TextField(blank=True)  # shared with the requester
    limit = TenantForeignKey(CreditLimit, null=True, blank=True, related_name="+")
    terms_before = TenantForeignKey(
        PaymentTerms, null=True, blank=True, related_name="+"
    )  # of the customer, for an undo
    opened_customer = models.BooleanField(default=False)  # the customer was made by this request
    undone_by = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    undone_at = models.DateTimeField(null=True, blank=True)  # the latest undone decision

    objects = CreditRequestQuerySet.as_manager()

    class Meta:
        ordering = ("-number",)
        constraints: ClassVar = [
            TenantUnique(fields=["number"], name="credit_request_number_unique"),
            models.CheckConstraint(
                condition=~Q(decided_by=F("requested_by")), name="credit_request_s1_two_people"
            ),
            models.CheckConstraint(
                condition=~Q(decided_by=F("first_requester")),
                name="credit_request_s1_whole_chain",
            ),
            models.CheckConstraint(
                condition=Q(asked_amount__gte=0), name="credit_request_asks_not_below_zero"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["granted", "refused"])
                | Q(decided_at__isnull=False, decided_by__isnull=False),
                name="credit_request_decided_by_a_person",
            ),
            models.CheckConstraint(
                condition=Q(granted_insured=None)
                | Q(granted_amount__isnull=False, granted_insured__lte=F("granted_amount")),
                name="credit_request_insured_within",
            ),
            TenantUnique(
                fields=["customer", "kind"],
                name="credit_request_one_review_running",
                condition=Q(kind="review", state__in=["draft", "in_circuit", "arbitration"]),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["tenant_id", "state", "decide_before"], name="credit_req_waiting"),
            models.Index(fields=["tenant_id", "customer"], name="credit_req_by_customer"),
            models.Index(fields=["tenant_id", "siren"], name="credit_req_by_siren"),
            models.Index(fields=["tenant_id", "requested_by"], name="credit_req_by_requester"),
        ]

    def __str__(self) -> str:
        return self.number


class StepState(models.TextChoices):
    """Where a step of a request stands."""

    WAITING = "waiting", pgettext_lazy("credit step", "Not yet")
    OPEN = "open", pgettext_lazy("credit step", "Now")
    DONE = "done", pgettext_lazy("credit step", "Done")
    SKIPPED = "skipped", pgettext_lazy("credit step", "Not needed")


class RequestStep(TenantModel):
    """A step of a circuit as one request takes it. Who ends it never asked for the request (S1, S13)."""

    request = TenantForeignKey(CreditRequest, related_name="steps")
    position = models.PositiveSmallIntegerField()
    number = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=12, choices=StepKind.choices)
    label = models.CharField(max_length=80, blank=True)
    role = models.CharField(max_length=30, blank=True)
    person = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    substitute = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    escalates_to = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    above = models.DecimalField(max_digits=19, decimal_places=4, null=True, blank=True)
    up_to = models.DecimalField(max_digits=19, decimal_places=4, null=True, blank=True)
    amount_currency = models.CharField(max_length=3, default="EUR")  # of `above` and `up_to`
    deadline_hours = models.PositiveSmallIntegerField(default=9)  # working hours
    reminder_hours = models.PositiveSmallIntegerField(default=3)
    requested_by = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    first_requester = TenantForeignKey(Membership, null=True, blank=True, related_name="+")

    state = models.CharField(max_length=8, choices=StepState.choices, default=StepState.WAITING)
    opened_at = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    reminded_at = models.DateTimeField(null=True, blank=True)
    escalated_at = models.DateTimeField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    done_by = TenantForeignKey(
        Membership, null=True, blank=True, related_name="+"
    )  # empty: by itself (export)
    on_behalf_of = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    outcome = models.CharField(max_length=12, choices=Outcome.choices, blank=True)
    amount = models.DecimalField(
        max_digits=19, decimal_places=4, null=True, blank=True
    )  # advised or granted, in the request's currency
    insured = models.DecimalField(max_digits=19, decimal_places=4, null=True, blank=True)
    terms = TenantForeignKey(PaymentTerms, null=True, blank=True, related_name="+")
    until = models.DateField(null=True, blank=True)
    review_date = models.DateField(null=True, blank=True)
    conditions = models.TextField(blank=True)
    words = models.TextField(blank=True)

    class Meta:
        ordering = ("number", "position")
        constraints: ClassVar = [
            TenantUnique(fields=["request", "position"], name="request_step_position_unique"),
            models.CheckConstraint(
                condition=~Q(done_by=F("requested_by")), name="request_step_s1_two_people"
            ),
            models.CheckConstraint(
                condition=~Q(done_by=F("first_requester")), name="request_step_s1_whole_chain"
            ),
            models.CheckConstraint(
                condition=~Q(on_behalf_of=F("requested_by")), name="request_step_s13_delegator"
            ),
            models.CheckConstraint(
                condition=~Q(on_behalf_of=F("first_requester")),
                name="request_step_s13_delegator_chain",
            ),
            models.CheckConstraint(
                condition=~Q(state="done") | Q(done_at__isnull=False), name="request_step_done_at"
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["tenant_id", "due_at"],
                name="request_step_open",
                condition=Q(state="open"),
            ),
        ]

    def __str__(self) -> str:
        return self.label or str(StepKind(self.kind).label)


class ExpectedPiece(TenantModel):
    """A paper that a file of some kinds of request is expected to hold."""

    code = models.SlugField(max_length=40)
    label = models.CharField(max_length=120)
    kinds = models.JSONField(default=list)  # of request; empty: every kind
    above = models.DecimalField(
        max_digits=19, decimal_places=4, null=True, blank=True
    )  # asked for above this amount only
    position = models.PositiveSmallIntegerField(default=0)
    is_archived = models.BooleanField(default=False)

    class Meta:
        ordering = ("position", "label")
        constraints: ClassVar = [TenantUnique(fields=["code"], name="expected_piece_code_unique")]

    def __str__(self) -> str:
        return self.label


class RequestFile(TenantModel):
    """A paper of a request's file, kept as it came."""

    request = TenantForeignKey(CreditRequest, related_name="files")
    piece = TenantForeignKey(ExpectedPiece, null=True, blank=True, related_name="+")
    file_name = models.CharField(max_length=150)
    media_type = models.CharField(max_length=80)  # by its bytes, not by its name
    size = models.PositiveIntegerField()  # bytes
    digest = models.CharField(max_length=64)  # SHA-256
    content = models.BinaryField()
    added_by = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    added_at = models.DateTimeField()

    class Meta:
        ordering = ("added_at",)
        constraints: ClassVar = [
            TenantUnique(fields=["request", "digest"], name="request_file_once")
        ]

    def __str__(self) -> str:
        return self.file_name


class MessageKind(models.TextChoices):
    """What is said in the thread of a request."""

    QUESTION = "question", pgettext_lazy("credit thread", "Question")
    ANSWER = "answer", pgettext_lazy("credit thread", "Answer")
    NOTE = "note", pgettext_lazy("credit thread", "Note")


class RequestMessage(TenantModel):
    """Something said about a request; a question to the requester stops the clock until its answer."""

    request = TenantForeignKey(CreditRequest, related_name="messages")
    kind = models.CharField(max_length=8, choices=MessageKind.choices)
    step = TenantForeignKey(RequestStep, null=True, blank=True, related_name="+")
    author = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    words = models.TextField()
    at = models.DateTimeField()

    class Meta:
        ordering = ("at",)
        indexes: ClassVar = [
            models.Index(fields=["tenant_id", "request", "at"], name="request_message_thread")
        ]

    def __str__(self) -> str:
        return self.words[:60]


class RequestNumbers(TenantModel):
    """The last number given in a month: locked while the next one is taken, so that none is missing."""

    month = models.CharField(max_length=4)  # YYMM
    last = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name_plural = "request numbers"
        constraints: ClassVar = [TenantUnique(fields=["month"], name="request_numbers_of_month")]

    def __str__(self) -> str:
        return f"{self.month} {self.last}"


class CreditSettings(TenantModel):
    """How a tenant handles requests. One row, made when something differs from the defaults."""

    day_starts = models.TimeField(default=time(9))  # working hours, in the tenant's time
    day_ends = models.TimeField(default=time(18))
    lapse_days = models.PositiveSmallIntegerField(
        default=30
    )  # a question unanswered for so long ends the request
    review_months = models.PositiveSmallIntegerField(default=12)  # proposed on a decision
    code_prefix = models.CharField(max_length=10, default="C-")  # of the series of new customers
    vat_rate = models.DecimalField(max_digits=5, decimal_places=4, default=Decimal("0.2"))
    export_url = models.URLField(max_length=300, blank=True)  # empty: no call leaves
    export_key_number = models.PositiveSmallIntegerField(
        default=1
    )  # raised to make a new signing key
    changed_by = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    changed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "credit settings"
        constraints: ClassVar = [
            TenantUnique(fields=[], name="credit_settings_once"),
            models.CheckConstraint(
                condition=Q(day_ends__gt=F("day_starts")), name="credit_settings_day_in_order"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day_starts}–{self.day_ends}"


class ExportState(models.TextChoices):
    """Where the news of an opened account stands."""

    WAITING = "waiting", pgettext_lazy("export", "Waiting")
    DELIVERED = "delivered", pgettext_lazy("export", "Delivered")
    GIVEN_UP = "given_up", pgettext_lazy("export", "Given up")
    FILE_ONLY = "file_only", pgettext_lazy("export", "As a file")


class AccountExport(TenantModel):
    """An opened account or a new limit on its way to the accounting system; the file is always there to download."""

    request = TenantForeignKey(CreditRequest, related_name="exports")
    body = models.JSONField()
    state = models.CharField(max_length=9, choices=ExportState.choices)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    problem = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ("-created_at",)
        indexes: ClassVar = [
            models.Index(
                fields=["tenant_id", "next_attempt_at"],
                name="account_export_waiting",
                condition=Q(state="waiting"),
            )
        ]

    def __str__(self) -> str:
        return self.state


class InternalNotice(TenantModel):
    """A mail to a colleague about a request: the row is the promise, a task is the hand."""

    recipient = TenantForeignKey(Membership, related_name="+")
    code = models.CharField(max_length=40)  # which text: credit/notices.py
    request = TenantForeignKey(CreditRequest, null=True, blank=True, related_name="+")
    once_key = models.CharField(max_length=120)  # a second asking for the same news adds nothing
    facts = models.JSONField(default=dict)
    path = models.CharField(max_length=200, blank=True)  # of the page it leads to
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    problem = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ("created_at",)
        constraints: ClassVar = [
            TenantUnique(fields=["recipient", "once_key"], name="internal_notice_once")
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["tenant_id", "created_at"],
                name="internal_notice_to_send",
                condition=Q(sent_at=None),
            )
        ]

    def __str__(self) -> str:
        return self.code
