"""The pages of scenarios: list, track and editor, changes and publication, rules."""

import re
from collections.abc import Callable

import pytest
from django.http import HttpResponse
from django.test import Client

from accounts.models import Scope, Tenant, User
from dunning.models import (
    AssignmentRule,
    Scenario,
    ScenarioAssignment,
    ScenarioVersion,
    SendingSwitch,
    Step,
    SwitchScope,
)
from dunning.services.scenarios import ensure_ready_scenarios
from ledger.models import Customer
from tests.cast import NOW, House

STANDARD = "/scenarios/standard-b2b"
NUMBER_OF_D10 = 3  # in the ready scenario

STEP = {
    "number": str(NUMBER_OF_D10), "days": "10", "side": "after", "label": "", "channel": "email", "level": "2",
    "register": "firm", "mode": "auto", "recipient": "", "only_from": "", "minimum_amount": "", "has_statement": "on",
}  # fmt: skip
PARAMETERS = {
    "contact_gap_days": "5", "contact_cap": "4", "call_cap": "2", "pace": "1", "copy_sales_from_level": "3",
    "group_minimum": "20", "confirm_from_level": "3",
    "confirm_above": "50 000", "weekdays": ["1", "2", "3"], "opens_at": "09:00", "closes_at": "11:30",
    "catch_up": "current",
}  # fmt: skip


@pytest.fixture
def installed(house: House) -> House:
    """Return a house with the ready scenarios, whose people read English."""
    for role in ("credit_analyst", "credit_manager"):
        house.member(role)
    User.objects.update(language="en")
    with house.scope():
        Tenant.objects.update(language="en")
        ensure_ready_scenarios()
    return house


@pytest.fixture
def analyst(installed: House) -> Client:
    return installed.client("credit_analyst")


@pytest.fixture
def manager(installed: House) -> Client:
    return installed.client("credit_manager")


def text(answer: object) -> str:
    assert isinstance(answer, HttpResponse)
    return answer.content.decode()


def seen(client: Client, path: str = STANDARD) -> str:
    """Return the state of the draft that the page shows."""
    found = re.search(r'name="seen" value="([^"]+)"', text(client.get(path)))
    assert found
    return found.group(1)


@pytest.fixture
def draft(analyst: Client) -> Client:
    """Return the browser of an analyst who opened the draft of the standard scenario."""
    assert analyst.post(f"{STANDARD}/draft").status_code == 302
    return analyst


def days(house: House) -> list[int]:
    with house.scope():
        return list(
            Step.objects.filter(version__is_draft=True).values_list("offset_days", flat=True)
        )


def test_the_list_says_what_scenarios_are_for_and_who_follows_them(
    installed: House, manager: Client, make_customer: Callable[..., Customer]
) -> None:
    with installed.scope():
        make_customer(installed)
        ScenarioAssignment.objects.create(
            customer=make_customer(installed, code="C002"),
            scenario=Scenario.objects.get(code="risky"),
            since_date=NOW.date(),
        )
        SendingSwitch.objects.create(
            scope=SwitchScope.SCENARIO,
            scenario=Scenario.objects.get(code="risky"),
            is_stopped=True,
            changed_at=NOW,
        )
    page = text(manager.get("/scenarios"))
    assert "Administrations, which pay through Chorus Pro" in page
    assert re.findall(r'\?scenario=[a-z0-9-]+">(\d+)</a>', page) == [
        "1", "0", "0", "0", "0", "1", "0", "0", "0",
    ]  # fmt: skip
    assert page.count("Stopped") == 1
    assert 'href="/scenarios/standard-b2b"' in page


def test_the_list_is_asked_in_one_go(
    manager: Client, django_assert_max_num_queries: Callable[..., object]
) -> None:
    manager.get("/scenarios")  # a first page notes the session's use
    with django_assert_max_num_queries(28):  # type: ignore[attr-defined]
        manager.get("/scenarios")


def test_a_house_without_a_plan_installs_the_ready_scenarios_first(house: House) -> None:
    client = house.client("credit_analyst")
    assert 'action="/scenarios/install"' in text(client.get("/scenarios"))
    assert client.post("/scenarios/install").status_code == 302
    page = text(client.get("/scenarios"))
    assert "Grand compte" in page  # in the company's language
    assert "/scenarios/install" not in page


