"""The committees' pages: a session is prepared, called, voted and closed; who has no part in it sees nothing."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import override_settings
from django.utils import timezone

from accounts.models import Tenant, User
from credit.models import (
    AgendaFile,
    Committee,
    CommitteeMinutes,
    CommitteeSession,
    CommitteeTask,
    CommitteeVote,
    VoteLink,
)
from credit.services.vote_links import read_token, token_for
from tests.cast import House
from tests.credit.sitting import Table, at_committee, browser_of, seated, table_of

pytestmark = pytest.mark.django_db
PRESS = "tests.credit.test_committee.plain_press"


@pytest.fixture
def table(house: House) -> Table:
    made = table_of(house)
    User.objects.update(language="en")
    with made.scope():
        Tenant.objects.update(language="en")
        seated(made)
        at_committee(made)
    return made


def prepared(table: Table) -> str:
    """Prepare and call a session by its pages; return its address."""
    analyst = browser_of(table, table.cast.analyst)
    with table.scope():
        committee = Committee.objects.get()
    now = timezone.now()
    typed = {
        "meets_at": (now + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M"),
        "place": "Room 3",
        "closes_at": (now + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M"),
    }
    answer = analyst.post(f"/committees/{committee.pk}/sessions/new", typed)
    assert answer.status_code == 302
    address = str(answer.headers["Location"])
    assert "Menuiserie Kerlann" in analyst.get(address).content.decode()
    assert analyst.post(f"{address}/call").status_code == 302
    return address


def the_file(table: Table) -> AgendaFile:
    with table.scope():
        return AgendaFile.objects.get()


@override_settings(OTC_PDF_PRESS=PRESS)
def test_a_session_goes_from_its_agenda_to_its_minutes(table: Table) -> None:
    address = prepared(table)
    file = the_file(table)
    number = file.reference
    rep = browser_of(table, table.cast.rep)
    manager = browser_of(table, table.cast.manager)
    for actor, typed in (
        (table.sales, {"position": "yes", "reason": "They grow"}),
        (table.finance, {"position": "conditions", "reason": "Tight cash", "amount": "90 000", "deposit": "30"}),
        (table.chair, {"position": "yes"}),
    ):  # fmt: skip
        browser = browser_of(table, actor)
        assert "Your votes" in browser.get("/committees").content.decode()
        assert browser.get(f"/committees/files/{file.pk}").status_code == 200
        refused = browser.post(f"/committees/files/{file.pk}", {"position": "no"})
        assert (refused.status_code, "Say why" in refused.content.decode()) == (422, True)
        assert browser.post(f"/committees/files/{file.pk}", typed).status_code == 302
        assert "Your votes" not in browser.get("/committees").content.decode()
        assert browser.get(f"/credit/requests/{number}").status_code == 200
    seen = rep.get(f"/credit/requests/{number}").content.decode()
    assert "Credit committee" in seen
    assert "Tight cash" not in seen
    assert "Tight cash" in manager.get(f"/credit/requests/{number}").content.decode()
    dossier = manager.get(f"/credit/requests/{number}/dossier.pdf").content.decode()
    assert all(word in dossier for word in (number, "Menuiserie Kerlann", "Tight cash", "120,000"))
    assert rep.get(f"/credit/requests/{number}/dossier.pdf").status_code == 403
    assert rep.get(address).status_code == 404
    assert rep.post(f"{address}/close").status_code == 403
    assert manager.post(f"{address}/close").status_code == 302
    with table.scope():
        assert CommitteeSession.objects.get().state == "closed"
        minutes = CommitteeMinutes.objects.get()
        task = CommitteeTask.objects.get()
    for language, word in (("fr", "Procès-verbal"), ("en", "Minutes of")):
        paper = manager.get(f"/committees/minutes/{minutes.pk}.pdf?lang={language}")
        assert word in paper.content.decode()
    assert rep.get(f"/committees/minutes/{minutes.pk}.pdf").status_code == 404
    assert "Collect a deposit of 30" in rep.get("/committees").content.decode()
    assert rep.post(f"/committees/tasks/{task.pk}/done").status_code == 302
    with table.scope():
        task.refresh_from_db()
        assert task.done_by_id == table.cast.rep.membership_id


def link_of(table: Table, actor: Any) -> tuple[str, VoteLink]:  # noqa: ANN401
    with table.scope():
        link = VoteLink.objects.get(person=actor.membership_id)
        return f"/v/{token_for(link.tenant_id, link.pk)}", link


def votes(table: Table) -> int:
    with table.scope():
        return CommitteeVote.objects.count()


def test_a_personal_link_votes_once_and_only_by_a_typed_word(table: Table, client: Any) -> None:  # noqa: ANN401
    prepared(table)
    reference = the_file(table).reference
    address, link = link_of(table, table.finance)
    for _time in range(2):  # a scanner opens what it finds, and sends the form as it stands
        page = client.get(address)
        assert page.status_code == 200
        assert reference in page.content.decode()
        assert page.headers["Referrer-Policy"] == "no-referrer"
        assert client.head(address).status_code == 200
    for typed in ({}, {"position": "yes"}, {"position": "yes", "typed": "DC-0000-000"}):
        assert client.post(address, typed).status_code == 422
    assert votes(table) == 0
    confirmed = {"position": "yes", "typed": f" {reference.lower()} "}
    assert "is recorded" in client.post(address, confirmed).content.decode()
    assert votes(table) == 1
    again = client.post(address, {**confirmed, "position": "no", "reason": "Changed my mind"})
    assert (again.status_code, "is recorded" in again.content.decode()) == (422, True)
    assert "is recorded" in client.get(address).content.decode()
    with table.scope():
        vote = CommitteeVote.objects.get()
        assert (vote.position, vote.is_by_link, vote.voter_id) == (
            "yes", True, table.finance.membership_id,
        )  # fmt: skip
        link.refresh_from_db()
        assert link.used_at is not None


def test_a_link_that_was_altered_or_made_up_opens_nothing(
    table: Table,
    other_house: House,
    client: Any,  # noqa: ANN401
) -> None:
    prepared(table)
    address, link = link_of(table, table.finance)
    _other, theirs = link_of(table, table.chair)
    token = address.removeprefix("/v/")
    for place in range(len(token)):
        letter = "A" if token[place] != "A" else "B"
        altered = token[:place] + letter + token[place + 1 :]
        assert read_token(altered) is None
    mixed = token_for(other_house.tenant_id, link.pk)  # signed, for a tenant that has no such row
    for wrong in ("x", token[:-1], token + "A", "é" * 64, mixed, "-" * 64):
        assert client.get(f"/v/{wrong}").status_code == 404
    # The seat of another cannot be asked for: a link is one row, and the row names the person.
    client.post(
        address, {"position": "yes", "typed": the_file(table).reference, "seat": theirs.seat_id}
    )
    with table.scope():
        assert CommitteeVote.objects.get().voter_id == table.finance.membership_id


def test_a_committee_is_proposed_by_one_person_and_agreed_by_another(table: Table) -> None:
    manager, other = (
        browser_of(table, table.cast.manager),
        browser_of(table, table.cast.other_manager),
    )
    with table.scope():
        committee = Committee.objects.get()
    page = f"/committees/{committee.pk}"
    typed = {
        "quorum": "2",
        "seat_1": str(table.finance.membership_id),
        "seat_2": str(table.chair.membership_id),
        "arbiter": str(table.director.membership_id),
    }
    assert manager.post(page, {**typed, "quorum": "1"}).status_code == 422
    assert manager.post(page, typed).status_code == 302
    assert manager.post(f"{page}/agree").status_code == 422
    assert browser_of(table, table.cast.analyst).post(f"{page}/agree").status_code == 403
    assert other.post(f"{page}/agree").status_code == 302
    assert "Put in force" not in other.get(page).content.decode()
    assert manager.get("/committees/new").status_code == 200
    flagged = browser_of(table, table.cast.analyst).post("/committees/flag", {"customer": "NONE"})
    assert flagged.status_code == 422
    assert browser_of(table, table.cast.rep).get("/committees/flag").status_code == 403
