"""Django's mail over SMTP, with the relay's own certificate authority where the settings name one."""

import ssl
from functools import cached_property

from django.conf import settings
from django.core.mail.backends.smtp import EmailBackend


class VerifiedEmailBackend(EmailBackend):
    """SMTP whose server is verified against `OTC_MAIL_CA_FILE`, or the system's authorities when that is empty."""

    @cached_property
    def ssl_context(self) -> ssl.SSLContext:
        """Return the context of STARTTLS: host name and certificate are checked."""
        return ssl.create_default_context(cafile=settings.OTC_MAIL_CA_FILE or None)