def test_the_menu_leads_to_scenarios_for_those_who_write_them(
    manager: Client, installed: House
) -> None:
    assert 'href="/scenarios"' in text(manager.get("/agenda"))
    assert 'href="/scenarios"' not in text(installed.client("collector").get("/agenda"))


@pytest.mark.parametrize(
    "path", ["/scenarios", STANDARD, f"{STANDARD}/changes", "/scenarios/rules"]
)
@pytest.mark.parametrize("role", ["collector", "sales_rep", "tenant_admin"])
def test_others_see_no_scenario(installed: House, role: str, path: str) -> None:
    assert installed.client(role).get(path).status_code == 403


@pytest.mark.parametrize(
    "path",
    [
        f"{STANDARD}/publish", f"{STANDARD}/archive", f"{STANDARD}/restore", "/scenarios/rules/new",
        "/scenarios/rules/suggested",
    ],
)  # fmt: skip
def test_an_analyst_proposes_and_does_not_decide(analyst: Client, path: str) -> None:
    assert analyst.post(path).status_code == 403


@pytest.mark.parametrize(
    "path",
    ["install", "new", "standard-b2b/draft", "standard-b2b/discard", "standard-b2b/steps",
     "standard-b2b/steps/3/duplicate", "standard-b2b/steps/3/delete", "standard-b2b/parameters"],
)  # fmt: skip
def test_who_only_sends_reminders_writes_no_scenario(installed: House, path: str) -> None:
    assert installed.client("collector").post(f"/scenarios/{path}").status_code == 403


def test_another_tenant_has_no_such_scenario(
    draft: Client, installed: House, other_house: House
) -> None:
    stranger = other_house.client("credit_manager")
    assert stranger.get(STANDARD).status_code == 404
    assert "Standard" not in text(stranger.get("/scenarios"))
    for path in ("steps", "publish", "discard", "parameters", "draft"):
        assert stranger.post(f"{STANDARD}/{path}", STEP).status_code == 404
    assert days(installed) == [-7, 3, 10, 20, 30, 45, 60]


def test_the_track_stands_around_the_due_date(manager: Client) -> None:
    page = text(manager.get(STANDARD))
    track = page[
        page.index('<ol class="track"') : page.index("</ol>", page.index('<ol class="track"'))
    ]
    assert re.findall(r'class="day">([^<]+)<', track) == [
        "D−7", "Due date", "D+3", "D+10", "D+20", "D+30", "D+45", "D+60",
    ]  # fmt: skip
    assert track.count("#i-bolt") == 3
    assert track.count("#i-hand") == 4
    assert 'name="add"' not in track
    assert "never changed" in page


def test_a_step_is_chosen_by_its_address(manager: Client) -> None:
    page = text(manager.get(f"{STANDARD}?step=4"))
    assert re.search(r'value="4" aria-pressed="true"', page)
    assert "D+20 · Call with script" in page
    assert "<dt>Written to</dt><dd>Whoever fits the level</dd>" in page
    assert "<dt>Tone</dt>" not in page  # a call has none
    assert text(manager.get(f"{STANDARD}?step=999")).count('aria-pressed="true"') == 1


def test_the_table_shows_the_same_steps(manager: Client) -> None:
    page = text(manager.get(f"{STANDARD}?view=table"))
    assert page.count("<tr data-row") == 7
    assert "Call with script" in page


@pytest.mark.parametrize("query", ["version=99", "version=0"])
def test_a_version_that_does_not_exist_is_not_found(manager: Client, query: str) -> None:
    assert manager.get(f"{STANDARD}?{query}").status_code == 404


@pytest.mark.parametrize("query", ["step=x", "version=²", "add=99999999999999", "view=", "step=-1"])
def test_whatever_an_address_asks_is_answered(draft: Client, query: str) -> None:
    assert draft.get(f"{STANDARD}?{query}").status_code == 200


