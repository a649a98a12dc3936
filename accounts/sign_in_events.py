"""Signing in and out, and every change of how somebody signs in, goes into the trail of each of his companies."""

from typing import Any

from allauth.account import signals as account_signals
from allauth.mfa import signals as mfa_signals
from django.contrib.auth import signals as auth_signals

from accounts import look_ups
from accounts.models import User
from accounts.services import audit
from kernel.permissions import Actor
from kernel.tenancy import has_tenant_scope, tenant_scope


def listen() -> None:
    """Connect every signal to the audit trail."""
    for signal, action in (
        (account_signals.user_logged_in, "accounts.sign_in"),
        (auth_signals.user_logged_out, "accounts.sign_out"),
        (account_signals.password_changed, "accounts.change_password"),
        (account_signals.password_set, "accounts.set_password"),
        (account_signals.password_reset, "accounts.reset_password"),
        (account_signals.email_changed, "accounts.change_address"),
        (mfa_signals.authenticator_added, "accounts.add_second_factor"),
        (mfa_signals.authenticator_removed, "accounts.remove_second_factor"),
        (mfa_signals.authenticator_reset, "accounts.renew_recovery_codes"),
        (mfa_signals.authentication_failed, "accounts.fail_second_factor"),
    ):
        signal.connect(_recorder(action), weak=False, dispatch_uid=action)
    auth_signals.user_login_failed.connect(
        record_failure, weak=False, dispatch_uid="accounts.fail_sign_in"
    )


def _recorder(action: str) -> Any:  # noqa: ANN401  a receiver takes what its signal sends
    def receive(*, user: User | None = None, **facts: Any) -> None:
        if user is not None and user.pk:
            record_everywhere(user, action, **_kind_of(facts))

    return receive


def _kind_of(facts: dict[str, Any]) -> dict[str, str]:
    authenticator = facts.get("authenticator")
    return {"kind": str(authenticator.type)} if authenticator is not None else {}


def record_failure(*, credentials: dict[str, Any], **_signal: Any) -> None:
    """Record a wrong password with the companies of the account it was tried on; unknown addresses have none."""
    address = credentials.get("email") or credentials.get("username") or ""
    user = User.objects.filter(email__iexact=address).first() if address else None
    if user is not None:
        record_everywhere(user, "accounts.fail_sign_in")


def record_everywhere(user: User, action: str, **details: str) -> None:
    """Append an event about a user to the trail of each company in which he is active."""
    if has_tenant_scope():
        return  # a service inside a scope records what it does itself
    for seat in look_ups.seats_of(user.pk):
        with tenant_scope(seat.tenant_id):
            actor = Actor(
                tenant_id=seat.tenant_id, membership_id=seat.membership_id, name=user.name
            )
            audit.record(
                actor=actor,
                action=action,
                object_kind="membership",
                object_id=seat.membership_id,
                **details,
            )


def record_denial(actor: Actor, *, permission: str, route: str, method: str) -> None:
    """Record that somebody asked for what his roles do not allow; opens its own tenant scope."""
    with tenant_scope(actor.tenant_id):
        audit.record(
            actor=actor,
            action="accounts.deny_access",
            object_kind="permission",
            object_id=permission[:60],
            route=route,
            method=method,
        )
