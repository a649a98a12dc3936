"""What customers write back, what mail servers report, and what either leaves for a person to do."""

from typing import ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Membership
from dunning.models.outbox import Reminder
from dunning.models.stops import Pause
from dunning.rules.delivery import EventKind as EventKindRule
from dunning.rules.machine_mail import Machine
from dunning.rules.suggestions import Intent
from kernel.tenancy import TenantForeignKey, TenantModel, TenantUnique
from ledger.models import Contact, Customer


class ReplyState(models.TextChoices):
    """Where a received message stands; only `to_decide` waits for somebody."""

    TO_DECIDE = "to_decide", pgettext_lazy("reply", "To decide")
    CONFIRMED = "confirmed", pgettext_lazy("reply", "Confirmed")
    DISMISSED = "dismissed", pgettext_lazy("reply", "Set aside")
    MACHINE = "machine", pgettext_lazy("reply", "Written by a machine")


class ReplyIntent(models.TextChoices):
    """What a reply means, as the rules suggest it and a person decides it."""

    PAID = Intent.PAID.value, pgettext_lazy("reply", "Says it is paid")
    PROMISE = Intent.PROMISE.value, pgettext_lazy("reply", "Promises to pay")
    DISPUTE = Intent.DISPUTE.value, pgettext_lazy("reply", "Contests")
    COPY = Intent.COPY.value, pgettext_lazy("reply", "Asks for a copy")
    WRONG_CONTACT = Intent.WRONG_CONTACT.value, pgettext_lazy("reply", "Is not the right person")
    OUT_OF_OFFICE = Intent.OUT_OF_OFFICE.value, pgettext_lazy("reply", "Is out of office")
    OTHER = Intent.OTHER.value, pgettext_lazy("reply", "Says something else")


class FoundBy(models.TextChoices):
    """How a message found its customer; empty while it waits among the unassigned."""

    TOKEN = "token", _("its reply address")
    THREAD = "thread", _("the message it answers")
    SENDER = "sender", _("its sender")
    PERSON = "person", _("a colleague")


class MachineKind(models.TextChoices):
    """Why a message is known to be written by a machine; empty: by a person."""

    DELIVERY_REPORT = Machine.DELIVERY_REPORT.value, _("Delivery report")
    COMPLAINT = Machine.COMPLAINT.value, _("Complaint report")
    OUT_OF_OFFICE = Machine.OUT_OF_OFFICE.value, _("Out-of-office message")
    AUTOMATIC = Machine.AUTOMATIC.value, _("Automatic answer")
    LIST = Machine.LIST.value, _("Mailing list")
    OURSELVES = Machine.OURSELVES.value, _("Sent by ourselves")
    FLOOD = Machine.FLOOD.value, _("Too many from one sender")


class ReplyQuerySet(models.QuerySet["Reply"]):
    """Chainable filters of received messages."""

    def waiting(self) -> Self:
        """Return those of known customers that a person has to decide about."""
        return self.filter(state=ReplyState.TO_DECIDE, customer__isnull=False)

    def unassigned(self) -> Self:
        """Return those nobody could be found for."""
        return self.filter(state=ReplyState.TO_DECIDE, customer=None)


class Reply(TenantModel):
    """A message that came in, as text, with what the rules make of it; nothing follows from it by itself."""

    event_key = models.CharField(max_length=64)  # SHA-256 of its Message-ID, else of its bytes
    source = models.CharField(max_length=10)  # webhook or imap
    received_at = models.DateTimeField()
    message_id = models.CharField(max_length=250, blank=True)
    sender_name = models.CharField(max_length=150, blank=True)
    sender_address = models.CharField(max_length=254, blank=True)
    subject = models.CharField(max_length=300, blank=True)
    text = models.TextField(blank=True)  # the whole of it, without markup
    words = models.TextField(blank=True)  # what is new in it: without quoted mail and signature
    authentication = models.JSONField(default=dict)  # spf, dkim, dmarc: as our own server found
    customer = TenantForeignKey(Customer, null=True, blank=True, related_name="replies")
    contact = TenantForeignKey(Contact, null=True, blank=True, related_name="replies")
    reminder = TenantForeignKey(Reminder, null=True, blank=True, related_name="replies")
    found_by = models.CharField(max_length=8, choices=FoundBy.choices, blank=True)
    machine = models.CharField(max_length=16, choices=MachineKind.choices, blank=True)
    state = models.CharField(
        max_length=10, choices=ReplyState.choices, default=ReplyState.TO_DECIDE
    )
    suggestion = models.CharField(max_length=14, choices=ReplyIntent.choices, blank=True)
    facts = models.JSONField(
        default=dict
    )  # of the suggestion: reasons (the words), date, amounts, documents, dispute_type, address
    ibans = models.JSONField(default=list)  # last four characters of those not ours and not known
    decision = models.CharField(max_length=14, choices=ReplyIntent.choices, blank=True)
    decided_by = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    pause = TenantForeignKey(Pause, null=True, blank=True, related_name="+")

    objects = ReplyQuerySet.as_manager()

    class Meta:
        ordering = ("-received_at",)
        constraints: ClassVar = [
            TenantUnique(fields=["event_key"], name="reply_once"),
            models.CheckConstraint(
                condition=~Q(state__in=["confirmed", "dismissed"]) | Q(decided_at__isnull=False),
                name="reply_decided_at_a_time",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["tenant_id", "-received_at"],
                name="reply_to_decide",
                condition=Q(state="to_decide"),
            ),
            models.Index(fields=["tenant_id", "customer", "-received_at"], name="reply_of_cust"),
            models.Index(
                fields=["tenant_id", "sender_address", "-received_at"], name="reply_by_sender"
            ),
        ]

    def __str__(self) -> str:
        return self.subject


