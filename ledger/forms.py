"""What is asked on the pages of imports and of documents' files."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from ledger.imports.messages import field_label
from ledger.imports.parsers.headers import RECEIVABLES_FIELDS, REQUIRED
from ledger.imports.reader import READABLE
from ledger.imports.rows import FileKind
from ledger.models import DocumentFileKind, Entity

KIND_LABELS: Final = {
    FileKind.AUTO: _("Tell by the file"),
    FileKind.RECEIVABLES: _("Receivables (CSV, XLSX)"),
    FileKind.FEC: _("FEC (French accounting records)"),
}
LONGEST_SAMPLE: Final = 30


class UploadForm(forms.Form):
    """A file and what a person says about it."""

    file = forms.FileField(
        label=_("File"),
        allow_empty_file=True,  # the gate says it better
        max_length=250,
        help_text=_("CSV, Excel (.xlsx) or FEC, up to 200 MB."),
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,.tsv,.fec,.tab,.xlsx"}),
        error_messages={"required": _("Choose the file to import.")},
    )
    kind = forms.ChoiceField(
        label=_("Kind of file"),
        choices=[(kind.value, label) for kind, label in KIND_LABELS.items() if kind in READABLE],
        initial=FileKind.AUTO.value,
        required=False,
    )
    entity = forms.ModelChoiceField(
        queryset=Entity.objects.none(),
        to_field_name="code",
        label=_("Entity"),
        required=False,
        help_text=_("Not needed when the file names it, or when there is only one."),
    )
    file_date = forms.DateField(
        label=_("Date of the file"),
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        help_text=_(
            "What is still open is open on that day. Empty: the date in the name, else today."
        ),
        error_messages={"invalid": _("Write the date like 2026-12-31.")},
    )
    is_full = forms.BooleanField(
        label=_("Full picture"),
        required=False,
        help_text=_("What is open here and absent from the file was settled by its date."),
    )

    def __init__(
        self, *args: Any, entities: QuerySet[Entity], must_choose: bool, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["entity"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101  narrows the type
        field.queryset = entities
        field.required = must_choose

    def clean_kind(self) -> FileKind:
        """Return the kind as the reader knows it; nothing said means that the file tells."""
        return FileKind(self.cleaned_data["kind"] or FileKind.AUTO)


class DocumentFileForm(forms.Form):
    """One file for one document."""

    file = forms.FileField(
        label=_("File"),
        allow_empty_file=True,  # the service says it better
        max_length=250,
        help_text=_("PDF, XML, PNG or JPEG, up to 10 MB."),
        widget=forms.FileInput(attrs={"accept": ".pdf,.xml,.png,.jpg,.jpeg"}),
        error_messages={"required": _("Choose the file to add.")},
    )
    kind = forms.ChoiceField(
        label=_("What it is"), choices=DocumentFileKind.choices, initial=DocumentFileKind.COPY
    )


class ManyFiles(forms.ClearableFileInput):
    """A field that takes several files at once."""

    allow_multiple_selected = True
    template_name = "django/forms/widgets/file.html"


class DocumentFilesForm(forms.Form):
    """Files for many documents; the view reads them itself, a form field holds one."""

    uploads = forms.FileField(
        label=pgettext_lazy("of documents", "Files"),
        required=False,
        max_length=250,
        help_text=_(
            "One ZIP of up to 2,000 files, or up to 100 files at once, 200 MB in all. Each name contains the "
            "number of its document: F-2026-0042.pdf."
        ),
        widget=ManyFiles(attrs={"accept": ".zip,.pdf,.xml,.png,.jpg,.jpeg"}),
    )
    kind = forms.ChoiceField(
        label=_("What they are"), choices=DocumentFileKind.choices, initial=DocumentFileKind.COPY
    )


class ColumnsForm(forms.Form):
    """Which column of the file holds each field."""

    date_order = forms.ChoiceField(
        label=_("Order of dates"),
        required=False,
        choices=[
            ("", _("Told by the file")),
            ("dmy", _("Day, month, year")),
            ("mdy", _("Month, day, year")),
        ],
    )

    def __init__(
        self,
        *args: Any,
        headers: Sequence[str],
        columns: Mapping[str, str],
        sample: Sequence[Sequence[str]],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        first = sample[0] if sample else []
        options: list[tuple[str, Any]] = [("", _("Not in the file"))]
        for index, header in enumerate(headers):
            value = first[index].strip()[:LONGEST_SAMPLE] if index < len(first) else ""
            options.append((header, f"{header} ({value})" if value else header))
        for name in RECEIVABLES_FIELDS:
            self.fields[name] = forms.ChoiceField(
                label=field_label(name),
                choices=options,
                initial=columns.get(name, ""),
                required=name in REQUIRED,
                error_messages={
                    "required": _("Say which column holds it: it is required."),
                    "invalid_choice": _("The file has no such column. Choose one of the list."),
                },
            )
        self.order_fields([*RECEIVABLES_FIELDS, "date_order"])

    @property
    def columns(self) -> dict[str, str]:
        """Return the header of each field, "" where it is left out."""
        return {name: self.cleaned_data[name] for name in RECEIVABLES_FIELDS}
