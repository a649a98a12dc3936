"""Formal notices: numbered without gaps, kept word for word, penalties line by line, claimed and on the clock."""

import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from dunning.documents import engine_problem
from dunning.documents.notice import notice_html
from dunning.documents.rendering import PdfUnavailable
from dunning.documents.view import message_view
from dunning.messages import compose
from dunning.models import FormalNotice, InterestClaim, LegalDeadline, Reminder
from dunning.rules.interest_claims import in_number_gaps
from dunning.rules.outbox import State
from dunning.services import notices
from dunning.services.confirming import confirm_as_seen
from dunning.services.notices import NoticeRefused, issue_notice, with_letter
from dunning.services.previews import letter, letter_content, letter_pdf
from dunning.services.stages import PreLitigationReserved
from kernel.permissions import system_actor
from ledger.models import Contact, Customer, TimelineEntry
from tests.cast import House
from tests.dunning.conftest import NOW, TODAY, Chase

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(
        bool(engine_problem()), reason="the libraries of PDF are not on this machine"
    ),
]


def notice_task(chase: Chase, code: str = "C001", *amounts: str) -> Reminder:
    """Plan the formal notice of a customer; return its task, with what the service reads."""
    customer = chase.customer(code, address="1 rue des Tests\n44000 Nantes")
    for place, amount in enumerate(amounts or ("12000",)):
        chase.line(customer, 47 + 5 * place, amount)
    chase.plan()
    found = [one for one in chase.reminders() if one.customer_id == customer.pk]
    assert [one.channel for one in found] == ["registered_letter"]
    return found[0]


def text_of(pdf: bytes) -> str:
    program = shutil.which("pdftotext")
    if program is None:
        pytest.skip("pdftotext is not on this machine")
    shown = subprocess.run(
        [program, "-layout", "-", "-"], input=pdf, capture_output=True, check=True
    )
    return shown.stdout.decode().replace("\u202f", " ").replace("\xa0", " ")


def test_an_issued_notice_is_numbered_and_a_reprint_is_the_same_bytes(
    house: House, chase: Chase
) -> None:
    task = notice_task(chase)
    actor = house.actor("credit_manager")
    with house.scope():
        notice = issue_notice(reminder=task, actor=actor, now=NOW)
        assert notice.number == "MD-2026-0001"
        first = bytes(notice.pdf or b"")
        chase_line = task.lines.get().due_line
        chase_line.open_amount -= 1
        chase_line.save()  # the ledger moves on, the letter does not
        again = issue_notice(reminder=task, actor=actor, now=NOW + timedelta(days=9))
        assert again.pk == notice.pk
        assert bytes(again.pdf or b"") == first
        assert letter_pdf(reminder=task, now=NOW) == (notice.file_name, first)
        text = text_of(first)
        signatory = actor.name
    for words in ("MD-2026-0001", "mettons en demeure", "huit jours", "article 1344", signatory):
        assert words in text
    assert "Malgré nos relances" not in text  # nobody wrote to this customer before
    assert notice.snapshot["totals"]["net"] == "12000.0000"
    assert notice.issued_by_id == actor.membership_id


def test_the_letter_lists_penalties_line_by_line_and_they_sum(house: House, chase: Chase) -> None:
    task = notice_task(chase, "C001", "12000", "3000.55", "800.10")
    with house.scope():
        content = letter_content(reminder=task, now=NOW)
        html = notice_html(message_view(content))
        late = [line for line in content.lines if line.interest is not None]
        assert len(late) == 3
        assert content.penalties is not None
        assert sum(line.interest or 0 for line in late) == content.penalties.interest
        assert [line.fixed_charge for line in late] == [Decimal(40)] * 3
    assert html.count("40,00") == 3
    assert "120,00" in html


