"""Inviting a colleague: only the hash of the link's secret is kept, and the link lives seven days."""

import logging
import secrets
import smtplib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar
from uuid import UUID

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts.look_ups import hashed
from accounts.models import Invitation, Membership, MembershipState, Scope, Tenant, User
from accounts.ports import role_label
from accounts.services import audit
from accounts.services.roles import grant_role, lock_people
from accounts.services.solo import end_with_a_third
from kernel.errors import Refused
from kernel.permissions import Actor, Reach, system_actor

VALID_FOR = timedelta(days=7)

logger = logging.getLogger(__name__)


class AlreadyMember(Refused):
    """The person invited is already at work in this company."""

    code: ClassVar[str] = "already_member"


class InvitationOver(Refused):
    """The invitation was used, replaced or is too old."""

    code: ClassVar[str] = "invitation_over"


class InvitationForSomebodyElse(Refused):
    """The invitation names another address than the one signed in."""

    code: ClassVar[str] = "invitation_for_somebody_else"


class MailNotSent(Refused):
    """The mail server did not take the message."""

    code: ClassVar[str] = "mail_not_sent"
    status: ClassVar[int] = 503


@dataclass(frozen=True, slots=True)
class Invited:
    """An invitation just made; its secret exists here and in the message only."""

    invitation: Invitation
    secret: str

    @property
    def url(self) -> str:
        """Return the address of the page that accepts it."""
        return f"{settings.OTC_PUBLIC_URL}/invitation/{self.secret}"


def invite(
    *,
    email: str,
    name: str,
    role: str,
    scope: Scope,
    reach: Reach | None,
    actor: Actor,
    now: datetime,
) -> Invited:
    """Invite a person to the current tenant with a role at a node of its scope tree.

    A colleague named in an import is given access; one who had left may come back. Raises AlreadyMember and what
    `grant_role` raises.
    """
    lock_people()
    address = email.strip().lower()
    member = Membership.objects.filter(email__iexact=address).first() or Membership(email=address)
    if member.state == MembershipState.ACTIVE:
        raise AlreadyMember(
            _("%(email)s already works here as %(name)s. Add the role on that person's page.")
            % {"email": address, "name": member.name}
        )
    member.name = name or member.name or address
    member.state = MembershipState.INVITED
    member.invited_at = now
    member.save()
    grant_role(member=member, role=role, scope=scope, reach=reach, actor=actor)
    return invite_again(member=member, actor=actor, now=now)


def invite_again(*, member: Membership, actor: Actor, now: datetime) -> Invited:
    """Make a new invitation for a person who has not joined yet; links sent before stop working."""
    Invitation.objects.filter(membership=member, accepted_at=None, expires_at__gt=now).update(
        expires_at=now
    )
    secret = secrets.token_urlsafe(32)
    invitation = Invitation.objects.create(
        membership=member,
        secret_hash=hashed(secret),
        invited_by_id=actor.membership_id,
        expires_at=now + VALID_FOR,
    )
    audit.record(
        actor=actor,
        action="accounts.invite_member",
        object_kind="membership",
        object_id=member.pk,
        expires_at=invitation.expires_at,
    )
    return Invited(invitation, secret)


def send_invitation(invited: Invited, *, actor: Actor) -> None:
    """Send the message of an invitation. Raises MailNotSent, so that nothing is kept of one that never left."""
    member = invited.invitation.membership
    tenant = Tenant.objects.get()
    roles = [role_label(grant.role) for grant in member.grants.order_by("granted_at")]
    with override(tenant.language):
        context = {
            "name": member.name,
            "tenant": tenant.name,
            "inviter": actor.name,
            "roles": roles,
            "url": invited.url,
            "days": VALID_FOR.days,
        }
        subject = _("%(inviter)s invites you to work on %(tenant)s in Échéo") % context
        body = render_to_string("accounts/email/invitation.txt", context)
    try:
        send_mail(subject.replace("\n", " "), body, settings.DEFAULT_FROM_EMAIL, [member.email])
    except (OSError, smtplib.SMTPException) as fault:
        logger.exception("an invitation could not be sent")
        raise MailNotSent(
            _(
                "The invitation to %(email)s was not made: the mail server did not take the message. "
                "Try again in a few minutes."
            )
            % {"email": member.email}
        ) from fault


def open_invitation(invitation_id: UUID, *, now: datetime) -> Invitation:
    """Return an invitation of the current tenant that can still be accepted. Raises InvitationOver."""
    invitation = Invitation.objects.select_related("membership").get(pk=invitation_id)
    if invitation.accepted_at is not None:
        raise InvitationOver(_("This invitation has already been used. Sign in with your address."))
    if invitation.expires_at <= now or invitation.membership.state != MembershipState.INVITED:
        raise InvitationOver(
            _(
                "This invitation is over: it is older than seven days or was replaced. Ask for a new one."
            )
        )
    return invitation


def accept_invitation(*, invitation: Invitation, user: User, now: datetime) -> Membership:
    """Let the invited person in. Raises InvitationForSomebodyElse and AlreadyMember."""
    member: Membership = invitation.membership
    if user.email.lower() != member.email.lower():
        raise InvitationForSomebodyElse(
            _(
                "This invitation is for %(invited)s and you are signed in as %(email)s. "
                "Sign out first, or ask for an invitation to your address."
            )
            % {"invited": member.email, "email": user.email}
        )
    if Membership.objects.filter(user=user).exclude(pk=member.pk).exists():
        raise AlreadyMember(
            _("%(email)s already works in this company. Sign in.") % {"email": user.email}
        )
    member.user = user
    member.state = MembershipState.ACTIVE
    member.joined_at = now
    member.left_at = None
    member.save()
    invitation.accepted_at = now
    invitation.save(update_fields=["accepted_at"])
    audit.record(
        actor=system_actor(member.tenant_id),
        action="accounts.accept_invitation",
        object_kind="membership",
        object_id=member.pk,
    )
    end_with_a_third(actor=system_actor(member.tenant_id), now=now)
    return member


def user_for_invitation(invitation: Invitation, *, name: str, password: str) -> User:
    """Return the account of the invited address with this password; the link proves that the mailbox is his.

    Only for an address without account, or whose account never had a password.
    """
    email = invitation.membership.email.lower()
    user = User.objects.filter(email=email).first()
    if user is None:
        user = User.objects.create_user(email, name=name, language=Tenant.objects.get().language)
    user.name = name or user.name
    user.set_password(password)
    user.save()
    EmailAddress.objects.update_or_create(
        user=user, email=email, defaults={"verified": True, "primary": True}
    )
    return user
