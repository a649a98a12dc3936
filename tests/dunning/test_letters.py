"""Plain letters from the plan to the post office: numbered once, looked at twice, kept word for word."""

import hashlib

import pytest

from dunning.documents.joining import page_count
from dunning.models import Reminder, RenderedMessage
from dunning.rules.outbox import State
from ledger.models import TimelineEntry
from tests.dunning.conftest import TODAY, Chase
from tests.dunning.letters import Letters

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def letters(chase: Chase) -> Letters:
    return Letters(chase)


def test_a_letter_is_numbered_drawn_and_kept_word_for_word(letters: Letters) -> None:
    letters.batch("C001", "C002")
    first, second = letters.letters()
    assert [first.number, second.number] == [
        f"L-{first.entity.code}-2026-0001",
        f"L-{first.entity.code}-2026-0002",
    ]
    assert first.state == "to_post"
    content = bytes(first.pdf or b"")
    assert content.startswith(b"%PDF")
    assert hashlib.sha256(content).hexdigest() == first.digest
    assert page_count(content) == first.pages
    assert first.address[0] == "Client C001"
    assert first.address[-1] == "69003 VILLEMODÈLE"
    assert "F-00001" in first.text
    assert first.snapshot["customer"]["code"] == "C001"
    assert letters.reminder().state == State.PLANNED


def test_a_posted_letter_moves_its_reminder_its_memory_and_the_history(letters: Letters) -> None:
    batch = letters.batch()
    letters.next_day()
    letters.post(batch, day=TODAY)
    (letter,) = letters.letters()
    reminder = letters.reminder()
    assert (letter.state, letter.posted_date) == ("posted", TODAY)
    assert (reminder.state, reminder.contact_date) == (State.SENT, TODAY)
    with letters.chase.house.scope():
        kept = RenderedMessage.objects.get(reminder=reminder)
        assert bytes(kept.raw) == bytes(letter.pdf or b"")
        assert kept.text == letter.text
        entry = TimelineEntry.objects.get(text_code="dunning.letter_posted")
        assert entry.facts["number"] == letter.number
        assert Reminder.objects.taken().count() == 1
