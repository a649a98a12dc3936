"""The words of a text message: who asks, how much, since when, and where to pay."""

from django.utils import translation
from django.utils.translation import gettext as _

from dunning.rules.content import ComposedMessage, ReminderContent
from dunning.rules.short_texts import fitted, gsm
from kernel import formats
from kernel.money import Money

LANGUAGES = ("fr", "en")


def compose_short_text(content: ReminderContent) -> ComposedMessage:
    """Return the text message of `content`, 306 characters at most: net of credits, with the oldest due date."""
    language = content.language[:2] if content.language[:2] in LANGUAGES else "en"
    late = [line.due_date for line in content.lines if line.days_late > 0]
    facts = {
        "amount": formats.money(Money(content.totals.net, content.currency), language),
        "due": formats.day(min(late, default=content.as_of_date), language),
        "code": content.customer.code,
        "url": content.portal_url,
    }
    with translation.override(language):
        words = _("%(amount)s late since %(due)s (customer %(code)s).") % facts
        if content.portal_url:
            words += " " + _("Details and payment: %(url)s") % facts
    text = fitted(content.creditor.entity_name, words)
    shown = {name: gsm(str(value)) for name, value in facts.items() if name != "url"}
    return ComposedMessage(subject="", html="", text=text, qr_png=None, facts=shown)
