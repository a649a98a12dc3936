"""Copies of overdue invoices travel with a message up to 10 files and 8 MB; else it says where they are."""

from dataclasses import replace

import pytest

from dunning.messages import compose
from dunning.messages.samples import sample_contents
from dunning.rules.content import InvoiceCopy, ReminderContent
from dunning.rules.invoice_copies import copies_may_travel

SENTENCE = "download them on your page"


def copies(count: int, size: int = 1_000) -> tuple[InvoiceCopy, ...]:
    return tuple(
        InvoiceCopy(str(number), f"F-{number}.pdf", size, str(number), b"%PDF-")
        for number in range(count)
    )


def content(enclosed: tuple[InvoiceCopy, ...]) -> ReminderContent:
    sample = sample_contents()[0]
    return replace(
        sample,
        language="en",
        words=None,
        copies=enclosed,
        portal_url="https://x.example/r/secret",
        step=replace(sample.step, has_statement=False),
    )


@pytest.mark.parametrize(
    ("count", "size", "has_statement", "travel"),
    [
        (0, 0, True, True),
        (10, 1_000, False, True),
        (10, 1_000, True, False),
        (11, 1_000, False, False),
        (1, 8 * 1024 * 1024, False, True),
        (1, 8 * 1024 * 1024, True, False),
        (2, 5 * 1024 * 1024, False, False),
    ],
)
def test_ten_files_and_eight_megabytes_travel_and_no_more(
    count: int, size: int, has_statement: bool, travel: bool
) -> None:
    assert copies_may_travel(copies(count, size), has_statement=has_statement) is travel


def test_copies_are_attached_and_the_message_is_silent_about_them() -> None:
    message = compose(content(copies(2)))
    assert [each.filename for each in message.attachments] == ["F-0.pdf", "F-1.pdf"]
    assert SENTENCE not in message.html + message.text


def test_what_is_too_much_is_on_the_page_and_the_message_says_so() -> None:
    message = compose(content(copies(11)))
    assert message.attachments == ()
    for face in (message.html, message.text):
        assert SENTENCE in face
        assert "https://x.example/r/secret#invoices" in face


def test_a_customer_without_a_page_is_not_sent_to_one() -> None:
    message = compose(replace(content(copies(11)), portal_url="", portal_valid_until=None))
    assert SENTENCE not in message.html + message.text