def test_a_changed_scenario_shows_its_draft_and_keeps_the_published_one(draft: Client) -> None:
    page = text(draft.get(STANDARD))
    assert "Version 2, draft in progress" in page
    assert 'name="add"' in page
    published = text(draft.get(f"{STANDARD}?version=1"))
    assert "never changed" in published
    assert 'name="version" value="1"' in published


def test_a_step_is_saved(draft: Client, installed: House) -> None:
    form = {
        **STEP,
        "days": "12",
        "only_from": "1 500,50 €",
        "seen": seen(draft),
        "recipient": "buyer",
    }
    answer = draft.post(f"{STANDARD}/steps", form)
    assert answer.status_code == 302
    assert answer.headers["Location"] == f"{STANDARD}?step={NUMBER_OF_D10}"
    with installed.scope():
        step = Step.objects.get(version__is_draft=True, number=NUMBER_OF_D10)
        assert (step.offset_days, str(step.only_from), step.recipient) == (12, "1500.5000", "buyer")


@pytest.mark.parametrize(("move", "day"), [("earlier", 9), ("later", 11)])
def test_minus_and_plus_move_a_step_by_a_day_and_lose_nothing_written(
    draft: Client, installed: House, move: str, day: int
) -> None:
    form = {**STEP, "move": move, "label": "Second word", "seen": seen(draft)}
    assert draft.post(f"{STANDARD}/steps", form).status_code == 302
    with installed.scope():
        step = Step.objects.get(version__is_draft=True, number=NUMBER_OF_D10)
        assert (step.offset_days, step.label) == (day, "Second word")


def test_a_step_is_added_between_two(draft: Client, installed: House) -> None:
    page = text(draft.get(f"{STANDARD}?add=6"))
    assert "New step" in page
    assert re.search(r'name="days" value="6"', page)
    form = {
        **STEP,
        "number": "",
        "days": "6",
        "level": "1",
        "seen": seen(draft, f"{STANDARD}?add=6"),
    }
    assert draft.post(f"{STANDARD}/steps", form).status_code == 302
    assert 6 in days(installed)


def test_a_day_that_is_taken_is_said_and_what_was_written_is_kept(
    draft: Client, installed: House
) -> None:
    form = {**STEP, "days": "20", "label": "My own words", "seen": seen(draft)}
    answer = draft.post(f"{STANDARD}/steps", form)
    assert answer.status_code == 422
    page = text(answer)
    assert "already stands on D+20" in page
    assert 'value="My own words"' in page
    assert "<title>Error:" in " ".join(page.split())
    assert 20 in days(installed)


def test_two_authors_do_not_overwrite_each_other(
    draft: Client, manager: Client, installed: House
) -> None:
    stale = seen(manager)
    draft.post(f"{STANDARD}/steps", {**STEP, "days": "12", "seen": seen(draft)})
    answer = manager.post(f"{STANDARD}/steps", {**STEP, "label": "Mine", "seen": stale})
    assert answer.status_code == 422
    page = text(answer)
    assert "Credit Analyst changed this draft" in page
    assert 'value="Mine"' in page
    assert "D+12" in page
    fresh = re.search(r'name="seen" value="([^"]+)"', page)
    assert fresh
    again = manager.post(f"{STANDARD}/steps", {**STEP, "label": "Mine", "seen": fresh.group(1)})
    assert again.status_code == 302


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("days", "", "Write on which day"),
        ("days", "ten", "whole number of days"),
        ("days", "0", "on the due date itself"),
        ("only_from", "much", "amount"),
        ("only_from", "-5", "not negative"),
        ("channel", "pigeon", "pigeon"),
    ],
)
def test_what_cannot_be_read_is_said_at_the_field(
    draft: Client, field: str, typed: str, said: str
) -> None:
    answer = draft.post(f"{STANDARD}/steps", {**STEP, field: typed, "seen": seen(draft)})
    assert answer.status_code == 422
    assert said in text(answer)


