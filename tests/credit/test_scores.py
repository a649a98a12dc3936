"""Scores over a ledger: night by night, published by two people, contradicted by people, never deciding anything."""

import ast
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import AuditEvent
from credit import models as tables
from credit.models import (
    ApprovalCeiling,
    Cover,
    CoverImport,
    CreditLimit,
    CreditRequest,
    FinancialStatement,
    InternalNotice,
    LookUp,
    Score,
    ScorecardVersion,
    ScoreOverride,
    ScoringRun,
    WatchAlert,
)
from credit.queries import score_facts
from credit.queries.charter_facts import known_about
from credit.queries.known import closed_reasons
from credit.queries.score_card import score_card, worth_of_request
from credit.queries.score_facts import InsurerOpinion, known_of, shrunk
from credit.queries.scores import Grades, grade_on, newest_scorecard
from credit.rules.charter import Kind
from credit.rules.ready_scorecard import READY_CARD
from credit.rules.scorecard import Criterion, Fact, Weighed, as_stored
from credit.rules.statements import Statement
from credit.services import score_inputs, score_opinions, scorecards
from credit.services.holds import Wanted, place_hold
from credit.services.rescoring import Rescored, rescore, rescore_if_missing
from dunning.models import Insolvency
from kernel.permissions import Actor, system_actor
from ledger.models import Allocation, Customer, Document, DueLine, TimelineEntry
from tests.cast import CustomerMaker, House
from tests.credit.asking import NOW, TODAY, Cast, cast_of

pytestmark = pytest.mark.django_db
NIGHT = timedelta(days=1)


@pytest.fixture
def cast(house: House) -> Cast:
    return cast_of(house)


@pytest.fixture
def published(cast: Cast) -> ScorecardVersion:
    with cast.house.scope():
        draft = scorecards.open_draft(actor=cast.analyst)
        version, _done = scorecards.publish(
            seen=scorecards.stamp(draft), actor=cast.manager, today=TODAY, now=NOW
        )
    return version


def invoice(
    customer: Customer,
    house: House,
    number: str,
    *,
    due: date,
    amount: int = 1000,
    paid: date | None = None,
) -> DueLine:
    """Add an invoice, paid whole on a day or not; inside an open scope."""
    facts = {"customer": customer, "entity_id": house.entity_id, "currency": "EUR"}
    document = Document.objects.create(
        kind="invoice", number=number, issue_date=due - timedelta(days=30), amount=amount, **facts
    )
    line = DueLine.objects.create(
        document=document, kind="invoice", issue_date=document.issue_date, due_date=due, contractual_due_date=due,
        amount=amount, open_amount=0 if paid else amount, is_open=not paid, cleared_date=paid, **facts,
    )  # fmt: skip
    if paid:
        money = Document.objects.create(
            kind="payment", number=f"P{number}", issue_date=paid, amount=-amount, **facts
        )
        credit = DueLine.objects.create(
            document=money, kind="payment", issue_date=paid, due_date=paid, contractual_due_date=paid,
            amount=-amount, open_amount=0, is_open=False, cleared_date=paid, **facts,
        )  # fmt: skip
        Allocation.objects.create(
            debit_line=line, credit_line=credit, amount=amount, effective_date=paid
        )
    return line


def night(house: House, day: date = TODAY) -> Rescored | None:
    at = datetime.combine(day, NOW.timetz())
    return rescore_if_missing(today=day, now=at, actor=system_actor(house.tenant_id))


def test_the_facts_are_those_of_the_ledger(cast: Cast, make_customer: CustomerMaker) -> None:
    house = cast.house
    with house.scope():
        good, late = make_customer(house, "GOOD"), make_customer(house, "LATE")
        for place in range(3):
            due = TODAY - timedelta(days=60 + place)
            invoice(good, house, f"G{place}", due=due, paid=due)
        invoice(late, house, "L1", due=TODAY - timedelta(days=40), amount=3000)
        invoice(late, house, "L2", due=TODAY + timedelta(days=5), amount=1000)
        CreditLimit.objects.create(customer=late, amount=5000, currency="EUR", valid_from=TODAY)
        known = known_of(None, today=TODAY)
        assert known[good.pk].facts[Criterion.DAYS_LATE].value == 0
        assert known[good.pk].facts[Criterion.SHARE_OVERDUE].value == 0
        # What is open and late counts as it stands: 40 days on one invoice, drawn to the house's 0 by eight (3.9).
        assert known[late.pk].facts[Criterion.DAYS_LATE].value == Decimal("4.4")
        assert known[late.pk].facts[Criterion.SHARE_OVERDUE].value == Decimal("0.75")
        assert known[late.pk].used == Decimal("0.8")
        assert known[good.pk].used is None
        assert known[late.pk].facts[Criterion.LEGAL_EVENT].value == "none"
        assert Criterion.ALTMAN not in known[late.pk].facts
        assert known_of([late.pk], today=TODAY)[late.pk] == known[late.pk]
    assert shrunk(3, Decimal(20), Decimal(8)).quantize(Decimal("0.1")) == Decimal("11.3")


