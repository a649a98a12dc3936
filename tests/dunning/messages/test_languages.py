"""A message in a language that the tenant added is whole: its table, its amounts, its dates, none of it French."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from dunning.documents import figures
from dunning.documents.labels import ENGLISH
from dunning.documents.more_labels import MORE
from dunning.messages import compose
from dunning.messages.samples import sample_contents
from dunning.rules.content import MessageTemplate, Register
from dunning.template_words import LANGUAGES
from kernel.money import Money
from ledger.imports.parsers import vocabulary
from ledger.models import ReaderLanguage
from tests.dunning.messages.conftest import Desk

DAY = date(2026, 3, 9)
AMOUNT = Money(Decimal("1234.5"), "EUR")
SHOWN = (
    "to_pay_now", "view_and_pay", "already_paid", "document", "due", "open", "by_transfer", "holder", "statement",
    "group_late", "balance", "penalties_mention", "bank_details_never_change", "copies_on_page",
)  # fmt: skip


@pytest.mark.parametrize(
    ("language", "amount", "day", "full"),
    [
        ("fr", "1\u202f234,50\u00a0€", "09/03/2026", "9\u00a0mars 2026"),
        ("en", "€1,234.50", "9 Mar 2026", "9\u00a0March 2026"),
        ("de", "1.234,50\u00a0€", "09.03.2026", "9.\u00a0März 2026"),
        ("es", "1.234,50\u00a0€", "09/03/2026", "9\u00a0de marzo de 2026"),
        ("it", "1.234,50\u00a0€", "09/03/2026", "9\u00a0marzo 2026"),
        ("nl", "€\u00a01.234,50", "09-03-2026", "9\u00a0maart 2026"),
    ],
)
def test_figures_are_written_as_the_reader_writes_them(
    language: str, amount: str, day: str, full: str
) -> None:
    assert figures.money(AMOUNT, language) == amount
    assert figures.day(DAY, language) == day
    assert figures.day_full(DAY, language) == full


def test_a_negative_amount_keeps_its_sign_before_the_currency() -> None:
    assert figures.money(Money(Decimal(-5), "EUR"), "nl") == "\u2212€\u00a05,00"
    assert figures.money(Money(Decimal(-5), "EUR"), "de") == "\u22125,00\u00a0€"


@pytest.mark.parametrize("language", sorted(MORE))
@pytest.mark.parametrize("name", SHOWN)
def test_no_word_of_a_message_stays_english(language: str, name: str) -> None:
    word = getattr(MORE[language], name)
    assert word != getattr(ENGLISH, name)
    assert word.count("%s") == getattr(ENGLISH, name).count("%s")


@pytest.mark.parametrize("language", sorted(MORE))
def test_every_word_takes_as_many_values_as_in_english(language: str) -> None:
    for name in ENGLISH.__dataclass_fields__:
        ours, english = getattr(MORE[language], name), getattr(ENGLISH, name)
        assert str(ours).count("%s") == str(english).count("%s"), name


def test_a_german_text_makes_a_german_message() -> None:
    words = MessageTemplate(
        "Zahlungserinnerung: {{ total }}",
        "",
        "<p>Guten Tag,</p>{{ blocks.amount }}{{ blocks.items }}{{ blocks.signature }}",
        blocks=("button", "transfer"),
    )
    content = replace(sample_contents()[0], language="de", words=words)
    message = compose(replace(content, step=replace(content.step, has_statement=False)))
    assert message.subject == "Zahlungserinnerung: 191.470,75\u00a0€"
    assert "Jetzt zu zahlen" in message.html
    assert "Kontoinhaber" in message.text
    for foreign in ("To pay now", "À régler", "Account holder", "View and pay"):
        assert foreign not in message.html + message.text


def test_a_formal_notice_is_written_in_the_languages_of_its_letter(desk: Desk) -> None:
    answer = desk.author.post(f"/templates/{Register.FORMAL_NOTICE.value}/de/draft")
    assert answer.status_code == 422
    assert "its letter exists in these languages only" in answer.content.decode()


@pytest.mark.parametrize(
    ("written", "code"),
    [("DE", "de"), ("Deutsch", "de"), ("Español", "es"), ("italien", "it"), ("NL-nl", "nl")],
)
def test_an_import_knows_the_languages_a_text_may_have(written: str, code: str) -> None:
    assert vocabulary.language(written) == code


def test_customers_may_read_every_language_a_text_may_have() -> None:
    assert set(ReaderLanguage.values) == set(LANGUAGES)
