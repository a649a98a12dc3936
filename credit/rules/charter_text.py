"""How an article is written down: its typed parameters, the places its text leaves for them, its digest."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

from credit.rules.charter import GRADES, Article, Check, Effect
from ledger.rules.terms import TermKind

LANGUAGES = ("fr", "en")
MOST_ARTICLES = 60
MOST_DAYS = 365
MOST_AMOUNT = Decimal(10) ** 12
_PLACE = re.compile(r"\{([^{}]*)\}")


class Type(StrEnum):
    """What a parameter is; a share is a fraction above 0 and at most 1."""

    DAYS = "days"
    METHOD = "method"
    GRADE = "grade"
    SHARE = "share"
    AMOUNT = "amount"


# Each check's parameters by name; the name is the place `{name}` in the article's text.
PARAMETERS: Mapping[Check, Mapping[str, Type]] = {
    Check.MAXIMUM_TERM: {"days": Type.DAYS, "method": Type.METHOD},
    Check.DEPOSIT_UNDER_GRADE: {"grade": Type.GRADE, "share": Type.SHARE},
    Check.PREPAYMENT_FOR_GRADE: {"grade": Type.GRADE},
    Check.NO_DELIVERY_WHEN_BLOCKED: {},
    Check.FINANCE_CLOSES_OPENINGS: {},
    Check.MAXIMUM_UNINSURED: {"amount": Type.AMOUNT},
    Check.NO_RAISE_WHILE_OVERDUE: {"days": Type.DAYS},
    Check.NO_ORDER_WHILE_OVERDUE: {"days": Type.DAYS, "amount": Type.AMOUNT},
    Check.GUARANTEE_OVER: {"amount": Type.AMOUNT, "share": Type.SHARE},
    Check.COMMITTEE_OVER: {"amount": Type.AMOUNT},
    Check.NO_CREDIT_IN_INSOLVENCY: {},
    Check.MARGIN_FLOOR: {"share": Type.SHARE},
    Check.TEXT_ONLY: {},
}


class ParameterWrongError(ValueError):
    """A parameter is missing or out of its bounds; `name` says which."""

    def __init__(self, name: str, value: object) -> None:
        super().__init__(f"{name}: {value!r}")
        self.name = name
        self.value = value


def typed(check: Check, stored: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters of a check as values, from what was stored or typed as text.

    Raises ParameterWrongError, naming the first that is missing or out of its bounds.
    """
    return {name: _value(name, kind, stored.get(name)) for name, kind in PARAMETERS[check].items()}


def as_stored(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return parameters as plain JSON: amounts and shares as text, so that nothing is rounded."""
    return {
        name: f"{value.normalize():f}" if isinstance(value, Decimal) else value
        for name, value in parameters.items()
    }


def _value(name: str, kind: Type, given: object) -> Any:  # noqa: ANN401  one type per kind
    text = "" if given is None else str(given).strip()
    match kind:
        case Type.DAYS if text.isascii() and text.isdigit() and int(text) <= MOST_DAYS:
            return int(text)
        case Type.METHOD if text in set(TermKind):
            return TermKind(text).value
        case Type.GRADE if len(text) == 1 and text in GRADES:
            return text
        case Type.SHARE | Type.AMOUNT:
            return _decimal(name, kind, text)
    raise ParameterWrongError(name, given)


def _decimal(name: str, kind: Type, text: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation as error:
        raise ParameterWrongError(name, text) from error
    highest = Decimal(1) if kind is Type.SHARE else MOST_AMOUNT
    if not number.is_finite() or number < 0 or number > highest:
        raise ParameterWrongError(name, text)
    if kind is Type.SHARE and number == 0:
        raise ParameterWrongError(name, text)
    return number


def places(text: str) -> list[str]:
    """Return the names of the places that a text leaves for parameters, in its order."""
    return _PLACE.findall(text)


def unknown_places(check: Check, text: str) -> list[str]:
    """Return the places of `text` that no parameter of the check fills."""
    return [name for name in places(text) if name not in PARAMETERS[check]]


def filled(text: str, words: Mapping[str, str]) -> str:
    """Return `text` with each place filled by its words; a place without words stays as it is written."""
    return _PLACE.sub(lambda found: words.get(found[1], found[0]), text)


def digest(number: int, articles: Iterable[Article]) -> str:
    """Return the SHA-256 of a version: its number, and each article's number, check, parameters, effect and words."""
    content = {
        "version": number,
        "articles": [
            {
                "number": article.number,
                "check": article.check.value,
                "parameters": as_stored(article.parameters),
                "effect": article.effect.value,
                "title": {language: article.title.get(language, "") for language in LANGUAGES},
                "text": {language: article.text.get(language, "") for language in LANGUAGES},
            }
            for article in sorted(articles, key=lambda article: article.number)
        ],
    }
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Change:
    """What happens to one article between two versions: `before` is None for a new one, `after` for one taken out."""

    before: Article | None
    after: Article | None

    @property
    def kind(self) -> str:
        """Return new, removed or changed."""
        if self.before is None:
            return "new"
        return "removed" if self.after is None else "changed"

    @property
    def number(self) -> int:
        """Return the article's number, as it will be where it stays."""
        article = self.after or self.before
        return article.number if article else 0


def changes(before: Iterable[Article], after: Iterable[Article]) -> list[Change]:
    """Return what differs from one version to the next, article by article; what is the same is left out."""
    old = {article.number: article for article in before}
    new = {article.number: article for article in after}
    return [
        Change(old.get(number), new.get(number))
        for number in sorted(old.keys() | new.keys())
        if old.get(number) != new.get(number)
    ]


def article_of(
    number: int,
    check: str,
    parameters: Mapping[str, Any],
    effect: str,
    words: Mapping[str, tuple[str, str]],
) -> Article:
    """Return an article from what is stored; `words` holds (title, text) by language. Raises ParameterWrongError."""
    bound = Check(check)
    return Article(
        number=number,
        check=bound,
        parameters=typed(bound, parameters),
        effect=Effect(effect),
        title={language: title for language, (title, _text) in words.items()},
        text={language: text for language, (_title, text) in words.items()},
    )