def test_the_penalties_it_names_become_claims_that_are_claimed(house: House, chase: Chase) -> None:
    task = notice_task(chase, "C001", "12000", "3000.55")
    actor = house.actor("credit_manager")
    with house.scope():
        notice = issue_notice(reminder=task, actor=actor, now=NOW)
        claims = list(InterestClaim.objects.filter(notice=notice))
        assert {claim.state for claim in claims} == {"claimed"}
        assert sum(claim.interest for claim in claims) == notice.interest
        assert sum(claim.fixed_charge for claim in claims) == notice.fixed_charge == Decimal(80)
        clock = LegalDeadline.objects.get(subject=notice.pk)
        assert clock.due_date == notice.deadline_date == TODAY + timedelta(days=8)
        assert TimelineEntry.objects.filter(text_code="dunning.notice_issued").count() == 1


def test_numbers_have_no_gap_even_where_a_letter_could_not_be_drawn(
    house: House, chase: Chase, monkeypatch: pytest.MonkeyPatch
) -> None:
    actor = house.actor("credit_manager")
    first, second, third = (notice_task(chase, code) for code in ("C1", "C2", "C3"))

    def off(*_view: object, **_number: object) -> bytes:
        raise PdfUnavailable("PDF is off")

    with house.scope():
        issue_notice(reminder=first, actor=actor, now=NOW)
        with monkeypatch.context() as patch:
            patch.setattr(notices, "notice_pdf", off)
            with pytest.raises(PdfUnavailable), transaction.atomic():
                issue_notice(reminder=second, actor=actor, now=NOW)
        issue_notice(reminder=third, actor=actor, now=NOW)
        used = FormalNotice.objects.values_list("sequence", flat=True)
        assert sorted(used) == [1, 2]
        assert in_number_gaps(used) == []


def test_the_database_lets_nobody_change_what_was_issued(house: House, chase: Chase) -> None:
    task = notice_task(chase)
    actor = house.actor("credit_manager")
    with house.scope():
        notice = issue_notice(reminder=task, actor=actor, now=NOW)
        changes: tuple[dict[str, Any], ...] = (
            {"interest": 0},
            {"pdf": b"x"},
            {"sequence": 9},
            {"snapshot": {}},
        )
        for change in changes:
            with pytest.raises(IntegrityError), transaction.atomic():
                FormalNotice.objects.filter(pk=notice.pk).update(**change)
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM dunning_formalnotice WHERE sequence = 1")
            assert cursor.fetchone() == (1,)


def test_nothing_is_issued_from_a_courteous_reminder_or_one_that_is_over(
    house: House, chase: Chase
) -> None:
    chase.line(chase.customer("C9"), 4, "500")
    task = notice_task(chase, "C001")
    actor = house.actor("credit_manager")
    with house.scope():
        mail = Reminder.objects.exclude(pk=task.pk).get()
        with pytest.raises(NoticeRefused, match="no formal notice"):
            issue_notice(reminder=mail, actor=actor, now=NOW)
        Reminder.objects.filter(pk=task.pk).update(state=State.CANCELLED, cancel_reason="paid")
        with pytest.raises(NoticeRefused):
            issue_notice(reminder=task, actor=actor, now=NOW)
        assert not FormalNotice.objects.exists()


def test_nothing_is_issued_once_all_was_paid(house: House, chase: Chase) -> None:
    task = notice_task(chase)
    with house.scope():
        line = task.lines.get().due_line
    chase.pay(line)
    actor = house.actor("credit_manager")
    with house.scope(), pytest.raises(NoticeRefused, match="owes nothing"):
        issue_notice(reminder=task, actor=actor, now=NOW)


def test_a_draft_says_that_it_is_one(house: House, chase: Chase) -> None:
    task = notice_task(chase)
    with house.scope():
        name, pdf = letter_pdf(reminder=task, now=NOW)
    assert name == "mise-en-demeure-projet.pdf"
    assert "projet, numéro à l’émission" in text_of(pdf)