def test_a_step_is_copied_and_taken_out(draft: Client, installed: House) -> None:
    draft.post(f"{STANDARD}/steps/3/duplicate", {"seen": seen(draft)})
    assert 11 in days(installed)
    draft.post(f"{STANDARD}/steps/3/delete", {"seen": seen(draft)})
    assert 10 not in days(installed)
    assert draft.post(f"{STANDARD}/steps/3/delete", {"seen": seen(draft)}).status_code == 422


def test_a_draft_without_steps_asks_for_the_first(draft: Client, installed: House) -> None:
    with installed.scope():
        Step.objects.filter(version__is_draft=True).delete()
    page = text(draft.get(STANDARD))
    assert "New step" in page
    assert "There is no step yet" in page


def test_parameters_are_saved_and_their_bounds_said(draft: Client, installed: House) -> None:
    page = text(draft.get(STANDARD))
    assert "Default: 5 d; from 1 to 30." in page.replace("\u00a0", " ")
    form = {**PARAMETERS, "contact_gap_days": "8", "seen": seen(draft)}
    assert draft.post(f"{STANDARD}/parameters", form).status_code == 302
    with installed.scope():
        assert ScenarioVersion.objects.get(is_draft=True).parameters == {"contact_gap_days": 8}
    refused = draft.post(
        f"{STANDARD}/parameters", {**form, "contact_cap": "9", "seen": seen(draft)}
    )
    assert refused.status_code == 422
    assert "between 1 and 4" in text(refused)


def test_a_scenario_without_a_sending_day_is_refused(draft: Client) -> None:
    form = {**PARAMETERS, "weekdays": [], "seen": seen(draft)}
    answer = draft.post(f"{STANDARD}/parameters", form)
    assert answer.status_code == 422
    assert "at least one day" in text(answer)


def test_changes_are_shown_before_they_are_published(draft: Client, manager: Client) -> None:
    draft.post(f"{STANDARD}/steps", {**STEP, "days": "12", "mode": "confirm", "seen": seen(draft)})
    page = text(manager.get(f"{STANDARD}/changes"))
    assert "D+12 · Level 2, firm" in page
    assert '<span class="vh">before </span>D+10</del>' in page
    assert "To confirm" in page
    assert f'action="{STANDARD}/publish"' in page
    assert f'action="{STANDARD}/publish"' not in text(draft.get(f"{STANDARD}/changes"))


def test_another_person_publishes(draft: Client, manager: Client, installed: House) -> None:
    draft.post(f"{STANDARD}/steps", {**STEP, "days": "12", "seen": seen(draft)})
    answer = manager.post(f"{STANDARD}/publish", {"seen": seen(manager, f"{STANDARD}/changes")})
    assert answer.status_code == 302
    with installed.scope():
        version = ScenarioVersion.objects.get(scenario__code="standard-b2b", number=2)
        assert not version.is_draft
        assert version.published_by_id == installed.member_known("credit_manager")
    assert "Version 2" in text(manager.get(STANDARD))
    assert manager.get(f"{STANDARD}/changes").status_code == 404


def test_who_wrote_in_it_is_refused_with_rule_and_names(manager: Client, installed: House) -> None:
    manager.post(f"{STANDARD}/draft")
    manager.post(f"{STANDARD}/steps", {**STEP, "days": "12", "seen": seen(manager)})
    page = text(manager.get(f"{STANDARD}/changes"))
    assert "rule S10" in page
    answer = manager.post(f"{STANDARD}/publish", {"seen": seen(manager)})
    assert answer.status_code == 422
    assert 'data-refusal="scenario_s10_two_people"' in text(answer)
    assert "Credit Manager" in text(answer)


def test_what_keeps_a_draft_back_is_shown_while_it_is_written(
    draft: Client, manager: Client
) -> None:
    letter = {
        **STEP,
        "number": "6",
        "days": "45",
        "channel": "registered_letter",
        "level": "4",
        "mode": "auto",
    }
    draft.post(f"{STANDARD}/steps", {**letter, "seen": seen(draft)})
    assert "set to leave by itself" in text(draft.get(STANDARD))
    page = text(manager.get(f"{STANDARD}/changes"))
    assert "set to leave by itself" in page
    assert f'action="{STANDARD}/publish"' not in page
    assert manager.post(f"{STANDARD}/publish", {"seen": seen(manager)}).status_code == 422


