"""What sales and finance agree about a customer: who is told before a message leaves, and how with whom to be careful.

A message to a protected customer or contact waits until its sales representative could object (R43). A delicate
relationship makes a person look at every message (R47).
"""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from dunning.models.dated import DatedQuerySet
from dunning.models.outbox import Reminder
from dunning.models.promises import Ruling
from dunning.rules.sales import Care as CareRule
from kernel.tenancy import TenantForeignKey, TenantModel, TenantUnique
from ledger.models import Contact, Customer


class Care(models.TextChoices):
    """What is asked of whoever writes to a customer."""

    PROTECTED = CareRule.PROTECTED.value, _("Sales are told before a message leaves")
    DELICATE = CareRule.DELICATE.value, _("Delicate relationship: a person looks at every message")


class ContactRuleQuerySet(DatedQuerySet["ContactRule"]):
    """Chainable filters of contact rules."""

    def agreed(self) -> "ContactRuleQuerySet":
        """Return those that need nobody's word any more."""
        return self.filter(ruling__in=[Ruling.NOT_NEEDED, Ruling.APPROVED])

    def to_agree(self) -> "ContactRuleQuerySet":
        """Return what sales proposed and nobody ruled on."""
        return self.filter(ruling=Ruling.PENDING, ended_date=None)


class ContactRule(TenantModel):
    """A customer, or one of his contacts, to be treated with care from a day on, with a reason and an author."""

    customer = TenantForeignKey(Customer, related_name="contact_rules")
    contact = TenantForeignKey(Contact, null=True, blank=True, related_name="contact_rules")
    kind = models.CharField(max_length=10, choices=Care.choices)
    reason = models.CharField(max_length=250)
    from_date = models.DateField()
    until_date = models.DateField(null=True, blank=True)  # included; empty: until it is lifted
    author = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    ruling = models.CharField(max_length=10, choices=Ruling.choices, blank=True)
    ruled_by = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    ruled_date = models.DateField(null=True, blank=True)
    ended_date = models.DateField(null=True, blank=True)  # lifted early: this day counts no more
    ended_by = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ContactRuleQuerySet.as_manager()

    class Meta:
        ordering = ("-from_date", "-created_at")
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(reason=""), name="contact_rule_with_reason"),
            models.CheckConstraint(
                condition=Q(until_date__gte=F("from_date")), name="contact_rule_until_after_from"
            ),
            models.CheckConstraint(
                condition=Q(contact=None) | Q(kind="protected"),
                name="contact_rule_of_contact_protects",
            ),
            models.CheckConstraint(
                condition=Q(ruled_by=None) | ~Q(ruled_by=F("author")),
                name="contact_rule_s1_two_people",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["tenant_id", "customer"], name="contact_rule_by_customer")
        ]

    def __str__(self) -> str:
        return self.reason


class RepAnswer(models.TextChoices):
    """What the sales representative said."""

    NONE = "", _("Not answered")
    FINE = "fine", _("Fine, let it go")
    OBJECTED = "objected", _("Objected")


class ObjectionRuling(models.TextChoices):
    """What finance decided about an objection."""

    NONE = "", _("To decide")
    LET_GO = "let_go", _("Leaves all the same")
    CANCELLED = "cancelled", _("Does not leave")
    PAUSED = "paused", _("Paused")


