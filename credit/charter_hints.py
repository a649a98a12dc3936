"""The article that governs a field of a form, for `credit/charter_hint.html` beside it."""

from dataclasses import dataclass
from datetime import date

from credit import charter_words as words
from credit.queries.charter import version_in_force
from credit.rules.charter import Check
from ledger.queries import home_and_rates


@dataclass(frozen=True, slots=True)
class Hint:
    """An article as it stands beside a field, with the version it is of."""

    version: int
    article: words.ReadArticle


def charter_hints(day: date) -> dict[str, list[Hint]]:
    """Return the articles in force on `day` by the code of their check, in the reader's language; two questions."""
    version = version_in_force(day)
    if version is None:
        return {}
    home, _rates = home_and_rates(day)
    found: dict[str, list[Hint]] = {}
    for article in version.as_articles():
        if article.check is not Check.TEXT_ONLY:
            hint = Hint(version.number, words.read(article, home))
            found.setdefault(article.check.value, []).append(hint)
    return found