class ReplyAttachment(TenantModel):
    """A file that came with a message; one kept in quarantine is never handed out."""

    reply = TenantForeignKey(Reply, on_delete=models.CASCADE, related_name="attachments")
    file_name = models.CharField(max_length=150)
    media_type = models.CharField(max_length=80)  # by its first bytes, not by what the sender says
    size = models.PositiveIntegerField()  # bytes
    digest = models.CharField(max_length=64)  # SHA-256
    content = models.BinaryField(null=True, blank=True)  # empty in quarantine
    quarantine = models.CharField(max_length=20, blank=True)  # why; empty: may be downloaded

    class Meta:
        ordering = ("file_name",)
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(quarantine="", content__isnull=False)
                | (~Q(quarantine="") & Q(content=None)),
                name="reply_attachment_quarantined_is_empty",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["tenant_id", "reply"], name="reply_attachment_by_reply")
        ]

    def __str__(self) -> str:
        return self.file_name


class EventKind(models.TextChoices):
    """What a mail server or provider reports about a message of ours."""

    DELIVERED = EventKindRule.DELIVERED.value, _("Delivered")
    HARD_BOUNCE = EventKindRule.HARD_BOUNCE.value, _("Address does not exist")
    SOFT_BOUNCE = EventKindRule.SOFT_BOUNCE.value, _("Not delivered for now")
    COMPLAINT = EventKindRule.COMPLAINT.value, _("Reported as unwanted")
    UNSUBSCRIBED = EventKindRule.UNSUBSCRIBED.value, _("Unsubscribed")
    UNDELIVERED = EventKindRule.UNDELIVERED.value, _("Did not arrive")
    REFUSED = EventKindRule.REFUSED.value, _("Refused by the addressee")
    NOT_CLAIMED = EventKindRule.NOT_CLAIMED.value, _("Not claimed by the addressee")


class DeliveryEvent(TenantModel):
    """One report, kept once however often it comes."""

    event_key = models.CharField(max_length=64)  # SHA-256 of the provider's own id
    kind = models.CharField(max_length=12, choices=EventKind.choices)
    reminder = TenantForeignKey(Reminder, related_name="delivery_events")
    recipient = models.CharField(max_length=254, blank=True)  # an address or a number
    occurred_at = models.DateTimeField()
    received_at = models.DateTimeField()
    detail = models.CharField(max_length=300, blank=True)  # the server's own words

    class Meta:
        ordering = ("-occurred_at",)
        constraints: ClassVar = [TenantUnique(fields=["event_key"], name="delivery_event_once")]
        indexes: ClassVar = [
            models.Index(fields=["tenant_id", "reminder"], name="delivery_event_by_reminder"),
            models.Index(
                fields=["tenant_id", "kind", "occurred_at"], name="delivery_event_by_kind"
            ),
        ]

    def __str__(self) -> str:
        return self.kind


class TaskKind(models.TextChoices):
    """What somebody has to do about a message."""

    BOUNCE = "bounce", _("Find a working address")
    COMPLAINT = "complaint", _("Choose another way to write")
    OPTED_OUT = "opted_out", _("Nobody left to write to")
    FRAUD = "fraud", _("Unknown bank details in a message")
    COPY = "copy", _("Send a copy of the invoice")
    CONTACT = "contact", _("Find the right person")
    PAYMENT = "payment", _("Look for the payment")
    UNDELIVERED = "undeliv", _("A message did not arrive: choose another way")
    MOVED = "moved", _("A message went to another contact: check that it suits")
    NOT_TAKEN = "not_taken", _("A registered e-letter was not taken: decide what follows")


class MailTask(TenantModel):
    """Something for a person that a message or a report asks for; at most one open of a kind and contact."""

    customer = TenantForeignKey(Customer, related_name="mail_tasks")
    kind = models.CharField(max_length=10, choices=TaskKind.choices)
    contact = TenantForeignKey(Contact, null=True, blank=True, related_name="+")
    alternative = TenantForeignKey(
        Contact, null=True, blank=True, related_name="+"
    )  # proposed, never written to by itself
    reminder = TenantForeignKey(Reminder, null=True, blank=True, related_name="+")
    reply = TenantForeignKey(Reply, null=True, blank=True, related_name="tasks")
    detail = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True, blank=True)
    done_by = TenantForeignKey(Membership, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ("created_at",)
        constraints: ClassVar = [
            TenantUnique(
                fields=["customer", "kind", "contact"],
                name="mail_task_once_per_contact",
                condition=Q(done_at=None, contact__isnull=False, reply=None),
            ),
            TenantUnique(
                fields=["reply", "kind"],
                name="mail_task_once_per_reply",
                condition=Q(reply__isnull=False),
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["tenant_id", "customer"],
                name="mail_task_open",
                condition=Q(done_at=None),
            )
        ]

    def __str__(self) -> str:
        return self.kind
