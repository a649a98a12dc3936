"""In which languages a text exists, register by register: without one, nothing leaves by itself (DOMAIN 5.2)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from dunning.rules.content import SHIPPED_LANGUAGES, Register

EVERY_REGISTER = frozenset(Register)


@dataclass(frozen=True, slots=True)
class Translations:
    """Which registers have a text in force, by language."""

    by_language: Mapping[str, frozenset[Register]]

    def missing_in(self, language: str) -> frozenset[Register]:
        """Return the registers that have no text in `language`."""
        return EVERY_REGISTER - self.by_language.get(language, frozenset())


def translations_of(own: Iterable[tuple[str, str]]) -> Translations:
    """Return what exists when these pairs of register and language were published beside the texts we ship."""
    found: dict[str, frozenset[Register]] = dict.fromkeys(SHIPPED_LANGUAGES, EVERY_REGISTER)
    for register, language in own:
        found[language] = found.get(language, frozenset()) | {Register(register)}
    return Translations(found)


SHIPPED_TRANSLATIONS = translations_of(())