class DepartureNotice(TenantModel):
    """One message to a protected customer: whom in sales it was told, until when he may object, what came of it.

    Without an answer it leaves after `deadline`. `told` is empty when nobody in sales can be told: then a person
    of finance lets it go.
    """

    reminder = TenantForeignKey(
        Reminder, on_delete=models.CASCADE, related_name="departure_notices"
    )
    customer = TenantForeignKey(Customer, related_name="+")
    told = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    is_stand_in = models.BooleanField(default=False)  # the manager, for want of the representative
    told_at = models.DateTimeField()
    deadline = models.DateTimeField()
    answer = models.CharField(max_length=10, choices=RepAnswer.choices, blank=True)
    words = models.CharField(max_length=500, blank=True)
    answered_by = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    answered_at = models.DateTimeField(null=True, blank=True)
    decision = models.CharField(max_length=10, choices=ObjectionRuling.choices, blank=True)
    decision_words = models.CharField(max_length=500, blank=True)
    decided_by = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("deadline", "id")
        constraints: ClassVar = [
            TenantUnique(fields=["reminder"], name="departure_notice_once"),
            models.CheckConstraint(
                condition=~Q(answer="objected") | ~Q(words=""),
                name="departure_notice_objection_with_reason",
            ),
            models.CheckConstraint(
                condition=Q(decision="") | (Q(answer="objected") & ~Q(decision_words="")),
                name="departure_notice_decision_with_reason",
            ),
            models.CheckConstraint(
                condition=Q(decided_by=None) | ~Q(decided_by=F("answered_by")),
                name="departure_notice_two_people",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["tenant_id", "told", "deadline"],
                name="departure_notice_open",
                condition=Q(answer=""),
            ),
            models.Index(
                fields=["tenant_id", "customer"],
                name="departure_notice_to_decide",
                condition=Q(answer="objected", decision=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reminder_id}"


class Clarity(TenantModel):
    """What the reader of a reminder said about it: clear or not. One answer a reminder, the last one counts."""

    reminder = TenantForeignKey(Reminder, on_delete=models.CASCADE, related_name="clarities")
    customer = TenantForeignKey(Customer, related_name="+")
    is_clear = models.BooleanField()
    words = models.CharField(max_length=500, blank=True)
    answered_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [TenantUnique(fields=["reminder"], name="clarity_once")]

    def __str__(self) -> str:
        return f"{self.is_clear}"


class SideMailKind(models.TextChoices):
    """What a mail besides the reminders is for."""

    DEPARTURE = "departure", _("A message to a protected customer is about to leave")
    OBJECTION = "objection", _("Sales object to a message")
    DECISION = "decision", _("What became of an objection")
    QUESTION = "question", _("Question to sales")
    QUESTION_LATE = "late", _("Question to sales without an answer")
    QUESTION_BACK = "back", _("Question to sales that came back")
    ANSWER = "answer", _("Answer of sales")
    PROMISE_RECAP = "promise", _("Recap of a promise")
    DEADLINES = "deadlines", _("Alerts of the legal clock")
    ESCALATION = "escalation", _("Customers who get very late")
    COPIES = "copies", _("Copies of invoices that were asked for")
    HOLD = "hold", _("A hold is about to fall")


class SideMailState(models.TextChoices):
    """Where a mail besides the reminders is."""

    WAITING = "waiting", _("Ready to leave")
    SENDING = "sending", _("Being handed over")
    SENT = "sent", _("Sent")
    FAILED = "failed", _("Failed")
    DROPPED = "dropped", _("Not sent")


class SideMail(TenantModel):
    """A mail besides the reminders, written when it was decided: to a colleague, or to a customer who promised.

    It is no contact of the chase: neither gap nor cap counts it. `key` says what it is about, once.
    """

    kind = models.CharField(max_length=10, choices=SideMailKind.choices)
    key = models.CharField(max_length=120)
    member = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    contact = TenantForeignKey(Contact, null=True, blank=True, related_name="+")
    customer = TenantForeignKey(Customer, related_name="side_mails")
    object_id = models.UUIDField()
    recipient = models.EmailField()
    reply_to = models.EmailField(blank=True)
    subject = models.CharField(max_length=300)
    text = models.TextField()
    html = models.TextField(blank=True)
    files = models.JSONField(
        default=list, db_default=[]
    )  # identifiers of documents' files that travel with it
    leaves_at = models.DateTimeField()
    state = models.CharField(
        max_length=10, choices=SideMailState.choices, default=SideMailState.WAITING
    )
    attempt = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    problem = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-created_at",)
        constraints: ClassVar = [
            TenantUnique(fields=["key"], name="side_mail_once"),
            models.CheckConstraint(
                condition=Q(member=None, contact__isnull=False)
                | Q(member__isnull=False, contact=None),
                name="side_mail_to_one_person",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["tenant_id", "leaves_at"],
                name="side_mail_to_leave",
                condition=Q(state__in=["waiting", "sending"]),
            ),
            models.Index(fields=["tenant_id", "object_id"], name="side_mail_by_object"),
        ]

    def __str__(self) -> str:
        return self.subject


class ContactSettings(TenantModel):
    """What a tenant has chosen about messages besides the reminders."""

    sends_recap = models.BooleanField(default=True)  # whether the switch beside a promise is on

    class Meta:
        constraints: ClassVar = [TenantUnique(fields=[], name="contact_settings_once")]

    def __str__(self) -> str:
        return f"{self.sends_recap}"
