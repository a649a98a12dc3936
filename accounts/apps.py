"""What accounts does when the application starts: refuse a strong database role, and listen for sign-ins."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        """Connect the signals; no query is made here."""
        from django.db.backends.signals import connection_created

        from accounts import sign_in_events
        from accounts.runtime_role import refuse_strong_role

        connection_created.connect(refuse_strong_role, dispatch_uid="accounts.runtime_role")
        sign_in_events.listen()