def test_a_round_asks_as_many_questions_for_thirty_customers_as_for_one(
    cast: Cast, published: ScorecardVersion, make_customer: CustomerMaker
) -> None:
    house, counts = cast.house, []
    with house.scope():
        for many in (1, 30):
            for place in range(many):
                one = make_customer(house, f"N{many}-{place}")
                invoice(one, house, f"I{many}-{place}", due=TODAY - timedelta(days=50))
            with CaptureQueriesContext(connection) as asked:
                done = rescore(today=TODAY, now=NOW, actor=cast.manager)
            counts.append(len(asked))
            assert done is not None
            assert done.changed >= many
    assert counts[0] == counts[1]


def test_a_score_is_kept_for_each_day_on_which_it_changed(
    cast: Cast, published: ScorecardVersion, make_customer: CustomerMaker
) -> None:
    house = cast.house
    with house.scope():
        customer = make_customer(house, "C1")
        line = invoice(customer, house, "I1", due=TODAY + timedelta(days=2))
        first = night(house, TODAY + NIGHT)
        assert first is not None
        assert (first.customers, first.changed) == (1, 1)
        assert night(house, TODAY + NIGHT) is None  # once a day
        quiet = night(house, TODAY + 2 * NIGHT)
        assert quiet is not None
        assert quiet.changed == 0
        night(house, TODAY + 30 * NIGHT)
        days = list(Score.objects.filter(customer=customer).values_list("day", flat=True))
        assert days == [TODAY + 30 * NIGHT, TODAY + NIGHT]
        fell = Score.objects.filter(customer=customer).first()
        assert fell is not None
        assert Decimal(sum(Decimal(one[4]) for one in fell.lines)) == fell.points
        grades = Grades()
        before = Score.objects.filter(customer=customer).last()
        assert before is not None
        assert grades.on(customer.pk, TODAY + 29 * NIGHT) == before.grade
        assert (
            grades.on(customer.pk, TODAY + 30 * NIGHT)
            == fell.grade
            == grade_on(customer, TODAY + 30 * NIGHT)
        )
        assert grades.on(customer.pk, TODAY, "B") == "B"  # never scored then: the class
        customer.refresh_from_db()
        assert customer.risk_class == READY_CARD.classes[fell.grade]
        assert TimelineEntry.objects.filter(
            customer=customer, text_code="credit.reclassed"
        ).exists()
        assert ScoringRun.objects.count() == 4  # with the one of the publication
        assert line.open_amount


def test_a_class_that_a_person_set_stands_until_it_expires(
    cast: Cast, published: ScorecardVersion, make_customer: CustomerMaker
) -> None:
    house = cast.house
    with house.scope():
        customer = make_customer(house, "C1", risk_class="D")
        for day in (TODAY + NIGHT, TODAY + 150 * NIGHT):
            night(house, day)
            customer.refresh_from_db()
            assert customer.risk_class == "D"
        night(house, TODAY + 220 * NIGHT)
        customer.refresh_from_db()
        assert customer.risk_class != "D"