def test_a_draft_is_discarded(draft: Client, installed: House) -> None:
    assert draft.post(f"{STANDARD}/discard", {"seen": seen(draft)}).status_code == 302
    assert days(installed) == []
    assert draft.post(f"{STANDARD}/discard", {"seen": "x"}).status_code == 422


def test_a_scenario_is_begun_copied_and_put_away(analyst: Client, manager: Client) -> None:
    answer = analyst.post("/scenarios/new", {"name": "Builders", "source": "ready:risky"})
    assert answer.headers["Location"] == "/scenarios/builders"
    assert "Never published" in text(analyst.get("/scenarios"))
    refused = analyst.post("/scenarios/new", {"name": "Builders", "source": "ready:risky"})
    assert refused.status_code == 422
    assert "There is already a scenario" in text(refused)
    again = analyst.post("/scenarios/new", {"name": "Builders, South", "source": "own:builders"})
    assert again.headers["Location"] == "/scenarios/builders-south"
    unknown = analyst.post("/scenarios/new", {"name": "Builders, West", "source": "own:nothing"})
    assert unknown.status_code == 422
    assert re.search(r'value="own:risky" selected', text(analyst.get("/scenarios?copy=risky")))
    copy = analyst.post("/scenarios/new", {"name": "Risky, North", "source": "own:risky"})
    assert copy.headers["Location"] == "/scenarios/risky-north"
    assert manager.post("/scenarios/risky-north/archive").status_code == 302
    assert "Bring back" in text(manager.get("/scenarios"))
    assert manager.post("/scenarios/risky-north/restore").status_code == 302
    assert manager.post(f"{STANDARD}/archive").status_code == 422


def test_a_name_that_looks_like_markup_is_shown_as_it_is(analyst: Client) -> None:
    analyst.post("/scenarios/new", {"name": "<b>Bold</b>", "source": "ready:risky"})
    assert "&lt;b&gt;Bold&lt;/b&gt;" in text(analyst.get("/scenarios"))
    assert "<b>Bold</b>" not in text(analyst.get("/scenarios"))


def rule_form(house: House, **fields: object) -> dict[str, object]:
    with house.scope():
        scenario = Scenario.objects.get(code="risky").pk
    return {"name": "Late payers", "scenario": str(scenario), **fields}


def test_a_rule_is_written_and_shown_as_a_sentence(installed: House, manager: Client) -> None:
    with installed.scope():
        path = Scope.objects.get(code="NORD").path
    form = rule_form(
        installed, profiles=["late", "bad"], portfolios=[path], overdue_from="1k", limit_used_from="90",
        risk_classes=["D"], open_below="300000",
    )  # fmt: skip
    assert manager.post("/scenarios/rules/new", form).status_code == 302
    page = text(manager.get("/scenarios/rules")).replace("\u00a0", " ")
    assert (
        "Customers who are followed in Nord, pay like this: Late payer or Very late payer, are in risk class D, "
        "owe less than €300,000 in all, are late with at least €1,000 and use at least 90% of their limit "
        "follow “Risky or uninsured”."
    ) in page
    with installed.scope():
        rule = AssignmentRule.objects.get()
        assert rule.conditions["limit_used_from"] == "0.9"
        assert rule.changed_by_id == installed.member_known("credit_manager")


def test_a_rule_that_asks_nothing_is_refused_at_the_form(installed: House, manager: Client) -> None:
    answer = manager.post("/scenarios/rules/new", rule_form(installed))
    assert answer.status_code == 422
    assert "asks nothing" in text(answer)


@pytest.mark.parametrize(
    ("field", "typed"),
    [("countries", ["XX"]), ("portfolios", ["/other/"]), ("profiles", ["kind"]), ("limit_used_from", "0"),
     ("limit_used_from", "half"), ("open_from", "x"), ("scenario", "none")],
)  # fmt: skip
def test_a_condition_nobody_offered_is_refused(
    installed: House, manager: Client, field: str, typed: object
) -> None:
    form = rule_form(installed, profiles=["late"]) | {field: typed}
    assert manager.post("/scenarios/rules/new", form).status_code == 422


