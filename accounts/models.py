"""Tables of who acts. `Tenant` and `User` stand outside the wall of one tenant; all else is inside."""

from datetime import timedelta
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kernel.identifiers import uuid7
from kernel.tenancy import TenantForeignKey, TenantModel, TenantUnique


class Language(models.TextChoices):
    """The languages of pages, messages and documents."""

    FRENCH = "fr", _("French")
    ENGLISH = "en", _("English")


class Theme(models.TextChoices):
    """The colours of the pages."""

    SYSTEM = "system", _("As the system")
    LIGHT = "light", _("Light")
    DARK = "dark", _("Dark")


class Tenant(models.Model):
    """A client of ours: a company or group that sells to companies. Walled by its own id."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=200)
    country = models.CharField(max_length=2, default="FR")
    currency = models.CharField(max_length=3, default="EUR")
    language = models.CharField(max_length=2, choices=Language.choices, default=Language.FRENCH)
    time_zone = models.CharField(max_length=50, default="Europe/Paris")
    is_solo = models.BooleanField(default=False)  # S14: one or two users, chosen openly
    is_demo = models.BooleanField(
        default=False, db_default=False
    )  # invented data: on a demo machine anybody may sign in as its people
    is_second_factor_required = models.BooleanField(
        default=True, db_default=True
    )  # D14, for the roles named in accounts/rules/second_factor.py
    second_factor_grace_days = models.PositiveSmallIntegerField(default=14, db_default=14)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name


class UserManager(BaseUserManager["User"]):
    """Makes users by e-mail address."""

    def create_user(self, email: str, password: str | None = None, **extra: Any) -> "User":
        """Create a user who signs in with `email`; without a password he sets one by the link he is sent."""
        user = self.model(email=self.normalize_email(email).lower(), **extra)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> "User":
        """Return the user of an address, whatever its case."""
        return self.get(email__iexact=username)


class User(AbstractBaseUser, PermissionsMixin):
    """A person who signs in; belongs to tenants through memberships."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=150, blank=True)
    language = models.CharField(max_length=2, choices=Language.choices, default=Language.FRENCH)
    theme = models.CharField(max_length=6, choices=Theme.choices, default=Theme.SYSTEM)
    has_shortcuts = models.BooleanField(
        default=True
    )  # WCAG 2.1.4: single-key shortcuts can be turned off
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    def __str__(self) -> str:
        return self.name or self.email

    def get_full_name(self) -> str:
        """Return the name shown to colleagues."""
        return self.name or self.email


class ScopeKind(models.TextChoices):
    """The levels of the scope tree, from the top."""

    GROUP = "group", _("Group")
    COUNTRY = "country", _("Country")
    ENTITY = "entity", _("Entity")
    PORTFOLIO = "portfolio", _("Portfolio")