def test_the_watch_tells_the_risk_owner_once_and_closes_with_a_word(
    cast: Cast, published: ScorecardVersion, make_customer: CustomerMaker
) -> None:
    house = cast.house
    with house.scope():
        customer = make_customer(house, "C1", risk_owner_id=cast.analyst.membership_id)
        night(house, TODAY + NIGHT)
        Insolvency.objects.create(
            customer=customer, procedure="receivership", judgment_date=TODAY, from_date=TODAY, source="person",
            recorded_at=NOW,
        )  # fmt: skip
        for offset in (2, 3):
            night(house, TODAY + offset * NIGHT)
        kinds = set(WatchAlert.objects.values_list("kind", flat=True))
        assert kinds == {"legal_event", "grade_fell"}
        assert WatchAlert.objects.count() == 2
        alert = WatchAlert.objects.get(kind="legal_event")
        assert (
            InternalNotice.objects.filter(
                code="watch", recipient=cast.analyst.membership_id
            ).count()
            == 1
        )
        for words, actor in (("  ", cast.analyst), ("Seen", system_actor(house.tenant_id))):
            with pytest.raises((score_opinions.ScoreWordRefused, score_opinions.ScoreSamePerson)):
                score_opinions.see_alert(alert=alert, words=words, actor=actor, now=NOW)
        seen = score_opinions.see_alert(
            alert=alert, words="Called them", actor=cast.analyst, now=NOW
        )
        assert (seen.words, seen.seen_by_id) == ("Called them", cast.analyst.membership_id)
        with pytest.raises(score_opinions.ScoreWordRefused, match="meanwhile"):
            score_opinions.see_alert(alert=alert, words="Me too", actor=cast.manager, now=NOW)
        assert closed_reasons(customer, TODAY + NIGHT) == ("insolvent",)
        place_hold(Wanted(customer, "Insolvent"), actor=cast.manager, now=NOW, today=TODAY)
        assert "on_hold" in closed_reasons(customer, TODAY + 30 * NIGHT)
        assert (
            known_about(customer, kind=Kind.LIMIT, currency="EUR", day=TODAY).is_insolvent is True
        )


def test_nobody_publishes_a_scorecard_he_wrote_in(cast: Cast) -> None:
    house = cast.house
    with house.scope():
        draft = scorecards.open_draft(actor=cast.analyst)
        heavier = Weighed(Criterion.COMPANY_AGE, 9, READY_CARD.criteria[7].bands, 10)
        draft = scorecards.write_criterion(
            weighed=heavier, seen=scorecards.stamp(draft), actor=cast.manager
        )
        seen = scorecards.stamp(draft)
        key = replace(cast.other_manager, kind="api")
        for actor in (cast.analyst, cast.manager, key, system_actor(house.tenant_id)):
            with pytest.raises(scorecards.ScorecardSamePerson):
                scorecards.publish(seen=seen, actor=actor, today=TODAY, now=NOW)
        with pytest.raises(scorecards.ScorecardChanged):
            scorecards.publish(seen="before", actor=cast.other_manager, today=TODAY, now=NOW)
        with pytest.raises(IntegrityError, match="s10_no_author"), transaction.atomic():
            ScorecardVersion.objects.filter(pk=draft.pk).update(
                is_draft=False,
                published_by=cast.manager.membership_id,
                published_at=NOW,
                published_date=TODAY,
            )
        version, _done = scorecards.publish(
            seen=seen, actor=cast.other_manager, today=TODAY, now=NOW
        )
        for change in ({"content": as_stored(READY_CARD)}, {"is_draft": True}):
            with pytest.raises(IntegrityError, match="does not change"), transaction.atomic():
                ScorecardVersion.objects.filter(pk=version.pk).update(**change)
        again = scorecards.open_draft(actor=cast.analyst)
        with pytest.raises(scorecards.ScorecardNotPossible, match="says what version"):
            scorecards.publish(
                seen=scorecards.stamp(again), actor=cast.manager, today=TODAY, now=NOW
            )
        with pytest.raises(scorecards.ScorecardNotPossible):
            scorecards.write_criterion(
                weighed=Weighed(Criterion.SECTOR, 5, (), 0),
                seen=scorecards.stamp(again),
                actor=cast.analyst,
            )
        newest = newest_scorecard()
        assert newest is not None
        assert newest.number == 1


