"""The charter in force, its draft and its versions; who has signed, and who has not."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from accounts.models import Membership, MembershipState, RoleGrant
from credit.models.charter import CharterSignature, CharterVersion
from kernel.permissions import Actor

OUTSIDE = "agency"  # works for us without being a colleague: neither reads nor signs our rules


def version_in_force(day: date) -> CharterVersion | None:
    """Return the version that holds on `day`, with its articles; None before the first was published."""
    return (
        CharterVersion.objects.filter(is_draft=False, published_date__lte=day)
        .order_by("-number")
        .prefetch_related("articles")
        .first()
    )


def draft() -> CharterVersion | None:
    """Return the draft with its articles; None when nobody writes one."""
    return (
        CharterVersion.objects.filter(is_draft=True)
        .select_related("written_by")
        .prefetch_related("articles")
        .first()
    )


def newest_published() -> CharterVersion | None:
    """Return the newest published version, with its articles; None before the first."""
    return (
        CharterVersion.objects.filter(is_draft=False)
        .order_by("-number")
        .prefetch_related("articles")
        .first()
    )


def published_versions() -> "QuerySet[CharterVersion]":
    """Return every published version, the newest first, each with `signed`: how many signed it."""
    # In a subquery: a version's key is not its id alone, so that it cannot be grouped by it.
    signed = (
        CharterSignature.objects.filter(version=OuterRef("pk"))
        .order_by()
        .values("version")
        .annotate(n=Count("pk"))
        .values("n")
    )
    return (
        CharterVersion.objects.filter(is_draft=False)
        .select_related("published_by", "written_by")
        .annotate(signed=Coalesce(Subquery(signed), 0))
        .order_by("-number")
    )


def author_names(version: CharterVersion) -> list[str]:
    """Return the names of all who wrote in a version."""
    return list(
        Membership.objects.filter(pk__in=version.authors)
        .order_by("name")
        .values_list("name", flat=True)
    )


def signers() -> "QuerySet[Membership]":
    """Return the colleagues who sign the charter: at work, with a sign-in and a role of the house."""
    has_role = RoleGrant.objects.filter(membership=OuterRef("pk")).exclude(role=OUTSIDE)
    return Membership.objects.filter(
        Exists(has_role), state=MembershipState.ACTIVE, user__isnull=False, user__is_active=True
    ).order_by("name")


@dataclass(frozen=True, slots=True)
class Signer:
    """A colleague and his signature under a version; `signed_at` is None where it is missing."""

    membership_id: UUID
    name: str
    signed_at: datetime | None
    digest: str


@dataclass(frozen=True, slots=True)
class Signing:
    """Who signed a version. Colleagues who left since keep their signature and count on both sides."""

    signers: tuple[Signer, ...]

    @property
    def signed(self) -> int:
        """Return how many signed."""
        return sum(1 for signer in self.signers if signer.signed_at is not None)

    @property
    def asked(self) -> int:
        """Return how many were asked to."""
        return len(self.signers)

    @property
    def missing(self) -> tuple[Signer, ...]:
        """Return those who have not signed."""
        return tuple(signer for signer in self.signers if signer.signed_at is None)


def signing_of(version: CharterVersion) -> Signing:
    """Return who signed `version` and who has still to."""
    signatures = {one.membership_id: one for one in version.signatures.all()}
    waiting = [
        Signer(member.pk, member.name, None, "")
        for member in signers()
        if member.pk not in signatures
    ]
    signed = [
        Signer(one.membership_id, one.name, one.signed_at, one.digest)
        for one in signatures.values()
    ]
    return Signing((*sorted(signed, key=lambda one: one.name), *waiting))


def to_sign(actor: Actor, day: date) -> CharterVersion | None:
    """Return the version in force that `actor` has still to sign; None when there is none, or when he need not."""
    if actor.membership_id is None or not set(actor.roles) - {OUTSIDE}:
        return None
    signed = CharterSignature.objects.filter(version=OuterRef("pk"), membership=actor.membership_id)
    version = (
        CharterVersion.objects.filter(is_draft=False, published_date__lte=day)
        .annotate(is_signed=Exists(signed))
        .order_by("-number")
        .first()
    )
    return None if version is None or version.is_signed else version
