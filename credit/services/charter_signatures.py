"""Sign the charter: each colleague for himself, each version anew; and remind those who have not."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import ClassVar

from django.utils.translation import gettext as _

from accounts.services import audit
from credit.models.charter import CharterSignature, CharterVersion
from credit.models.requests import InternalNotice
from credit.queries.charter import OUTSIDE, Signer, signing_of, version_in_force
from kernel.errors import Refused
from kernel.permissions import Actor

REMINDER = "charter_to_sign"


class SignatureRefused(Refused):
    """The charter cannot be signed so."""

    code: ClassVar[str] = "charter_signature_refused"


def sign(*, digest: str, actor: Actor, today: date, now: datetime) -> CharterSignature:
    """Sign the version in force in the actor's own name; `digest` names the text he read.

    Signing twice leaves the first signature. Raises SignatureRefused for a machine, an outsider, or a version that
    was replaced while it was read.
    """
    if actor.kind != "person" or actor.membership_id is None:
        raise SignatureRefused(
            _("The charter is signed by a person who signs in, never by a program.")
        )
    if not set(actor.roles) - {OUTSIDE}:
        raise SignatureRefused(_("Only colleagues with a role in the company sign its charter."))
    version = version_in_force(today)
    if version is None:
        raise SignatureRefused(_("No charter is published yet: there is nothing to sign."))
    if digest != version.digest:
        raise SignatureRefused(
            _(
                "Version %(number)s was published while you were reading. Read it, then sign it: nobody signs what he "
                "has not seen."
            )
            % {"number": version.number}
        )
    signature, is_new = CharterSignature.objects.get_or_create(
        version=version,
        membership_id=actor.membership_id,
        defaults={"name": actor.name, "signed_at": now, "digest": version.digest},
    )
    if is_new:
        audit.record(
            actor=actor,
            action="credit.sign_charter",
            object_kind="charter_version",
            object_id=version.pk,
            version=version.number,
            digest=version.digest,
        )
    return signature


def remind_unsigned(*, version: CharterVersion, actor: Actor, today: date, now: datetime) -> int:
    """Ask those who have not signed `version` by mail, once a day each at most; return how many are asked now."""
    asked = _ask(version, signing_of(version).missing, today=today, now=now)
    if asked:
        audit.record(
            actor=actor,
            action="credit.remind_charter",
            object_kind="charter_version",
            object_id=version.pk,
            version=version.number,
            asked=asked,
        )
    return asked


def _ask(version: CharterVersion, missing: Iterable[Signer], *, today: date, now: datetime) -> int:
    key = f"{REMINDER}:{version.number}:{today.isoformat()}"
    known = set(InternalNotice.objects.filter(once_key=key).values_list("recipient", flat=True))
    notices = [
        InternalNotice(
            recipient_id=signer.membership_id,
            code=REMINDER,
            once_key=key,
            facts={"version": version.number},
            path="/charter",
            created_at=now,
        )
        for signer in missing
        if signer.membership_id not in known
    ]
    InternalNotice.objects.bulk_create(notices, ignore_conflicts=True)
    return len(notices)