def test_the_agenda_issues_it_and_shows_its_number(house: House, chase: Chase) -> None:
    task = _task_of_today(chase)
    client = house.client("credit_manager")
    before = client.get(f"/agenda/{task.pk}").content.decode()
    assert f"/agenda/{task.pk}/notice" in before
    answer = client.post(f"/agenda/{task.pk}/notice", follow=True)
    page = answer.content.decode()
    assert "MD-2026-0001" in page
    assert f"/agenda/{task.pk}/notice" not in page
    with house.scope():
        notice = FormalNotice.objects.get()
    pdf = client.get(f"/legal/notices/{notice.pk}.pdf")
    assert pdf.content == bytes(notice.pdf or b"")
    assert "MD-2026-0001" in pdf.headers["Content-Disposition"]


@pytest.mark.parametrize("role", ["collector", "credit_analyst"])
def test_only_a_credit_manager_goes_as_far_as_a_formal_notice(
    house: House, chase: Chase, role: str
) -> None:
    """R22: from the formal notice on, nobody below a credit manager lets anything go."""
    task = _task_of_today(chase)
    actor, manager = house.actor(role), house.actor("credit_manager")
    with house.scope():
        with pytest.raises(PreLitigationReserved, match=task.customer.name):
            issue_notice(reminder=task, actor=actor, now=NOW)
        Reminder.objects.filter(pk=task.pk).update(channel="registered_eletter")
        waiting = {task.pk: None}
        with pytest.raises(PreLitigationReserved):
            confirm_as_seen(reminders=Reminder.objects.all(), seen=waiting, actor=actor, now=NOW)
        Reminder.objects.filter(pk=task.pk).update(channel="registered_letter")
        assert not FormalNotice.objects.exists()
        assert issue_notice(reminder=task, actor=manager, now=NOW).number


def test_another_tenant_and_an_agency_issue_nothing(
    house: House, other_house: House, chase: Chase
) -> None:
    task = _task_of_today(chase)
    for client in (other_house.client("credit_manager"), house.client("agency")):
        assert client.post(f"/agenda/{task.pk}/notice").status_code == 404
    assert house.client("executive").post(f"/agenda/{task.pk}/notice").status_code == 403
    with house.scope():
        assert not FormalNotice.objects.exists()


def test_a_notice_by_e_mail_carries_the_letter_that_is_kept(house: House, chase: Chase) -> None:
    task = notice_task(chase)
    actor = system_actor(house.tenant_id)
    with house.scope():
        content = letter_content(reminder=task, now=NOW)
        draft = with_letter(content, reminder_id=task.pk, actor=actor, now=NOW)
        again = with_letter(content, reminder_id=task.pk, actor=actor, now=NOW)
        kept = FormalNotice.objects.get()
        message = compose(draft)
    assert again.notice == draft.notice
    letter = message.attachments[0]
    assert letter.content == bytes(kept.pdf or b"")
    assert letter.filename == kept.file_name
    assert "MD-2026-0001" in message.subject
    assert "MD-2026-0001" in message.text


def _task_of_today(chase: Chase) -> Reminder:
    """Plan a notice on the day the page is asked: pages read the clock."""
    now = datetime.now(UTC)
    customer = chase.customer(address="1 rue des Tests\n44000 Nantes")
    chase.line(customer, 47, "12000", today=now.date())
    chase.plan(now.date(), now=now)
    (task,) = chase.reminders()
    return task


def test_a_notice_to_a_reader_of_another_language_says_in_which_it_is(
    house: House, chase: Chase
) -> None:
    task = notice_task(chase)
    manager = house.actor("credit_manager")
    with house.scope():
        Contact.objects.update(language="de")
        Customer.objects.update(language="de")
        told = letter(reminder=task, now=NOW)
        assert (told.read, told.written) == ("German", "French")
        issued = issue_notice(reminder=task, actor=manager, now=NOW)
        assert issued.language == "fr"


def test_the_agenda_says_in_which_language_a_notice_is(house: House, chase: Chase) -> None:
    task = _task_of_today(chase)
    with house.scope():
        Contact.objects.update(language="de")
        Customer.objects.update(language="de")
    page = house.client("credit_manager").get(f"/agenda/{task.pk}").content.decode()
    assert "Its reader reads" in page or "Son destinataire lit" in page
