"""The credit committee: who sits in it, its sessions with their files, and one vote of each seat on each file (R4)."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import pgettext_lazy

from accounts.models import Membership, Scope
from credit.models.requests import CreditRequest, RequestStep
from kernel.tenancy import TenantForeignKey, TenantModel, TenantUnique
from ledger.models import Customer


class Committee(TenantModel):
    """A committee; it takes the files of its scope unless another one sits nearer to them in the tree."""

    code = models.SlugField(max_length=40)
    name = models.CharField(max_length=120)
    scope = TenantForeignKey(Scope, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        ordering = ("name",)
        constraints: ClassVar = [TenantUnique(fields=["code"], name="committee_code_unique")]

    def __str__(self) -> str:
        return self.name


class CommitteeVersion(TenantModel):
    """Who sits and how many it takes: a proposal until another person puts it in force, then never changed (S10)."""

    committee = TenantForeignKey(Committee, related_name="versions")
    number = models.PositiveSmallIntegerField()
    is_draft = models.BooleanField(default=True)
    quorum = models.PositiveSmallIntegerField()
    arbiter = TenantForeignKey(Membership, related_name="+")
    deputy_arbiter = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    written_by = TenantForeignKey(Membership, related_name="+")
    written_at = models.DateTimeField()
    published_by = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    published_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-number",)
        constraints: ClassVar = [
            TenantUnique(fields=["committee", "number"], name="committee_version_number_unique"),
            TenantUnique(
                fields=["committee"], name="committee_one_draft", condition=Q(is_draft=True)
            ),
            models.CheckConstraint(
                condition=Q(is_draft=True, published_by=None)
                | Q(is_draft=False, published_by__isnull=False, published_at__isnull=False),
                name="committee_version_published_by_a_person",
            ),
            models.CheckConstraint(
                condition=~Q(published_by=F("written_by")), name="committee_s10_two_people"
            ),
            models.CheckConstraint(
                condition=~Q(deputy_arbiter=F("arbiter")), name="committee_deputy_is_another"
            ),
            models.CheckConstraint(condition=Q(quorum__gte=2), name="committee_quorum_of_two"),
        ]

    def __str__(self) -> str:
        return f"{self.committee_id} {self.number}"


class CommitteeSeat(TenantModel):
    """A seat of a version: a named member, and who sits in his stead."""

    version = TenantForeignKey(CommitteeVersion, on_delete=models.CASCADE, related_name="seats")
    position = models.PositiveSmallIntegerField()
    member = TenantForeignKey(Membership, related_name="+")
    substitute = TenantForeignKey(Membership, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ("position",)
        constraints: ClassVar = [
            TenantUnique(fields=["version", "position"], name="committee_seat_position_unique"),
            TenantUnique(fields=["version", "member"], name="committee_seat_member_once"),
            models.CheckConstraint(
                condition=~Q(substitute=F("member")), name="committee_substitute_is_another"
            ),
        ]

    def __str__(self) -> str:
        return str(self.member_id)


class SessionState(models.TextChoices):
    """Where a session stands."""

    PREPARING = "preparing", pgettext_lazy("committee session", "Being prepared")
    CALLED = "called", pgettext_lazy("committee session", "Voting")
    CLOSED = "closed", pgettext_lazy("committee session", "Closed")
    CANCELLED = "cancelled", pgettext_lazy("committee session", "Cancelled")


class CommitteeSession(TenantModel):
    """One sitting; quorum, arbiter and seats are copied when it is called, so that no later change reaches it."""

    committee = TenantForeignKey(Committee, related_name="sessions")
    version = TenantForeignKey(CommitteeVersion, null=True, blank=True, related_name="+")
    state = models.CharField(
        max_length=9, choices=SessionState.choices, default=SessionState.PREPARING
    )
    meets_at = models.DateTimeField()
    place = models.CharField(max_length=200, blank=True)
    closes_at = models.DateTimeField()  # no vote from this instant on
    quorum = models.PositiveSmallIntegerField(default=1)
    arbiter = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    deputy_arbiter = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    created_by = TenantForeignKey(Membership, related_name="+")
    created_at = models.DateTimeField()
    called_by = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    called_at = models.DateTimeField(null=True, blank=True)
    closed_by = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-meets_at",)
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~Q(state="closed") | Q(closed_at__isnull=False, closed_by__isnull=False),
                name="committee_session_closed_by_a_person",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["called", "closed"])
                | Q(called_at__isnull=False, version__isnull=False, arbiter__isnull=False),
                name="committee_session_called_with_seats",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["tenant_id", "closes_at"],
                name="committee_session_open",
                condition=Q(state__in=["preparing", "called"]),
            )
        ]

    def __str__(self) -> str:
        return f"{self.committee_id} {self.meets_at:%Y-%m-%d}"


class SessionSeat(TenantModel):
    """A seat as it was when the session was called."""

    session = TenantForeignKey(CommitteeSession, on_delete=models.CASCADE, related_name="seats")
    position = models.PositiveSmallIntegerField()
    member = TenantForeignKey(Membership, related_name="+")
    substitute = TenantForeignKey(Membership, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ("position",)
        constraints: ClassVar = [
            TenantUnique(fields=["session", "position"], name="session_seat_position_unique")
        ]

    def __str__(self) -> str:
        return str(self.member_id)


class FileSource(models.TextChoices):
    """Why a file is before the committee."""

    CIRCUIT = "circuit", pgettext_lazy("committee file", "By its circuit")
    REVIEW = "review", pgettext_lazy("committee file", "Review")
    HAND = "hand", pgettext_lazy("committee file", "Flagged by a colleague")


class Measure(models.TextChoices):
    """What the committee is asked about a file."""

    REQUEST = "request", pgettext_lazy("committee file", "Grant what is asked for")
    HOLD = "hold", pgettext_lazy("committee file", "Put on hold")
    LOWER = "lower", pgettext_lazy("committee file", "Lower the limit")
    DISCUSS = "discuss", pgettext_lazy("committee file", "Agree what to do")


class FileState(models.TextChoices):
    """Where a file stands before the committee."""

    WAITING = "waiting", pgettext_lazy("committee file", "Waits for a session")
    ON_AGENDA = "on_agenda", pgettext_lazy("committee file", "On the agenda")
    ARBITRATION = "arbitration", pgettext_lazy("committee file", "No consensus, to arbitration")
    CLOSED = "closed", pgettext_lazy("committee file", "Decided")
    POSTPONED = "postponed", pgettext_lazy("committee file", "Postponed")
    DROPPED = "dropped", pgettext_lazy("committee file", "Not needed any more")


LIVE_FILES = (FileState.WAITING, FileState.ON_AGENDA)
VOTED_FILES = (FileState.ARBITRATION, FileState.CLOSED)


class AgendaFile(TenantModel):
    """A file flagged for the committee: a request at its committee step, or a customer a colleague names.

    `amount` is what is asked for, tax included: the request's, or the limit a customer would be lowered to.
    """

    committee = TenantForeignKey(Committee, related_name="files")
    session = TenantForeignKey(CommitteeSession, null=True, blank=True, related_name="files")
    position = models.PositiveSmallIntegerField(default=0)
    source = models.CharField(max_length=7, choices=FileSource.choices)
    measure = models.CharField(max_length=7, choices=Measure.choices)
    state = models.CharField(max_length=11, choices=FileState.choices, default=FileState.WAITING)
    step = TenantForeignKey(RequestStep, null=True, blank=True, related_name="agenda_files")
    request = TenantForeignKey(CreditRequest, null=True, blank=True, related_name="agenda_files")
    customer = TenantForeignKey(Customer, null=True, blank=True, related_name="agenda_files")
    name = models.CharField(max_length=250)
    reference = models.CharField(
        max_length=60
    )  # typed to confirm a vote by link: DC number or code
    amount = models.DecimalField(max_digits=19, decimal_places=4, null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    reason = models.CharField(max_length=1000, blank=True)  # of who flagged it
    flagged_by = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    flagged_at = models.DateTimeField()

    result = models.CharField(max_length=12, blank=True)  # credit.rules.committee.Result
    granted_amount = models.DecimalField(max_digits=19, decimal_places=4, null=True, blank=True)
    deposit = models.DecimalField(max_digits=5, decimal_places=4, null=True, blank=True)
    needs_guarantee = models.BooleanField(default=False)
    review_months = models.PositiveSmallIntegerField(null=True, blank=True)
    conditions = models.TextField(blank=True)
    words = models.TextField(blank=True)  # shared with who asked
    closed_by = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    closed_at = models.DateTimeField(null=True, blank=True)
    arbitrated_by = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    arbitrated_at = models.DateTimeField(null=True, blank=True)
    is_upheld = models.BooleanField(null=True, blank=True)  # by the arbiter
    arbitration_words = models.TextField(blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)  # what follows was done

    class Meta:
        ordering = ("position", "flagged_at")
        constraints: ClassVar = [
            TenantUnique(
                fields=["step"],
                name="agenda_file_step_once",
                condition=Q(state__in=LIVE_FILES),
            ),
            TenantUnique(
                fields=["customer", "measure"],
                name="agenda_file_customer_once",
                condition=Q(state__in=LIVE_FILES, request=None),
            ),
            models.CheckConstraint(
                condition=Q(measure="request", step__isnull=False, request__isnull=False)
                | (~Q(measure="request") & Q(customer__isnull=False, flagged_by__isnull=False)),
                name="agenda_file_of_something",
            ),
            models.CheckConstraint(
                condition=Q(source__in=["circuit", "review"]) | ~Q(reason=""),
                name="agenda_file_flagged_with_reason",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=VOTED_FILES)
                | Q(closed_at__isnull=False, closed_by__isnull=False),
                name="agenda_file_closed_by_a_person",
            ),
            models.CheckConstraint(
                condition=Q(measure="request")
                | (~Q(closed_by=F("flagged_by")) & ~Q(arbitrated_by=F("flagged_by"))),
                name="agenda_file_s1_two_people",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["tenant_id", "session"], name="agenda_file_by_session"),
            models.Index(fields=["tenant_id", "request"], name="agenda_file_by_request"),
            models.Index(
                fields=["tenant_id", "closed_at"],
                name="agenda_file_to_settle",
                condition=Q(state__in=VOTED_FILES, settled_at=None),
            ),
        ]

    def __str__(self) -> str:
        return self.reference


class CommitteeVote(TenantModel):
    """One seat's vote on one file, for good: who asked along the chain is copied, so that a CHECK holds S1."""

    file = TenantForeignKey(AgendaFile, related_name="votes")
    seat = TenantForeignKey(SessionSeat, related_name="votes")
    voter = TenantForeignKey(Membership, related_name="+")
    on_behalf_of = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    position = models.CharField(
        max_length=10,
        choices=[
            ("yes", pgettext_lazy("vote", "For")),
            ("conditions", pgettext_lazy("vote", "For, with conditions")),
            ("no", pgettext_lazy("vote", "Against")),
            ("abstain", pgettext_lazy("vote", "Abstains")),
        ],
    )
    amount = models.DecimalField(max_digits=19, decimal_places=4, null=True, blank=True)
    deposit = models.DecimalField(max_digits=5, decimal_places=4, null=True, blank=True)
    needs_guarantee = models.BooleanField(default=False)
    review_months = models.PositiveSmallIntegerField(null=True, blank=True)
    conditions = models.CharField(max_length=500, blank=True)
    reason = models.CharField(max_length=1000, blank=True)
    is_by_link = models.BooleanField(default=False)
    at = models.DateTimeField()
    requested_by = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    first_requester = TenantForeignKey(Membership, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ("at",)
        constraints: ClassVar = [
            TenantUnique(fields=["file", "seat"], name="committee_vote_once_per_seat"),
            TenantUnique(fields=["file", "voter"], name="committee_vote_once_per_person"),
            models.CheckConstraint(
                condition=~Q(voter=F("requested_by")) & ~Q(voter=F("first_requester")),
                name="committee_vote_s1_two_people",
            ),
            models.CheckConstraint(
                condition=~Q(on_behalf_of=F("requested_by"))
                & ~Q(on_behalf_of=F("first_requester")),
                name="committee_vote_s13_delegator",
            ),
            models.CheckConstraint(
                condition=Q(position="yes") | ~Q(reason=""), name="committee_vote_reasoned"
            ),
        ]

    def __str__(self) -> str:
        return self.position


class VoteLink(TenantModel):
    """What a personal address to vote opens: one file, one seat, one person. Its signature is kept nowhere."""

    file = TenantForeignKey(AgendaFile, related_name="links")
    seat = TenantForeignKey(SessionSeat, related_name="links")
    person = TenantForeignKey(Membership, related_name="+")
    made_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("made_at",)
        constraints: ClassVar = [
            TenantUnique(fields=["file", "seat", "person"], name="vote_link_once")
        ]

    def __str__(self) -> str:
        return str(self.pk)


class TaskKind(models.TextChoices):
    """What a decision of the committee asks somebody to do."""

    DEPOSIT = "deposit", pgettext_lazy("committee task", "Collect a deposit")
    GUARANTEE = "guarantee", pgettext_lazy("committee task", "Obtain a guarantee")
    OTHER = "other", pgettext_lazy("committee task", "See to a condition")


class CommitteeTask(TenantModel):
    """Something a decision asks of a named person; the row is made by the decision itself."""

    file = TenantForeignKey(AgendaFile, related_name="tasks")
    customer = TenantForeignKey(Customer, null=True, blank=True, related_name="committee_tasks")
    kind = models.CharField(max_length=9, choices=TaskKind.choices)
    share = models.DecimalField(max_digits=5, decimal_places=4, null=True, blank=True)
    words = models.TextField(blank=True)
    assignee = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    due_date = models.DateField()
    made_at = models.DateTimeField()
    done_by = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("due_date", "made_at")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(done_at=None, done_by=None)
                | Q(done_at__isnull=False, done_by__isnull=False),
                name="committee_task_done_by_a_person",
            )
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["tenant_id", "assignee", "due_date"],
                name="committee_task_open",
                condition=Q(done_at=None),
            )
        ]

    def __str__(self) -> str:
        return self.kind


