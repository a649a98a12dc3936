"""Which text a message is written in: the tenant's own, in force, or one we ship; and what the editor shows of them."""

from collections.abc import Mapping
from dataclasses import dataclass

from dunning.models import MessageText
from dunning.rules.content import SHIPPED_LANGUAGES, MessageTemplate, Register
from dunning.rules.translations import Translations, translations_of
from ledger.models import Contact, Customer


@dataclass(frozen=True, slots=True)
class TextInForce:
    """The language a message is written in, and the tenant's own text for it; None for the one we ship."""

    language: str
    words: MessageTemplate | None


def translations() -> Translations:
    """Return in which languages each register has a text in force, ours or the tenant's own."""
    own = MessageText.objects.published().order_by().values_list("register", "language").distinct()
    return translations_of(own)


def text_in_force(register: Register, *, wanted: str, fallback: str) -> TextInForce:
    """Return what `register` says to a reader of `wanted`, in `fallback` where nobody wrote that language.

    `fallback` is the tenant's language, in which we ship a text ourselves. Source: DOMAIN 5.2, languages.
    """
    own = _newest(register, {wanted, fallback})
    if wanted in own:
        return TextInForce(wanted, own[wanted].as_template())
    if wanted in SHIPPED_LANGUAGES:
        return TextInForce(wanted, None)
    return TextInForce(fallback, own[fallback].as_template() if fallback in own else None)


def _newest(register: Register, languages: set[str]) -> Mapping[str, MessageText]:
    rows = (
        MessageText.objects.published()
        .filter(register=register, language__in=languages)
        .order_by("language", "number")
    )
    return {row.language: row for row in rows}


def languages_read() -> frozenset[str]:
    """Return the languages that customers, or the people who read for them, are written to in."""
    customers = Customer.objects.order_by().values_list("language", flat=True).distinct()
    contacts = (
        Contact.objects.exclude(language="").order_by().values_list("language", flat=True).distinct()
    )
    return frozenset(customers) | frozenset(contacts)


def missing_texts() -> dict[Register, tuple[str, ...]]:
    """Return the registers that somebody could not read, with the languages they are missing in."""
    known, read = translations(), languages_read()
    missing = {language: known.missing_in(language) for language in sorted(read)}
    found = {
        register: tuple(code for code, registers in missing.items() if register in registers)
        for register in Register
    }
    return {register: languages for register, languages in found.items() if languages}
