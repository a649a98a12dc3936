"""French is whole: every text has exactly one translation that keeps its placeholders."""

from pathlib import Path

import pytest

from otc import catalogues

HEAD = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n\n'


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "locale/fr/LC_MESSAGES/parts").mkdir(parents=True)
    (tmp_path / "templates").mkdir()
    (tmp_path / "ledger").mkdir()
    return tmp_path


def write_part(root: Path, name: str, text: str) -> None:
    (root / "locale/fr/LC_MESSAGES/parts" / name).write_text(HEAD + text, encoding="utf-8")


def faults(root: Path) -> list[str]:
    return [str(fault) for fault in catalogues.check(root)]


def test_a_text_of_a_template_without_translation_is_named(root: Path) -> None:
    (root / "templates/page.html").write_text(
        "{% load i18n %}\n<p>{% translate 'Customers' %}</p>\n"
    )
    assert faults(root) == ["templates/page.html:2: “Customers” has no French translation."]


def test_a_lazy_text_with_context_is_found_in_code(root: Path) -> None:
    (root / "ledger/forms.py").write_text("x = pgettext_lazy('day', 'Open')\n")
    write_part(root, "a.po", 'msgid "Open"\nmsgstr "Ouvrir"\n')
    assert faults(root) == ["ledger/forms.py:1: “Open” has no French translation (context day)."]


def test_a_plural_is_translated_as_one_message(root: Path) -> None:
    (root / "ledger/views.py").write_text("x = ngettext('%(n)s line', '%(n)s lines', n)\n")
    write_part(
        root,
        "a.po",
        'msgid "%(n)s line"\nmsgid_plural "%(n)s lines"\n'
        'msgstr[0] "%(n)s ligne"\nmsgstr[1] "%(n)s lignes"\n',
    )
    assert faults(root) == []


@pytest.mark.parametrize(
    ("part", "complaint"),
    [
        ('msgid "Open"\nmsgstr ""\n', "has no translation"),
        ('#, fuzzy\nmsgid "Open"\nmsgstr "Ouvert"\n', "marked fuzzy"),
        ('msgid "Owes %(sum)s"\nmsgstr "Doit"\n', "placeholders %(sum)s"),
        ('msgid "Owes {sum}"\nmsgstr "Doit {somme}"\n', "placeholders {somme}, {sum}"),
    ],
)
def test_a_poor_translation_is_a_fault(root: Path, part: str, complaint: str) -> None:
    write_part(root, "a.po", part)
    (found,) = faults(root)
    assert complaint in found


def test_a_per_cent_sign_in_a_sentence_is_no_placeholder(root: Path) -> None:
    write_part(root, "a.po", 'msgid "10 % of sales"\nmsgstr "10 % du chiffre d’affaires"\n')
    assert faults(root) == []


def test_two_areas_may_agree_but_not_differ(root: Path) -> None:
    write_part(root, "a.po", 'msgid "Close"\nmsgstr "Fermer"\n')
    write_part(root, "b.po", 'msgid "Close"\nmsgstr "Fermer"\n')
    assert faults(root) == []
    write_part(root, "c.po", 'msgid "Close"\nmsgstr "Clore"\n')
    (found,) = faults(root)
    assert "translated in two ways" in found


def test_the_compiled_catalogue_speaks(root: Path) -> None:
    import gettext  # noqa: PLC0415  the standard reader, to check what we wrote

    write_part(root, "a.po", 'msgid "Close"\nmsgstr "Fermer"\n')
    folder = root / "locale/fr/LC_MESSAGES"
    assert catalogues.compile_french(folder) == []
    with (folder / "django.mo").open("rb") as stream:
        assert gettext.GNUTranslations(stream).gettext("Close") == "Fermer"