class CommitteeMinutes(TenantModel):
    """The minutes of a closed session: numbered without a gap, every fact frozen with its digest; never changed."""

    session = TenantForeignKey(CommitteeSession, related_name="minutes")
    year = models.PositiveSmallIntegerField()
    sequence = models.PositiveIntegerField()
    snapshot = models.JSONField()
    digest = models.CharField(max_length=64)  # SHA-256 of the snapshot, keys in order
    frozen_at = models.DateTimeField()

    class Meta:
        ordering = ("-year", "-sequence")
        verbose_name_plural = "committee minutes"
        constraints: ClassVar = [
            TenantUnique(fields=["session"], name="committee_minutes_once"),
            TenantUnique(fields=["year", "sequence"], name="committee_minutes_number_unique"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        """The number people quote, `CC-2026-0007`."""
        return f"CC-{self.year}-{self.sequence:04d}"


class MinutesFile(TenantModel):
    """The minutes as a PDF in one language, drawn once from the frozen facts; never changed."""

    minutes = TenantForeignKey(CommitteeMinutes, related_name="papers")
    language = models.CharField(max_length=2)
    pdf = models.BinaryField()
    digest = models.CharField(max_length=64)  # SHA-256 of the bytes
    drawn_at = models.DateTimeField()

    class Meta:
        ordering = ("language",)
        constraints: ClassVar = [
            TenantUnique(fields=["minutes", "language"], name="minutes_file_once")
        ]

    def __str__(self) -> str:
        return self.language
