"""One article of the charter: its words in both languages, its effect, and the parameters of its check."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from credit import charter_words as words
from credit.models.charter import ArticleEffect
from credit.rules.charter import GRADES, Article, Check, Effect
from credit.rules.charter_text import MOST_ARTICLES, MOST_DAYS, PARAMETERS, Type
from credit.services.charter_drafts import LONGEST_TEXT, LONGEST_TITLE
from kernel import formats
from kernel.errors import Refused
from ledger.models import TermsMethod

HUNDRED = Decimal(100)
LONGEST_NUMBER = 40


class NumberField(forms.CharField):
    """A number as people type it, `250 000 €` or `12,5 %`; the value is a Decimal."""

    def __init__(self, *, divisor: Decimal = Decimal(1), **options: Any) -> None:
        super().__init__(max_length=LONGEST_NUMBER, **options)
        self.divisor = divisor
        self.widget.attrs["inputmode"] = "decimal"

    def clean(self, value: object) -> Decimal:
        text: str = super().clean(value)
        try:
            return (
                formats.parse_amount(text.replace("%", "").strip(), words.language()) / self.divisor
            )
        except Refused as refused:
            raise ValidationError(refused.message) from refused


def _parameter_field(name: str, kind: Type) -> forms.Field:
    label = words.PARAMETER_NAMES[name]
    match kind:
        case Type.DAYS:
            return forms.IntegerField(
                label=label,
                min_value=0,
                max_value=MOST_DAYS,
                widget=forms.TextInput(attrs={"inputmode": "numeric", "class": "w-90"}),
            )
        case Type.METHOD:
            return forms.ChoiceField(label=label, choices=TermsMethod.choices)
        case Type.GRADE:
            return forms.ChoiceField(label=label, choices=[(one, one) for one in GRADES])
        case Type.SHARE:
            return NumberField(label=label, divisor=HUNDRED)
        case Type.AMOUNT:
            return NumberField(label=label)


class ArticleForm(forms.Form):
    """An article bound to a check: the check decides which parameters are asked for."""

    number = forms.IntegerField(
        label=gettext_lazy("Number of the article"),
        min_value=1,
        max_value=MOST_ARTICLES * 10,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "class": "w-90"}),
    )
    effect = forms.ChoiceField(
        label=gettext_lazy("What a breach does"), choices=ArticleEffect.choices
    )
    title_fr = forms.CharField(label=gettext_lazy("Title in French"), max_length=LONGEST_TITLE)
    title_en = forms.CharField(label=gettext_lazy("Title in English"), max_length=LONGEST_TITLE)
    text_fr = forms.CharField(
        label=gettext_lazy("Text in French"),
        max_length=LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    text_en = forms.CharField(
        label=gettext_lazy("Text in English"),
        max_length=LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def __init__(
        self, data: Mapping[str, Any] | None, *, check: Check, article: Article | None, number: int
    ) -> None:
        super().__init__(data, initial=_initial(article, number))
        self.check_code = check
        for name, kind in PARAMETERS[check].items():
            self.fields[name] = _parameter_field(name, kind)
        if check is Check.TEXT_ONLY:
            del self.fields["effect"]
        if PARAMETERS[check]:
            places = ", ".join(f"{{{name}}}" for name in PARAMETERS[check])
            hint = _("%(places)s stand for the figures, so that text and check never differ.")
            for language in ("fr", "en"):
                self.fields[f"text_{language}"].help_text = hint % {"places": places}

    @property
    def parameter_fields(self) -> list[forms.BoundField]:
        """Return the fields of the check's parameters."""
        return [self[name] for name in PARAMETERS[self.check_code]]

    def as_article(self) -> Article:
        """Return what was typed as the value the service takes."""
        given = self.cleaned_data
        return Article(
            number=given["number"],
            check=self.check_code,
            parameters={name: given[name] for name in PARAMETERS[self.check_code]},
            effect=Effect(given.get("effect", Effect.WARN)),
            title={"fr": given["title_fr"], "en": given["title_en"]},
            text={"fr": given["text_fr"], "en": given["text_en"]},
        )


def _initial(article: Article | None, number: int) -> dict[str, Any]:
    if article is None:
        return {"number": number, "method": "net"}
    return {
        "number": article.number,
        "effect": article.effect.value,
        "title_fr": article.title["fr"],
        "title_en": article.title["en"],
        "text_fr": article.text["fr"],
        "text_en": article.text["en"],
        **{
            name: _typed(PARAMETERS[article.check][name], value)
            for name, value in article.parameters.items()
        },
    }


def _typed(kind: Type, value: Any) -> Any:  # noqa: ANN401  typed by its kind
    """Return a parameter as its field shows it."""
    if not isinstance(value, Decimal):
        return value
    number = value * HUNDRED if kind is Type.SHARE else value
    return f"{number.normalize():f}".replace(".", "," if words.language() == "fr" else ".")
