"""The tenant's own texts of messages: one series of versions per register and language, above those we ship."""

from typing import ClassVar, Self

from django.db import models
from django.db.models import F, Q

from accounts.models import Membership
from dunning.models.scenarios import Register
from dunning.rules.content import MessageTemplate
from kernel.tenancy import TenantForeignKey, TenantModel, TenantUnique


class MessageTextQuerySet(models.QuerySet["MessageText"]):
    """Chainable filters of texts."""

    def published(self) -> Self:
        """Return the versions that are or were in force."""
        return self.filter(is_draft=False)


class MessageText(TenantModel):
    """A version of what a register says in one language: a draft until it is published, then never changed."""

    register = models.CharField(max_length=15, choices=Register.choices)
    language = models.CharField(max_length=2)
    number = models.PositiveSmallIntegerField(default=1)
    is_draft = models.BooleanField(default=True)
    subject = models.CharField(max_length=300)
    preview = models.CharField(max_length=300, blank=True)  # beside the subject, in mail programs
    body = models.TextField()
    blocks = models.JSONField(default=list)  # the optional blocks switched on
    written_by = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    authors = models.JSONField(default=list)  # everybody who wrote in the draft: none may publish
    rendered_for = models.JSONField(
        default=list
    )  # ids of the customers it was shown on as it stands now; S10 wants three
    published_by = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    published_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)

    objects = MessageTextQuerySet.as_manager()

    class Meta:
        ordering = ("register", "language", "-number")
        constraints: ClassVar = [
            TenantUnique(
                fields=["register", "language", "number"], name="message_text_number_unique"
            ),
            TenantUnique(
                fields=["register", "language"],
                name="message_text_one_draft",
                condition=Q(is_draft=True),
            ),
            models.CheckConstraint(
                condition=Q(is_draft=True, published_by=None, published_at=None)
                | Q(is_draft=False, published_by__isnull=False, published_at__isnull=False),
                name="message_text_published_by_somebody",
            ),
            models.CheckConstraint(
                condition=~Q(published_by=F("written_by")), name="message_text_s10_two_people"
            ),
            models.CheckConstraint(condition=~Q(language=""), name="message_text_in_a_language"),
        ]

    def __str__(self) -> str:
        return f"{self.register} {self.language} {self.number}"

    def as_template(self) -> MessageTemplate:
        """Return this version as the value messages are composed with."""
        return MessageTemplate(
            subject=self.subject,
            preview=self.preview,
            body=self.body,
            blocks=tuple(self.blocks),
            version_id=str(self.pk),
            number=self.number,
        )
