"""Plain letters from the plan to the post office: numbered once, looked at twice, kept word for word."""

import hashlib
from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError

from dunning.documents.joining import page_count
from dunning.messages.letters import DrawnLetter, draw_letter
from dunning.models import Letter, Reminder, RenderedMessage, Scenario
from dunning.rules.breaker import RunVolume, judge_volume
from dunning.rules.content import ReminderContent
from dunning.rules.outbox import State
from dunning.rules.steps import Channel, Mode
from dunning.services import barriers, people
from dunning.services.letters import NothingToPost, SendingStopped
from dunning.services.posting import ReasonMissing, take_out_by_hand
from ledger.models import Customer, TimelineEntry
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


def test_one_letter_a_line_is_left_by_a_crash_and_none_is_numbered_twice(
    letters: Letters, monkeypatch: pytest.MonkeyPatch
) -> None:
    for code in ("C001", "C002", "C003"):
        letters.customer(code)
    letters.plan()
    letters.confirm()
    letters.prepare()
    assert letters.work(drawn=1)
    calls: list[str] = []

    def dies(*_args: object, **_options: object) -> None:
        calls.append("drawn")
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("dunning.services.letters.draw_letter", dies)
        with pytest.raises(KeyboardInterrupt):
            letters.work()
    assert calls
    while letters.work():
        pass
    assert [letter.sequence for letter in letters.letters()] == [1, 2, 3]
    assert {letter.state for letter in letters.letters()} == {"to_post"}


