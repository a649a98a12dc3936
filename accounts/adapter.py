"""How allauth is bent to this house: sign-up makes a tenant, e-mails carry our words."""

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """Accounts are opened by our own sign-up page or by an invitation, never by allauth's form alone."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002
        """Close allauth's own sign-up: it would make a person without a tenant."""
        return False

    def get_from_email(self) -> str:
        """Return the sender of account messages."""
        return str(settings.DEFAULT_FROM_EMAIL)
