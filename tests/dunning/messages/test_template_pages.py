"""The editor of texts: written by one person, shown on three customers, published by another, and then used."""

import re
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.http import HttpResponse
from django.utils import timezone
from django.utils.html import escape

from accounts.models import AuditEvent, Membership
from dunning.models import MessageText
from dunning.queries.templates import text_in_force
from dunning.rules.content import Register
from ledger.models import Customer, DueLine
from tests.cast import House
from tests.dunning.messages.conftest import OURS, Desk

PAGE = "/templates/courteous"


def text(answer: object) -> str:
    assert isinstance(answer, HttpResponse)
    return answer.content.decode()


def test_the_list_shows_every_register_in_both_languages(desk: Desk) -> None:
    page = text(desk.author.get("/templates"))
    for register in Register:
        assert f'href="/templates/{register.value}"' in page
    assert page.count("As shipped") == 2 * len(Register)


def test_the_languages_stand_side_by_side_with_what_is_in_force(desk: Desk) -> None:
    page = text(desk.author.get(PAGE))
    assert "Sauf erreur de notre part" in page
    assert "Unless we are mistaken" in page


def test_every_field_is_listed_with_its_meaning_and_an_example(desk: Desk) -> None:
    page = text(desk.author.get(PAGE))
    assert "{{ customer.name }}" in page
    assert "the amount to pay, with its currency" in page
    assert "Bâti-Loire SAS" in page


def test_a_draft_begins_with_what_is_in_force(desk: Desk) -> None:
    desk.author.post(f"{PAGE}/fr/draft")
    with desk.house.scope():
        draft = desk.draft()
        assert "Sauf erreur de notre part" in draft.body
        assert draft.number == 1


def test_what_is_written_is_kept_and_the_trail_holds_none_of_its_words(desk: Desk) -> None:
    assert desk.write().status_code == 302
    with desk.house.scope():
        assert desk.draft().subject == OURS["subject"]
        event = AuditEvent.objects.get(action="dunning.write_text")
        assert "Bonjour" not in str(event.details)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"body": "<p>a</p>\n<p>{{ customer.nam }}</p>"},
         r"Line 2: there is no field named customer\.nam\. The nearest one is customer\.name"),
        ({"body": "<p>{{ total </p>"}, "Line 1 of the text cannot be used"),
        ({"body": "a\nb\n{% include 'x' %}"}, "Line 3 of the text cannot be used: there is no command named include"),
        ({"body": "a\n{% for a in (1..9999999) %}{% endfor %}"},
         "Line 2 of the text cannot be used: its loops run more than 10000 rounds"),
        ({"body": "x" * 50_001}, "The text has 50001 characters; 50000 is the most"),
        ({"subject": "{{ totl }}"}, r"there is no field named totl\. The nearest one is total"),
        ({"body": "{% if false %}{% for i in items %}{{ i.cost }}{% endfor %}{% endif %}"},
         r"no field named items\.cost"),
        ({"body": "{{ total | append: 'x' }}"}, "there is no filter named append"),
        ({"body": ""}, "Write the text of the message"),
    ],
    ids=["unknown field", "syntax", "include", "endless loop", "too long", "subject", "in a branch", "filter", "empty"],
)  # fmt: skip
def test_what_could_not_be_sent_is_refused_with_its_line(
    desk: Desk, changes: dict[str, str], said: str
) -> None:
    answer = desk.write(**changes)
    assert answer.status_code == 422
    page = text(answer)
    assert re.search(said, page.replace("&#x27;", "'"))
    written = next(iter(changes.values())).split("\n")[0][:40]
    assert escape(written) in page
    with desk.house.scope():
        assert desk.draft().authors == []


def test_a_draft_changed_meanwhile_is_not_overwritten(desk: Desk) -> None:
    desk.author.post(f"{PAGE}/fr/draft")
    stale = desk.seen()
    desk.write(subject="Neuf")
    answer = desk.author.post(f"{PAGE}/fr", {**OURS, "subject": "Vieux", "seen": stale})
    assert answer.status_code == 422
    assert "Somebody changed this text" in text(answer)
    with desk.house.scope():
        assert desk.draft().subject == "Neuf"


# --- shown on three customers ---------------------------------------------------------------------------------------


def test_three_customers_that_differ_are_chosen(desk: Desk) -> None:
    desk.write()
    desk.show()
    with desk.house.scope():
        shown = set(desk.draft().rendered_for)
    expected = {str(desk.customers[code].pk) for code in ("B-CREDIT", "C-MANY", "D-POUNDS")}
    assert shown == expected


def test_others_can_be_chosen(desk: Desk) -> None:
    desk.write()
    chosen = [desk.customers[code].pk for code in ("E-ENGLISH", "A-ONE")]
    answer: Any = desk.author.post(f"{PAGE}/fr/show", {"customer": chosen})
    assert [f"customer={each}" in answer.url for each in chosen] == [True, True]
    with desk.house.scope():
        assert {str(each) for each in chosen} < set(desk.draft().rendered_for)


def test_the_preview_nets_credit_notes_and_keeps_each_currency(desk: Desk) -> None:
    desk.write()
    page = text(desk.author.get(desk.show()["Location"]))
    assert "800,00" in page  # 900 less 100
    assert "700,00" in page
    assert page.count("1 line<") == 2
    assert page.count("3 lines<") == 1
    assert "£" in page


