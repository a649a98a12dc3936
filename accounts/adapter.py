"""How allauth is bent to this house: sign-up makes a tenant, e-mails carry our words."""

import logging
import smtplib
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext as _

from accounts.step_up import is_fresh

logger = logging.getLogger(__name__)


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """Accounts are opened by our own sign-up page or by an invitation, never by allauth's form alone."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002
        """Close allauth's own sign-up: it would make a person without a tenant."""
        return False

    def get_from_email(self) -> str:
        """Return the sender of account messages."""
        return str(settings.DEFAULT_FROM_EMAIL)

    def is_reauthentication_required(self, *, app: str, **facts: Any) -> bool:  # noqa: ARG002  allauth's signature
        """Ask again before a change of how somebody signs in, unless he proved who he is within five minutes."""
        return self.request is None or not is_fresh(self.request)

    def format_email_subject(self, subject: str) -> str:
        """Return the subject as our templates write it, without allauth's prefix in brackets."""
        return subject.strip()

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send an account message; where the mail server does not take it, say so on the page instead of failing."""
        try:
            super().send_mail(template_prefix, email, context)
        except (OSError, smtplib.SMTPException):
            logger.exception("an account message could not be sent: %s", template_prefix)
            if self.request is not None:
                messages.warning(
                    self.request,
                    _(
                        "The message could not be sent: the mail server does not answer. "
                        "Try again in a few minutes."
                    ),
                )


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth ships no types
    """Passkeys and authenticator apps under the product's name."""

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """Return what a browser shows when it keeps a passkey."""
        entity: dict[str, str] = super().get_public_key_credential_rp_entity()
        return {**entity, "name": str(settings.MFA_TOTP_ISSUER)}