def test_a_grade_set_by_a_person_needs_a_person_who_asked_for_nothing(
    cast: Cast, published: ScorecardVersion, make_customer: CustomerMaker
) -> None:
    house = cast.house
    with house.scope():
        customer = make_customer(house, "C1", sales_rep_id=cast.rep.membership_id)
        CreditLimit.objects.create(
            customer=customer, amount=50_000, currency="EUR", valid_from=TODAY
        )
        night(house, TODAY + NIGHT)
        card = grade_on(customer, TODAY + NIGHT)
        assert card is not None
        assert card > "A"
        day = TODAY + 2 * NIGHT

        def set_grade(
            actor: Actor, grade: str = "A", *, until: date = day + 90 * NIGHT
        ) -> ScoreOverride:
            with transaction.atomic():
                return score_opinions.override_grade(
                    customer=customer, grade=grade, reason="New shareholder", until=until, actor=actor, now=NOW,
                    today=day,
                )  # fmt: skip

        key = replace(cast.manager, kind="api")
        asking = CreditRequest.objects.create(
            number="DC-1", kind="limit", state="in_circuit", customer=customer, name="C1", country="FR",
            entity_id=house.entity_id, portfolio_id=house.portfolio_id, asked_amount=9, currency="EUR",
            requested_by_id=cast.other_manager.membership_id, created_at=NOW,
        )  # fmt: skip
        for actor in (key, system_actor(house.tenant_id), cast.rep, cast.other_manager):
            with pytest.raises(score_opinions.ScoreSamePerson):
                set_grade(actor)
        for until in (day - NIGHT, day + 400 * NIGHT):
            with pytest.raises(score_opinions.ScoreWordRefused, match="within a year"):
                set_grade(cast.manager, until=until)
        # Better than the card and by an analyst, who grants nothing: a second person agrees.
        waiting = set_grade(cast.analyst)
        assert waiting.state == "waiting"
        assert grade_on(customer, day) == card
        decide = score_opinions.decide_override
        with pytest.raises(score_opinions.ScoreWordRefused):
            decide(override=waiting, is_agreed=True, actor=cast.analyst, now=NOW, today=day)
        with pytest.raises(score_opinions.ScoreSamePerson):
            decide(override=waiting, is_agreed=True, actor=cast.other_manager, now=NOW, today=day)
        with pytest.raises(score_opinions.ScoreSamePerson):
            decide(override=waiting, is_agreed=True, actor=key, now=NOW, today=day)
        decide(override=waiting, is_agreed=True, actor=cast.manager, now=NOW, today=day)
        with pytest.raises(IntegrityError, match="s1_two_people"), transaction.atomic():
            ScoreOverride.objects.update(decided_by=cast.analyst.membership_id)
        customer.refresh_from_db()
        assert (grade_on(customer, day), customer.risk_class) == ("A", "A")
        assert known_about(customer, kind=Kind.LIMIT, currency="EUR", day=day).grade == "A"
        assert grade_on(customer, day + 91 * NIGHT) == card  # it ends by itself
        with pytest.raises(score_opinions.ScoreWordRefused, match="already"):
            set_grade(cast.manager, "E")
        score_opinions.end_override(
            override=waiting, actor=cast.analyst, now=NOW, today=day + NIGHT
        )
        assert (grade_on(customer, day), grade_on(customer, day + NIGHT)) == ("A", card)
        ApprovalCeiling.objects.create(
            membership_id=house.member_known("credit_manager"),
            amount=40_000,
            currency="EUR",
            kind="",
            set_at=NOW,
        )
        day += NIGHT
        assert set_grade(cast.manager).state == "waiting"  # above his ceiling
        ScoreOverride.objects.filter(state="waiting").update(state="refused")
        assert set_grade(cast.manager, "E").state == "in_force"  # worse than the card: at once
        # No grade decided anything.
        asking.refresh_from_db()
        assert (asking.state, asking.decided_by_id) == ("in_circuit", None)
        assert CreditLimit.objects.get().amount == 50_000


def test_no_code_of_scores_can_grant_release_or_decide() -> None:
    root = Path(tables.__file__).parents[1]
    deciding = {
        "grant_limit",
        "complete_step",
        "grant_release",
        "decide_request",
        "submit",
        "decide",
        "check_order",
    }
    for path in [
        *root.glob("services/*scor*.py"),
        *root.glob("queries/*scor*.py"),
        root / "queries/second_opinion.py",
    ]:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        imported = {
            alias.name
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom)
            for alias in node.names
        }
        called = {
            node.func.attr
            for node in ast.walk(tree)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        }
        assert not (imported | called) & deciding, path.name