def test_a_preview_is_a_frame_that_runs_nothing(desk: Desk) -> None:
    desk.write(
        body=OURS["body"] + "<script>alert(1)</script><img src='https://evil.example/x.gif'>"
    )
    page = desk.author.get(desk.show()["Location"])
    frames = re.findall(r"<iframe [^>]*>", text(page))
    assert len(frames) == 3
    assert all('sandbox title="' in frame for frame in frames)
    assert "unsafe-inline" not in page.headers["Content-Security-Policy"]
    source = re.search(r'src="([^"]+)"', frames[0])
    assert source
    mail = desk.author.get(source.group(1))
    policy = mail.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert policy.endswith("sandbox")
    assert mail.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert "evil.example" not in text(mail)
    assert "<script" not in text(mail)
    assert "Bonjour" in text(mail)


def test_with_fewer_customers_all_there_are_is_enough_and_said(desk: Desk) -> None:
    with desk.house.scope():
        kept = desk.customers["A-ONE"]
        DueLine.objects.exclude(customer=kept).update(is_open=False, open_amount=0)
    desk.write()
    assert "Only 1 customer would get this message today" in text(
        desk.publisher.get(desk.show()["Location"])
    )
    assert desk.publish().status_code == 302


def test_a_customer_of_another_company_is_shown_to_nobody(
    desk: Desk, other_house: House, make_customer: object
) -> None:
    desk.write()
    with other_house.scope():
        stranger = make_customer(other_house, code="X")  # type: ignore[operator]
    assert desk.author.get(f"{PAGE}/fr/preview/{stranger.pk}").status_code == 404


# --- published by another person ------------------------------------------------------------------------------------


def test_the_author_does_not_publish(desk: Desk) -> None:
    writer = desk.house.client("credit_manager")
    writer.post(f"{PAGE}/fr/draft")
    writer.post(f"{PAGE}/fr", {**OURS, "seen": desk.seen()})
    writer.post(f"{PAGE}/fr/show")
    answer = desk.publish()
    assert answer.status_code == 422
    assert "S10" in text(answer)
    with desk.house.scope():
        assert desk.draft().is_draft


def test_the_database_refuses_an_author_who_publishes(desk: Desk) -> None:
    desk.write()
    with desk.house.scope():
        author = Membership.objects.get(email="credit.analyst@atelier.example")
        changes = {"is_draft": False, "published_by": author, "published_at": timezone.now()}
        for written_by in (author, None):
            with pytest.raises(IntegrityError), transaction.atomic():
                MessageText.objects.update(**changes, written_by=written_by)


def test_an_analyst_publishes_nothing(desk: Desk) -> None:
    desk.write()
    desk.show()
    assert desk.author.post(f"{PAGE}/fr/publish", {"seen": desk.seen()}).status_code == 403


@pytest.mark.parametrize("role", ["collector", "executive", "tenant_admin", "sales_rep"])
def test_others_do_not_open_the_texts(desk: Desk, role: str) -> None:
    client = desk.house.client(role)
    assert client.get("/templates").status_code == 403
    assert client.post(f"{PAGE}/fr/draft").status_code == 403


def test_a_draft_never_shown_is_not_published(desk: Desk) -> None:
    desk.write()
    answer = desk.publish()
    assert answer.status_code == 422
    assert "was shown on 0 customers as it stands now; 3 are needed" in text(answer)


def test_a_word_more_and_it_has_to_be_shown_again(desk: Desk) -> None:
    desk.write()
    desk.show()
    desk.write(subject="Encore {{ total }}")
    assert desk.publish().status_code == 422


def test_a_text_in_another_language_is_translated_before_it_is_published(desk: Desk) -> None:
    desk.author.post(f"{PAGE}/languages", {"language": "de"})
    desk.show(language="de")
    answer = desk.publish(language="de")
    assert answer.status_code == 422
    assert "word for word what the one in English says" in text(answer)


def test_publishing_twice_says_that_there_is_no_draft(desk: Desk) -> None:
    desk.write()
    desk.show()
    data = {"seen": desk.seen()}
    assert desk.publisher.post(f"{PAGE}/fr/publish", data).status_code == 302
    again = desk.publisher.post(f"{PAGE}/fr/publish", data)
    assert again.status_code == 422
    assert "There is no draft any more" in text(again)


def test_a_published_text_is_in_force_and_the_next_version_follows(desk: Desk) -> None:
    desk.in_force()
    desk.in_force(subject="Deuxième {{ total }}")
    with desk.house.scope():
        text_ = text_in_force(Register.COURTEOUS, wanted="fr", fallback="fr")
        assert text_.words is not None
        assert (text_.words.number, text_.words.subject) == (2, "Deuxième {{ total }}")
        actions = set(AuditEvent.objects.values_list("action", flat=True))
    assert {"dunning.open_text", "dunning.show_text", "dunning.publish_text"} <= actions


def test_a_discarded_draft_leaves_what_is_in_force(desk: Desk) -> None:
    desk.in_force()
    desk.write(subject="Autre")
    desk.author.post(f"{PAGE}/fr/discard", {"seen": desk.seen()})
    with desk.house.scope():
        assert MessageText.objects.get().subject == OURS["subject"]


def test_a_missing_language_is_marked(desk: Desk) -> None:
    with desk.house.scope():
        Customer.objects.filter(code="A-ONE").update(language="de")
    page = text(desk.author.get("/templates"))
    assert "Somebody reads a language in which a text is missing" in page
    assert "Courteous (German)" in page


@pytest.mark.parametrize("path", ["/templates/nothing", "/templates/nothing/fr/preview"])
def test_a_register_nobody_knows_is_not_found(desk: Desk, path: str) -> None:
    assert desk.author.get(path).status_code == 404


def test_a_language_nobody_writes_is_refused_in_words(desk: Desk) -> None:
    answer = desk.author.post(f"{PAGE}/xx/draft")
    assert answer.status_code == 422
    assert "Texts are not written in" in text(answer)