def test_a_rule_that_is_never_reached_names_the_one_that_hides_it(
    installed: House, manager: Client
) -> None:
    manager.post("/scenarios/rules/new", rule_form(installed, profiles=["late", "bad"]))
    manager.post(
        "/scenarios/rules/new",
        rule_form(installed, name="Very late", profiles=["bad"], open_from="5"),
    )
    assert "Never reached: “Late payers”" in text(manager.get("/scenarios/rules"))
    with installed.scope():
        hidden = AssignmentRule.objects.get(name="Very late").pk
        hiding = AssignmentRule.objects.get(name="Late payers").pk
    manager.post(f"/scenarios/rules/{hiding}/switch", {"to": "off"})
    assert "Never reached" not in text(manager.get("/scenarios/rules"))
    manager.post(f"/scenarios/rules/{hiding}/switch", {"to": "on"})
    assert manager.post(f"/scenarios/rules/{hidden}/move", {"to": "up"}).status_code == 302
    assert "Never reached" not in text(manager.get("/scenarios/rules"))


def test_a_rule_is_changed_switched_off_and_deleted(installed: House, manager: Client) -> None:
    manager.post("/scenarios/rules/new", rule_form(installed, profiles=["late"]))
    with installed.scope():
        path = f"/scenarios/rules/{AssignmentRule.objects.get().pk}"
    page = text(manager.get(path))
    assert re.search(r'value="late"[^>]* checked', page)
    form = rule_form(installed, name="Bad payers", profiles=["bad"], seen=seen(manager, path))
    assert manager.post(path, form).status_code == 302
    stale = manager.post(path, form)
    assert stale.status_code == 422
    assert "changed the rule" in text(stale)
    manager.post(f"{path}/switch", {"to": "off"})
    assert "Switch on" in text(manager.get("/scenarios/rules"))
    assert manager.post(f"{path}/delete").status_code == 302
    assert manager.get(path).status_code == 404


def test_a_suggestion_is_added_once_and_switched_off(installed: House, manager: Client) -> None:
    page = text(manager.get("/scenarios/rules"))
    assert "Customers who are a public buyer follow “Public buyer”." in page
    assert page.count('name="code"') == 7
    for _twice in range(2):
        assert manager.post("/scenarios/rules/suggested", {"code": "public"}).status_code == 302
    assert manager.post("/scenarios/rules/suggested", {"code": "nonsense"}).status_code == 302
    with installed.scope():
        assert AssignmentRule.objects.get().is_active is False
    assert text(manager.get("/scenarios/rules")).count('name="code"') == 6


def test_an_analyst_reads_the_rules_and_changes_none(
    installed: House, analyst: Client, manager: Client
) -> None:
    manager.post("/scenarios/rules/new", rule_form(installed, profiles=["late"]))
    with installed.scope():
        path = f"/scenarios/rules/{AssignmentRule.objects.get().pk}"
    page = text(analyst.get("/scenarios/rules"))
    assert "Late payers" in page
    assert "/delete" not in page
    for act in ("", "/move", "/switch", "/delete"):
        assert analyst.post(f"{path}{act}").status_code == 403


def test_another_tenant_has_no_such_rule(
    installed: House, manager: Client, other_house: House
) -> None:
    manager.post("/scenarios/rules/new", rule_form(installed, profiles=["late"]))
    with installed.scope():
        path = f"/scenarios/rules/{AssignmentRule.objects.get().pk}"
    stranger = other_house.client("credit_manager")
    for act in ("", "/move", "/switch", "/delete"):
        assert stranger.post(f"{path}{act}").status_code == 404


def test_the_pages_speak_french(installed: House, manager: Client) -> None:
    User.objects.update(language="fr")
    page = text(manager.get(STANDARD))
    assert (
        "Scénario «\u202fStandard B2B\u202f»" in page
        or "Scénario «\u00a0Standard B2B\u00a0»" in page
    )
    assert "Piste autour de l’échéance" in page
    rules = text(manager.get("/scenarios/rules"))
    assert "Les clients qui sont acheteur public suivent" in rules