def test_accounts_speak_until_they_are_corrected_and_nonsense_is_refused(
    cast: Cast, published: ScorecardVersion, make_customer: CustomerMaker
) -> None:
    house = cast.house
    sound = Statement(
        date(2025, 12, 31), total_assets=Decimal(1000), current_assets=Decimal(600), equity=Decimal(400),
        retained_earnings=Decimal(250), liabilities=Decimal(600), short_term_liabilities=Decimal(300),
        debt=Decimal(200), sales=Decimal(1500), ebit=Decimal(90), depreciation=Decimal(30), cash=Decimal(100),
        inventories=Decimal(100), receivables=Decimal(300), net_profit=Decimal(50),
    )  # fmt: skip

    def enter(statement: Statement) -> FinancialStatement:
        with transaction.atomic():
            return score_inputs.enter_statement(
                customer=customer, statement=statement, currency="EUR", source="Greffe", actor=cast.analyst,
                labels={name: name for name in Statement.__dataclass_fields__}, now=NOW, today=TODAY,
            )  # fmt: skip

    with house.scope():
        customer = make_customer(house, "C1")
        for wrong in (
            Statement(TODAY, sales=Decimal(1)),
            Statement(TODAY + NIGHT, **{n: getattr(sound, n) for n in ("equity", "sales", "ebit")}),
            Statement(TODAY, equity=Decimal(9), total_assets=Decimal(1), sales=Decimal(1)),
        ):
            with pytest.raises(score_inputs.StatementRefused):
                enter(wrong)
        before = Score.objects.filter(customer=customer).first()
        assert before is None
        enter(sound)
        enter(sound)
        assert FinancialStatement.objects.filter(replaced_at=None).count() == 1
        card = score_card(customer, today=TODAY)
        facts = {line.criterion: line.fact for line in card.standing.lines}
        assert facts[Criterion.EQUITY_RATIO].value == Decimal("0.4")
        assert (facts[Criterion.EQUITY_RATIO].source, facts[Criterion.EQUITY_RATIO].day) == (
            "Greffe",
            date(2025, 12, 31),
        )
        assert card.second is not None
        assert card.worth is None  # nothing was sold yet
        assert card.advised is not None
        assert (
            score_card(customer, today=date(2029, 1, 1)).second is None
        )  # accounts too old to speak
        action = AuditEvent.objects.filter(action="credit.enter_statement").latest("sequence")
        assert "1500" not in str(action.details)


def test_insurers_and_registers_speak_by_their_newest_word(
    cast: Cast, make_customer: CustomerMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    with cast.house.scope():
        customer = make_customer(cast.house, "C1", siren="732829320")
        came = CoverImport.objects.create(
            insurer="Coface", policy_number="P", origin="file", state="applied", received_at=NOW
        )
        later = CoverImport.objects.create(
            insurer="Coface", policy_number="P", origin="file", state="applied", received_at=NOW
        )
        for batch, state, day in ((came, "granted", TODAY - NIGHT), (later, "reduced", TODAY)):
            Cover.objects.create(
                customer=customer, policy_number="P", state=state, amount=5, currency="EUR", valid_from=day,
                came_with=batch, recorded_at=NOW,
            )  # fmt: skip
        LookUp.objects.create(
            source="register", siren="732829320", state="found", asked_at=NOW, answered_at=NOW,
            facts={"created_on": "2016-11-17", "activity_code": "43.32A"},
        )  # fmt: skip
        facts = known_of(None, today=TODAY)[customer.pk].facts
        assert facts[Criterion.INSURER] == Fact("reduced", "Coface", TODAY)
        assert (
            known_of(None, today=TODAY - NIGHT)[customer.pk].facts[Criterion.INSURER].value
            == "covered"
        )
        assert facts[Criterion.COMPANY_AGE].value == 10
        assert facts[Criterion.SECTOR].value == "43"
        said = {customer.pk: InsurerOpinion("refused", "Another", TODAY)}
        monkeypatch.setattr(score_facts, "INSURER_OPINION", [lambda _ids, _day: said])
        assert known_of(None, today=TODAY)[customer.pk].facts[Criterion.INSURER].source == "Another"


def test_a_request_says_whether_its_risk_is_worth_it(cast: Cast) -> None:
    with cast.house.scope():
        request = CreditRequest(
            asked_amount=Decimal(100_000), insured_amount=Decimal(40_000), currency="EUR", grade="C",
            expected_sales=Decimal(200_000), margin_rate=Decimal("0.1"),
        )  # fmt: skip
        worth = worth_of_request(request)
        assert worth is not None
        # 20 000 − 60 000 × 2 % × 60 % − 200 000 × 5 % × 30 ÷ 360
        assert worth.result.net.amount == Decimal("18446.67")
        score_inputs.change_score_settings(
            failing={grade: Decimal(place) / 10 for place, grade in enumerate("ABCDE")},
            values={"lost": Decimal(1)}, actor=cast.manager, now=datetime.now(UTC),
        )  # fmt: skip
        worse = worth_of_request(request)
        assert worse is not None
        assert worse.result.expected_loss.amount == 12_000
        with pytest.raises(score_inputs.ScoreSettingsRefused):
            score_inputs.change_score_settings(
                failing=dict.fromkeys("ABCDE", Decimal("0.1")) | {"A": Decimal("0.5")}, values={}, actor=cast.manager,
                now=NOW,
            )  # fmt: skip