def test_a_letter_that_cannot_be_drawn_is_a_task_and_stops_nobody(
    letters: Letters, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = draw_letter

    def breaks(content: ReminderContent, **options: Any) -> DrawnLetter:
        if content.customer.code == "C001":
            raise ValueError("a font is broken")
        return real(content, **options)

    monkeypatch.setattr("dunning.services.letters.draw_letter", breaks)
    letters.batch("C001", "C002")
    found = {letter.address[0] if letter.address else "": letter for letter in letters.letters()}
    assert found["Client C002"].sequence == 1
    assert (found[""].state, found[""].why_out) == ("left_out", "not_drawn")
    assert letters.reminder("C001").state == State.HELD
    assert "a font is broken" in letters.reminder("C001").problem


def pays(letters: Letters) -> None:
    letters.chase.pay(letters.lines[0])


def pays_a_part(letters: Letters) -> None:
    letters.chase.pay(letters.lines[0], "400")


def is_paused(letters: Letters) -> None:
    letters.chase.pause(letters.lines[0].customer)


def moves(letters: Letters) -> None:
    with letters.chase.house.scope():
        Customer.objects.filter(code="C001").update(address="1 place Neuve\n75002 Villemodèle")


def is_held(letters: Letters) -> None:
    with letters.chase.house.scope():
        people.hold_reminder(
            reminder=Reminder.objects.get(customer__code="C001"),
            actor=letters.manager,
            reason="He is on holiday",
            now=letters.now,
        )


def is_stopped(letters: Letters) -> None:
    with letters.chase.house.scope():
        barriers.stop_sending(
            actor=letters.manager,
            reason="Look at the texts",
            now=letters.now,
            scenario=Scenario.objects.get(is_default=True),
        )


@pytest.mark.parametrize(
    ("happens", "why"),
    [
        (pays, "paid"),
        (pays_a_part, "changed"),
        (is_paused, "excluded"),
        (moves, "changed"),
        (is_held, "held"),
        (is_stopped, "stopped"),
    ],
)
def test_the_last_look_takes_a_letter_out_and_its_number_is_never_used_again(
    letters: Letters, happens: Callable[[Letters], None], why: str
) -> None:
    batch = letters.batch("C001", "C002")
    first, _second = letters.letters()
    happens(letters)
    letters.post(batch)
    gone = letters.letters(pk=first.pk)[0]
    assert (gone.state, gone.why_out, gone.sequence) == ("voided", why, 1)
    assert bytes(gone.pdf or b"") == bytes(first.pdf or b"")
    if happens is not is_stopped:
        assert letters.reminder("C002").state == State.SENT
    assert letters.reminder("C001").state != State.SENT
    letters.customer("C003")
    letters.plan()
    letters.confirm()
    if happens is is_stopped:
        return
    letters.prepare()
    while letters.work():
        pass
    assert letters.letters(customer__code="C003")[0].sequence is not None
    numbers = [letter.sequence for letter in letters.letters(sequence__isnull=False)]
    assert numbers == list(range(1, len(numbers) + 1))


def test_a_changed_letter_is_drawn_anew_under_another_number(letters: Letters) -> None:
    batch = letters.batch()
    letters.chase.pay(letters.lines[0], "400")
    letters.post(batch)
    letters.plan()
    letters.confirm()
    letters.prepare()
    while letters.work():
        pass
    former, again = letters.letters()
    assert (former.state, former.sequence, former.amount) == ("voided", 1, 1000)
    assert (again.state, again.sequence, again.amount) == ("to_post", 2, 600)


def test_a_confirmed_letter_that_changed_is_confirmed_anew(chase: Chase) -> None:
    letters = Letters(chase, mode=Mode.CONFIRM)
    letters.customer()
    letters.plan()
    letters.confirm()
    chase.pay(letters.lines[0], "400")
    letters.plan()
    assert letters.reminder().confirmed_at is None
    with pytest.raises(NothingToPost):
        letters.prepare()


def test_chosen_letters_are_posted_and_the_others_stay(letters: Letters) -> None:
    batch = letters.batch("C001", "C002")
    first, second = letters.letters()
    letters.post(batch, [second])
    assert [letter.state for letter in letters.letters()] == ["to_post", "posted"]
    assert letters.reminder("C001").state == State.PLANNED
    letters.post(batch, [first])
    assert [letter.state for letter in letters.letters()] == ["posted", "posted"]


def test_a_letter_taken_out_by_hand_waits_for_the_next_batch(letters: Letters) -> None:
    batch = letters.batch()
    (letter,) = letters.letters()
    with letters.chase.house.scope():
        with pytest.raises(ReasonMissing):
            take_out_by_hand(letter=letter, actor=letters.manager, reason=" ", now=letters.now)
        take_out_by_hand(
            letter=letter, actor=letters.manager, reason="Badly printed", now=letters.now
        )
    letters.post_refused(batch)
    letters.prepare()
    while letters.work():
        pass
    assert [each.state for each in letters.letters()] == ["voided", "to_post"]


def test_nothing_is_prepared_drawn_or_posted_while_the_red_button_is_pressed(
    letters: Letters,
) -> None:
    batch = letters.batch()
    letters.customer("C002")
    letters.plan()
    letters.confirm()
    with letters.chase.house.scope():
        barriers.stop_sending(actor=letters.manager, reason="Look at it", now=letters.now)
    with pytest.raises(SendingStopped):
        letters.prepare()
    with pytest.raises(SendingStopped):
        letters.post(batch)
    assert letters.reminder("C001").state == State.PLANNED
    with letters.chase.house.scope():
        barriers.resume_sending(actor=letters.manager, now=letters.now)
    letters.post(batch)
    assert letters.reminder("C001").state == State.SENT


def test_the_memory_moves_on_the_posting_day_and_not_before(letters: Letters) -> None:
    batch = letters.batch()
    with letters.chase.house.scope():
        assert not Reminder.objects.taken().exists()
    letters.next_day()
    letters.plan()
    assert [letter.state for letter in letters.letters()] == ["to_post"]
    letters.post(batch)
    letters.next_day()
    letters.plan()
    with letters.chase.house.scope():
        assert Reminder.objects.filter(state=State.PLANNED).count() == 0
        assert Reminder.objects.taken().get().lines.get().offset_days == 10


def test_a_letter_that_lay_too_long_gives_way_to_the_next_step(letters: Letters) -> None:
    batch = letters.batch()
    letters.next_day(10)
    letters.plan()
    (letter,) = letters.letters()
    assert (letter.state, letter.why_out) == ("voided", "superseded")
    letters.post_refused(batch)


def test_every_overdue_line_keeps_its_one_state_with_and_without_an_address(
    letters: Letters,
) -> None:
    letters.customer("C001", address="")
    letters.customer("C002")
    found = letters.chase.plan(letters.today, now=letters.now)
    assert found.coverage.uncovered == 0
    assert found.coverage.lines_by_state == {"reminder": 2}


def test_letters_said_to_be_posted_twice_are_recorded_once(letters: Letters) -> None:
    batch = letters.batch()
    letters.post(batch)
    letters.post_refused(batch)
    with letters.chase.house.scope():
        assert RenderedMessage.objects.count() == 1
        assert TimelineEntry.objects.filter(text_code="dunning.letter_posted").count() == 1


def test_an_address_lost_before_the_drawing_leaves_the_letter_out_without_a_number(
    letters: Letters,
) -> None:
    letters.customer("C001")
    letters.plan()
    letters.confirm()
    letters.prepare()
    with letters.chase.house.scope():
        Customer.objects.update(address="")
    while letters.work():
        pass
    (letter,) = letters.letters()
    assert (letter.state, letter.why_out, letter.sequence) == ("left_out", "no_address", None)


def test_a_numbered_letter_cannot_be_changed_in_the_database(letters: Letters) -> None:
    letters.batch()
    (letter,) = letters.letters()
    for change in ({"sequence": 9}, {"pdf": b"other"}, {"state": "waiting"}, {"amount": 1}):
        with pytest.raises(IntegrityError), letters.chase.house.scope():
            Letter.objects.filter(pk=letter.pk).update(**change)


def test_a_run_of_letters_far_too_large_is_held_like_one_of_mails() -> None:
    earlier = [RunVolume(10) for _day in range(10)]
    assert judge_volume(RunVolume(500), automatic=500, earlier=earlier, customers=9000).is_held
    assert Channel.LETTER.is_written
    assert not Channel.LETTER.is_sent_by_machine
