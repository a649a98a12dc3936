"""Texts in words: the languages, the registers with what each is for, and the blocks an author may switch."""

from collections.abc import Iterable
from types import MappingProxyType

from django.utils.translation import gettext_lazy, pgettext_lazy

from dunning.rules.content import Register

LANGUAGES = MappingProxyType(
    {
        "fr": gettext_lazy("French"),
        "en": gettext_lazy("English"),
        "de": gettext_lazy("German"),
        "es": gettext_lazy("Spanish"),
        "it": gettext_lazy("Italian"),
        "nl": gettext_lazy("Dutch"),
    }
)
"""The languages a text may be written in; French and English come with the product."""

PURPOSES = MappingProxyType(
    {
        Register.BEFORE_DUE: gettext_lazy("An announcement: nothing is late yet"),
        Register.COURTEOUS: gettext_lazy("Level 1: it may have been forgotten"),
        Register.FIRM: gettext_lazy("Level 2: a date or a difficulty is asked for"),
        Register.FORMAL: gettext_lazy("Level 3: the last reminder, interest computed"),
        Register.FORMAL_NOTICE: gettext_lazy(
            "Level 4: what comes with the letter of formal notice"
        ),
        Register.PROMISE: gettext_lazy("No reminder: what was promised, word for word"),
    }
)

SWITCHES = MappingProxyType(
    {
        "button": gettext_lazy("Button to the customer's page"),
        "answers": gettext_lazy("Three answers: a date, already paid, a dispute"),
        "penalties": gettext_lazy("Interest and charges, from level 3"),
        "transfer": gettext_lazy("Bank details"),
        "code": gettext_lazy("Code to scan for the transfer"),
    }
)

PARTS = MappingProxyType(
    {
        "subject": pgettext_lazy("e-mail", "Subject"),
        "preview": gettext_lazy("Line beside the subject"),
        "body": pgettext_lazy("e-mail", "Text"),
    }
)


def language_name(code: str) -> str:
    """Return the name of a language in the reader's own; its code where we know no name."""
    return str(LANGUAGES.get(code, code))


def language_names(codes: Iterable[str]) -> str:
    """Return the names of several languages, in alphabetical order."""
    return ", ".join(sorted(language_name(code) for code in codes))