class Scope(TenantModel):
    """A node of group › country › entity › portfolio; rights and figures are inherited downwards by `path`."""

    parent = TenantForeignKey("self", null=True, blank=True, related_name="children")
    kind = models.CharField(max_length=10, choices=ScopeKind.choices)
    code = models.CharField(max_length=40)
    name = models.CharField(max_length=200)
    path = models.CharField(
        max_length=250
    )  # "/" for the group, then "/FR/", "/FR/ALO/", "/FR/ALO/NORD/"

    class Meta:
        ordering = ("path",)
        constraints: ClassVar = [
            TenantUnique(fields=["path"], name="scope_path_unique"),
            models.CheckConstraint(
                condition=Q(kind=ScopeKind.GROUP, parent=None)
                | (~Q(kind=ScopeKind.GROUP) & Q(parent__isnull=False)),
                name="scope_group_is_the_root",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class MembershipState(models.TextChoices):
    """Where a colleague stands: named in a file, invited, at work, or gone."""

    LISTED = "listed", _("Named in a file, no access")
    INVITED = "invited", _("Invited")
    ACTIVE = "active", _("Active")
    LEFT = "left", _("Left")


class Membership(TenantModel):
    """A colleague in a tenant. An import may name one who has no login yet: then `user` is empty."""

    user = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    email = models.EmailField(blank=True)
    name = models.CharField(max_length=150)
    phone = models.CharField(max_length=30, blank=True)
    state = models.CharField(
        max_length=8, choices=MembershipState.choices, default=MembershipState.LISTED
    )
    manager = TenantForeignKey("self", null=True, blank=True, related_name="team")
    invited_at = models.DateTimeField(null=True, blank=True)
    joined_at = models.DateTimeField(null=True, blank=True)
    left_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("name",)
        constraints: ClassVar = [
            TenantUnique(fields=["user"], name="membership_once_per_user"),
            TenantUnique(
                fields=["email"], name="membership_once_per_email", condition=~Q(email="")
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def key(self) -> str:
        """Return what names the person in figures: the e-mail address, or the name when a file gave no address."""
        return self.email or self.name


class RoleGrant(TenantModel):
    """A role of a colleague at a node of the scope tree, inherited by everything below it."""

    membership = TenantForeignKey(Membership, related_name="grants")
    role = models.CharField(max_length=30)
    scope = TenantForeignKey(Scope, related_name="+")
    reach = models.CharField(max_length=1, blank=True, null=True)  # noqa: DJ001  null keeps the matrix, "" means all
    granted_by = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    granted_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [
            TenantUnique(fields=["membership", "role", "scope"], name="role_grant_once"),
            models.CheckConstraint(
                condition=~Q(granted_by=models.F("membership")), name="role_grant_s6_not_to_oneself"
            ),
        ]


class Invitation(TenantModel):
    """An invitation by e-mail; only the hash of its secret is kept."""

    membership = TenantForeignKey(Membership, related_name="invitations")
    secret_hash = models.CharField(max_length=64)
    invited_by = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            TenantUnique(fields=["secret_hash"], name="invitation_secret_unique")
        ]


class ApiToken(TenantModel):
    """A client's key to the API. It acts for a named owner, with at most his rights, for 12 months at most (S12)."""

    name = models.CharField(max_length=100)
    owner = TenantForeignKey(Membership, related_name="api_tokens")
    prefix = models.CharField(max_length=12)
    secret_hash = models.CharField(max_length=64)
    scopes = models.JSONField(
        default=list
    )  # names of permissions, a subset of the API column of the matrix
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-created_at",)
        constraints: ClassVar = [
            TenantUnique(fields=["secret_hash"], name="api_token_secret_unique")
        ]

    def __str__(self) -> str:
        return self.name


class IdempotentRequest(TenantModel):
    """An answer kept for 72 hours, so that a repeated request gets it again instead of acting twice (P3)."""

    key = models.CharField(max_length=256)
    method = models.CharField(max_length=6)
    path = models.CharField(max_length=500)
    body_digest = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(
        null=True, blank=True
    )  # empty while the first request is in flight
    answer = models.JSONField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [TenantUnique(fields=["key"], name="idempotent_request_key_unique")]


class SavedView(TenantModel):
    """A list's filter, sort, columns and density, kept under a name as a tab."""

    membership = TenantForeignKey(Membership, related_name="+")
    page = models.CharField(max_length=40)
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=1000)
    is_shared = models.BooleanField(default=False)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ("position", "name")
        constraints: ClassVar = [
            TenantUnique(fields=["membership", "page", "name"], name="saved_view_name_unique")
        ]

    def __str__(self) -> str:
        return self.name


class AuditEvent(TenantModel):
    """One link of a tenant's hash chain; only the database function `sec.append_audit` writes it."""

    sequence = models.BigIntegerField()
    at = models.DateTimeField()
    actor = models.CharField(
        max_length=100
    )  # membership id, "system", or "token:" with its id: no personal data
    action = models.CharField(max_length=80)
    object_kind = models.CharField(max_length=40, blank=True)
    object_id = models.CharField(max_length=60, blank=True)
    details = models.JSONField(default=dict)
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        ordering = ("-sequence",)
        constraints: ClassVar = [
            TenantUnique(fields=["sequence"], name="audit_event_sequence_unique")
        ]


class SoloActState(models.TextChoices):
    """Where an act stands that waits for the legal representative (S14)."""

    WAITING = "waiting", _("Waits for the legal representative")
    CONFIRMED = "confirmed", _("Confirmed under single control")
    REFUSED = "refused", _("Refused by the legal representative")
    FAILED = "failed", _("No longer possible")
    LAPSED = "lapsed", _("Never confirmed")


class SoloRepresentative(TenantModel):
    """Whose mailbox stands in for the second person in solo mode; in force from an instant, the latest counts (S14).

    `seat` is the colleague without a login whose name stands as the second person in every row, so that no constraint
    of two people is lifted.
    """

    name = models.CharField(max_length=150)
    email = models.EmailField()
    seat = TenantForeignKey(Membership, related_name="+")
    chosen_by = TenantForeignKey(Membership, related_name="+")
    chosen_at = models.DateTimeField()
    in_force_at = models.DateTimeField()

    class Meta:
        ordering = ("-in_force_at",)
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~Q(seat=models.F("chosen_by")), name="solo_seat_is_another"
            )
        ]

    def __str__(self) -> str:
        return self.name


class SoloAct(TenantModel):
    """What somebody alone wanted to approve: done as he asked for it, after 24 hours and by a mailbox's word (S14)."""

    asked_by = TenantForeignKey(Membership, related_name="+")
    representative = TenantForeignKey(SoloRepresentative, related_name="acts")
    code = models.CharField(max_length=60)  # of the refusal it was met with
    words = models.CharField(max_length=500)  # that refusal: it says what about
    path = models.CharField(max_length=300)
    fields = models.JSONField(default=list)  # pairs of a name and a value, as they were posted
    question = models.CharField(max_length=64)  # equal for the same act asked for twice
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField()  # not before
    lapses_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True, blank=True)
    state = models.CharField(
        max_length=9, choices=SoloActState.choices, default=SoloActState.WAITING
    )
    ended_at = models.DateTimeField(null=True, blank=True)
    problem = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ("-asked_at",)
        constraints: ClassVar = [
            TenantUnique(
                fields=["question"],
                name="solo_act_once_at_a_time",
                condition=Q(state="waiting"),
            ),
            models.CheckConstraint(
                condition=Q(due_at__gte=models.F("asked_at") + timedelta(hours=24)),
                name="solo_act_waits_a_day",
            ),
            models.CheckConstraint(
                condition=~Q(state="confirmed") | Q(ended_at__gte=models.F("due_at")),
                name="solo_act_confirmed_after_a_day",
            ),
        ]

    def __str__(self) -> str:
        return self.code
