"""What was said, in a real Chromium: accessible in both themes, on a phone and on a screen."""

import pytest
from django.test import override_settings

from accounts.models import User
from dunning.models import Reminder
from tests.browser import PLAIN_FILES, faults_of_pages, needs_chromium
from tests.dunning.messages.test_template_use import Out, out

__all__ = ["out"]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db,
    needs_chromium,
]


def test_axe_finds_nothing_on_what_was_said(out: Out) -> None:
    out.chase.line(out.chase.customer(), 4, "1000")
    assert out.send() == 1
    client = out.chase.house.client("credit_manager")
    User.objects.update(language="en")
    with out.chase.house.scope():
        reminder = Reminder.objects.get()
    with override_settings(STORAGES=PLAIN_FILES):
        page = client.get(f"/agenda/{reminder.pk}/said")
        in_hand = client.get(f"/agenda/{reminder.pk}")
    assert "Word for word" in in_hand.content.decode()
    answers = {"/said": (page.content, page.headers["Content-Security-Policy"])}
    found = faults_of_pages(answers, "texts")
    # The judge knocks at the frame, which is walled off and does not answer.
    assert [fault for fault in found if "postMessage" not in fault] == []
