"""The link with which a person sets a first password."""

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.urls import reverse

from accounts.models import User


def set_password_url(user: User) -> str:
    """Return an address, valid three days and once, at which the user sets his password.

    Whoever holds it owns the account: hand it to that person alone.
    """
    facts = {
        "uidb36": user_pk_to_url_str(user),
        "key": default_token_generator.make_token(user),
    }
    path = reverse("account_reset_password_from_key", kwargs=facts)
    return f"{settings.OTC_PUBLIC_URL}{path}"
