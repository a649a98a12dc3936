"""Forms of the editor of texts."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dunning.messages.engine import SOURCE_LENGTH
from dunning.models import MessageText
from dunning.rules.content import MessageTemplate
from dunning.template_words import LANGUAGES, PARTS, SWITCHES

BODY_ROWS = 18


class TextForm(forms.Form):
    """What a register says in one language."""

    subject = forms.CharField(
        label=PARTS["subject"],
        max_length=300,
        error_messages={"required": gettext_lazy("Write a subject.")},
    )
    preview = forms.CharField(
        label=PARTS["preview"],
        max_length=300,
        required=False,
        help_text=gettext_lazy("Shown by mail programs before the message is opened."),
    )
    # The length is refused by the engine, in its own words.
    body = forms.CharField(
        label=PARTS["body"],
        strip=False,
        widget=forms.Textarea(attrs={"rows": BODY_ROWS, "spellcheck": "true", "class": "mono"}),
        error_messages={"required": gettext_lazy("Write the text of the message.")},
    )
    blocks = forms.MultipleChoiceField(
        label=gettext_lazy("Blocks"),
        choices=list(SWITCHES.items()),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy(
            "A block that is on stands where the text names it, else above the signature. The amount net of credit "
            "notes, the table of lines and what is disputed are always shown."
        ),
    )

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        language: str,
        initial: dict[str, Any] | None = None,
    ) -> None:
        # Two languages stand side by side on one page, so each form has ids of its own.
        super().__init__(data, initial=initial, auto_id=f"id_{language}_%s")
        for name in ("subject", "preview", "body"):
            self.fields[name].widget.attrs |= {"lang": language, "data-takes-fields": ""}

    def clean_body(self) -> str:
        """Return the text with plain line ends, so that the lines counted are the lines seen."""
        body: str = self.cleaned_data["body"].replace("\r\n", "\n")
        if len(body) > SOURCE_LENGTH:
            raise forms.ValidationError(
                _("The text has %(length)s characters; %(limit)s is the most. Shorten it.")
                % {"length": len(body), "limit": SOURCE_LENGTH}
            )
        return body

    def as_template(self) -> MessageTemplate:
        """Return what was written."""
        given = self.cleaned_data
        return MessageTemplate(
            subject=given["subject"],
            preview=given["preview"],
            body=given["body"],
            blocks=tuple(given["blocks"]),
        )


def text_form(draft: MessageText) -> TextForm:
    """Return the form of a draft as it stands."""
    return TextForm(
        language=draft.language,
        initial={
            "subject": draft.subject,
            "preview": draft.preview,
            "body": draft.body,
            "blocks": draft.blocks,
        },
    )


class LanguageForm(forms.Form):
    """Another language to write a register in."""

    def __init__(self, *args: Any, known: set[str], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["language"] = forms.ChoiceField(
            label=gettext_lazy("Another language"),
            choices=[(code, name) for code, name in LANGUAGES.items() if code not in known],
        )
