"""Versions of the charter, its signatures, and what it refuses: through the services, and against the database."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils.translation import override
from pytest_django import DjangoAssertNumQueries

from accounts.models import AuditEvent, Membership
from credit.charter_hints import charter_hints
from credit.models import (
    CharterArticle,
    CharterBreach,
    CharterJudgement,
    CharterSignature,
    CharterVersion,
)
from credit.models.requests import InternalNotice
from credit.queries.charter import signing_of, to_sign, version_in_force
from credit.rules.charter import Article, Check, Effect, Kind, Proposal
from credit.rules.ready_charter import READY_CHARTER
from credit.services import charter_drafts as drafts
from credit.services.charter import (
    Asked,
    CharterRefused,
    GrantRefused,
    escalations,
    grant_anyway,
    judge,
    note_refusal,
    refuse_breaches,
)
from credit.services.charter_signatures import SignatureRefused, remind_unsigned, sign
from kernel.permissions import Actor, system_actor
from ledger.rules.terms import TermKind, Terms
from tests.cast import NOW, TODAY, CustomerMaker, House

pytestmark = pytest.mark.django_db
Publish = Callable[..., CharterVersion]


@pytest.fixture
def analyst(house: House) -> Actor:
    return house.actor("credit_analyst")


@pytest.fixture
def manager(house: House) -> Actor:
    return house.actor("credit_manager")


@pytest.fixture
def rep(house: House) -> Actor:
    return house.actor("sales_rep")


@pytest.fixture
def publish(analyst: Actor, manager: Actor) -> Publish:
    """Return a publisher of the draft, or of the ready charter; inside the scope."""

    def go(*changed: Article) -> CharterVersion:
        draft = drafts.open_draft(actor=analyst)
        for article in changed:
            draft.refresh_from_db()
            drafts.write_article(
                article=article, seen=drafts.stamp(draft), actor=analyst, number=article.number
            )
        draft.refresh_from_db()
        return drafts.publish(seen=drafts.stamp(draft), actor=manager, today=TODAY, now=NOW)

    return go


def changed(number: int, **fields: Any) -> Article:
    return replace(READY_CHARTER[number - 1], **fields)


def too_long(**facts: Any) -> Proposal:
    """Return an opening that keeps every article but the one on terms."""
    known = {
        "terms": Terms(TermKind.NET, 60),
        "grade": "A",
        "amount": Decimal(1000),
        "deposit_share": Decimal(0),
        "guarantees": Decimal(0),
        "insured": Decimal(0),
        "has_finance_step": True,
        "has_committee": False,
        "is_insolvent": False,
        "margin": Decimal("0.3"),
    }
    return Proposal(kind=Kind.OPENING, currency="EUR", **{**known, **facts})


def test_the_ready_charter_is_installed_as_a_draft_and_published_by_another_person(
    house: House, publish: Publish, analyst: Actor, manager: Actor
) -> None:
    with house.scope():
        assert version_in_force(TODAY) is None
        version = publish()
        assert (version.number, version.published_date, version.published_by_id) == (
            1,
            TODAY,
            manager.membership_id,
        )
        assert len(version.as_articles()) == len(READY_CHARTER)
        assert version.as_articles() == READY_CHARTER
        assert version_in_force(TODAY) == version
        assert AuditEvent.objects.filter(action="credit.publish_charter").exists()


def test_whoever_wrote_in_a_draft_does_not_publish_it(
    house: House, analyst: Actor, manager: Actor
) -> None:
    with house.scope():
        draft = drafts.open_draft(actor=analyst)
        drafts.write_article(
            article=changed(12), seen=drafts.stamp(draft), actor=manager, number=12
        )
        draft.refresh_from_db()
        for author in (analyst, manager):
            with pytest.raises(drafts.CharterSamePerson, match="S10"):
                drafts.publish(seen=drafts.stamp(draft), actor=author, today=TODAY, now=NOW)
        with pytest.raises(drafts.CharterNotPublishable, match="program"):
            drafts.publish(
                seen=drafts.stamp(draft), actor=system_actor(house.tenant_id), today=TODAY, now=NOW
            )


def test_the_database_keeps_the_two_people_apart_whatever_the_code_does(
    house: House, analyst: Actor, manager: Actor
) -> None:
    with house.scope():
        draft = drafts.open_draft(actor=analyst)
        drafts.write_article(
            article=changed(12), seen=drafts.stamp(draft), actor=manager, number=12
        )
        for author in (analyst, manager):
            with pytest.raises(IntegrityError, match="s10"), transaction.atomic():
                CharterVersion.objects.filter(pk=draft.pk).update(
                    is_draft=False, published_by=author.membership_id, published_at=NOW,
                    published_date=TODAY, digest="x",
                )  # fmt: skip


def test_what_was_published_never_changes_in_the_database(
    house: House, publish: Publish, rep: Actor
) -> None:
    with house.scope():
        version = publish()
        signature = sign(digest=version.digest, actor=rep, today=TODAY, now=NOW)
        for attempt in (
            lambda: CharterVersion.objects.filter(pk=version.pk).update(digest="y"),
            lambda: CharterArticle.objects.filter(version=version, number=2).update(
                parameters={"days": 90, "method": "net"}
            ),
            lambda: CharterArticle.objects.filter(version=version, number=2).delete(),
            lambda: CharterSignature.objects.filter(pk=signature.pk).update(name="Somebody else"),
            signature.delete,
        ):
            with pytest.raises(IntegrityError, match="do not change"), transaction.atomic():
                attempt()


def test_a_stale_form_is_refused_and_says_who_wrote_meanwhile(
    house: House, analyst: Actor, manager: Actor
) -> None:
    with house.scope():
        draft = drafts.open_draft(actor=analyst)
        seen = drafts.stamp(draft)
        drafts.write_article(article=changed(12), seen=seen, actor=manager, number=12)
        with pytest.raises(drafts.CharterChanged, match="Credit Manager"):
            drafts.write_article(article=changed(11), seen=seen, actor=analyst, number=11)


def test_a_term_above_the_legal_cap_is_not_published(house: House, publish: Publish) -> None:
    with house.scope():
        with pytest.raises(
            drafts.CharterNotLawful, match=r"Article 2.*90 days.*30 days beyond.*L\.? ?441-10"
        ):
            publish(changed(2, parameters={"days": 90, "method": "net"}))
        with pytest.raises(drafts.CharterNotLawful, match="Article 2"):
            publish(changed(2, parameters={"days": 60, "method": "then_end_of_month"}))
        assert publish(changed(2, parameters={"days": 60, "method": "net"})).number == 1


@pytest.mark.parametrize(
    ("article", "field"),
    [
        (changed(2, title={"fr": "Délai", "en": " "}), "title_en"),
        (changed(2, text={"fr": "", "en": "Text"}), "text_fr"),
        (changed(2, text={"fr": "{jours}", "en": "Text"}), "text_fr"),
        (changed(2, parameters={"days": 400, "method": "net"}), "days"),
        (changed(3, parameters={"grade": "D", "share": Decimal(2)}), "share"),
    ],
)
def test_an_article_needs_both_languages_and_possible_figures(
    house: House, analyst: Actor, article: Article, field: str
) -> None:
    with house.scope():
        draft = drafts.open_draft(actor=analyst)
        with pytest.raises(drafts.ArticleNotPossible) as refused:
            drafts.write_article(
                article=article, seen=drafts.stamp(draft), actor=analyst, number=article.number
            )
        assert refused.value.details["field"] == field


def test_a_version_that_changes_nothing_or_says_nothing_is_not_published(
    house: House, publish: Publish, analyst: Actor, manager: Actor
) -> None:
    with house.scope():
        publish()
        with pytest.raises(drafts.CharterNotPublishable, match="says what version 1 says"):
            publish()
        draft = drafts.open_draft(actor=analyst)
        for article in READY_CHARTER:
            draft.refresh_from_db()
            drafts.remove_article(number=article.number, seen=drafts.stamp(draft), actor=analyst)
        draft.refresh_from_db()
        with pytest.raises(drafts.CharterNotPublishable, match="no article"):
            drafts.publish(seen=drafts.stamp(draft), actor=manager, today=TODAY, now=NOW)
        drafts.discard_draft(seen=drafts.stamp(draft), actor=analyst)
        with pytest.raises(drafts.NoCharterDraft):
            drafts.discard_draft(seen="x", actor=analyst)


def test_everybody_signs_for_himself_and_each_version_anew(
    house: House, publish: Publish, rep: Actor, manager: Actor, analyst: Actor
) -> None:
    agency = house.actor("agency")
    with house.scope():
        first = publish()
        assert to_sign(rep, TODAY) == first
        signature = sign(digest=first.digest, actor=rep, today=TODAY, now=NOW)
        assert (signature.name, signature.signed_at, signature.digest) == (
            rep.name,
            NOW,
            first.digest,
        )
        assert sign(digest=first.digest, actor=rep, today=TODAY, now=NOW) == signature
        assert to_sign(rep, TODAY) is None
        assert to_sign(manager, TODAY) == first
        assert to_sign(agency, TODAY) is None
        state = signing_of(first)
        assert (state.signed, state.asked) == (1, 4)  # the first administrator, too
        second = publish(changed(2, parameters={"days": 30, "method": "net"}))
        assert to_sign(rep, TODAY) == second
        assert signing_of(first).signed == 1


def test_nobody_signs_what_he_has_not_seen_and_no_machine_signs(
    house: House, publish: Publish, rep: Actor
) -> None:
    agency = house.actor("agency")
    with house.scope():
        with pytest.raises(SignatureRefused, match="nothing to sign"):
            sign(digest="", actor=rep, today=TODAY, now=NOW)
        first = publish()
        publish(changed(2, parameters={"days": 30, "method": "net"}))
        with pytest.raises(SignatureRefused, match="Version 2 was published while"):
            sign(digest=first.digest, actor=rep, today=TODAY, now=NOW)
        for other in (system_actor(house.tenant_id), replace(rep, kind="api"), agency):
            with pytest.raises(SignatureRefused):
                sign(digest=version_in_force(TODAY).digest, actor=other, today=TODAY, now=NOW)  # type: ignore[union-attr]


def test_who_has_not_signed_is_asked_once_a_day(
    house: House, publish: Publish, rep: Actor, manager: Actor
) -> None:
    with house.scope():
        version = publish()
        sign(digest=version.digest, actor=rep, today=TODAY, now=NOW)
        assert remind_unsigned(version=version, actor=manager, today=TODAY, now=NOW) == 3
        assert remind_unsigned(version=version, actor=manager, today=TODAY, now=NOW) == 0
        asked = set(InternalNotice.objects.values_list("recipient__name", flat=True))
        assert rep.name not in asked
        assert len(asked) == 3


def test_without_a_charter_nothing_is_refused_and_nothing_kept(house: House, rep: Actor) -> None:
    with house.scope():
        assert refuse_breaches(too_long(), actor=rep, today=TODAY).version is None
        assert not CharterJudgement.objects.exists()


def test_the_refusal_quotes_the_article_in_the_language_of_the_reader(
    house: House, publish: Publish, rep: Actor
) -> None:
    with house.scope():
        publish()
        with pytest.raises(CharterRefused) as refused:
            refuse_breaches(too_long(), actor=rep, today=TODAY)
        with override("fr"), pytest.raises(CharterRefused) as french:
            refuse_breaches(too_long(), actor=rep, today=TODAY)
    said = refused.value.message
    for word in (
        "Article 2",
        "version 1",
        "Longest payment term",
        "does not exceed 45 days",
        "60 days",
        "15 days beyond",
        "Shorten the term",
    ):
        assert word in said
    assert "Délai de paiement maximal" in french.value.message
    (article,) = refused.value.details["articles"]
    assert (article["number"], article["check"], article["figures"]["asked_days"]) == (
        2,
        "maximum_term",
        60,
    )


def test_a_refused_attempt_is_kept_after_the_rollback_it_caused(
    house: House, publish: Publish, rep: Actor, make_customer: CustomerMaker
) -> None:
    with house.scope():
        publish()
        customer = make_customer(house)
    with house.scope():
        try:
            with transaction.atomic():
                refuse_breaches(too_long(), actor=rep, today=TODAY, asked=Asked(customer=customer))
        except CharterRefused as refused:
            assert not CharterJudgement.objects.exists()
            note_refusal(refused)
        kept = CharterJudgement.objects.get()
        assert (kept.outcome, kept.customer, kept.proposed_by_id) == (
            "refused",
            customer,
            rep.membership_id,
        )
        assert kept.breaches.get().article_number == 2


def test_what_is_unknown_asks_for_a_higher_decision_and_is_kept(
    house: House, publish: Publish, rep: Actor
) -> None:
    fine = too_long(terms=Terms(TermKind.NET, 30))
    with house.scope():
        publish()
        assert judge(fine, today=TODAY).outcome == "clean"
        verdict = refuse_breaches(
            replace(fine, grade=None), actor=rep, today=TODAY, asked=Asked(subject="Prospect")
        )
        assert [breach.article.number for breach in verdict.escalations] == [3, 4]
        assert verdict.escalations == escalations(replace(fine, grade=None), today=TODAY)
        assert "Not known: grade" in verdict.quotations()[0]
        assert CharterJudgement.objects.get().outcome == "escalated"
        assert list(CharterBreach.objects.values_list("missing", flat=True)) == [
            ["grade"],
            ["grade"],
        ]


def test_a_foreign_currency_without_a_rate_is_unknown_and_never_passed(
    house: House, publish: Publish
) -> None:
    with house.scope():
        publish()
        dear = replace(
            too_long(terms=Terms(TermKind.NET, 30)), currency="USD", amount=Decimal(10**9)
        )
        assert {
            fact.value for found in judge(dear, today=TODAY).breaches for fact in found.missing
        } == {"rate"}


def test_what_is_outside_the_charter_is_granted_by_another_person_with_a_reason(
    house: House, publish: Publish, rep: Actor, manager: Actor
) -> None:
    request = uuid4()
    big = too_long(terms=Terms(TermKind.NET, 30), amount=Decimal(400_000))
    with house.scope():
        publish()
        refuse_breaches(big, actor=rep, today=TODAY, asked=Asked(object_id=request))
        for actor, reason, words in (
            (rep, "Well", "S1"),
            (manager, " ", "Say why"),
            (system_actor(house.tenant_id), "x", "S12"),
        ):
            with pytest.raises(GrantRefused, match=words):
                grant_anyway(object_id=request, reason=reason, actor=actor, today=TODAY)
        assert (
            grant_anyway(
                object_id=request, reason="Parent company stands behind", actor=manager, today=TODAY
            )
            == 1
        )
        kept = CharterJudgement.objects.get()
        assert (kept.outcome, kept.granted_by_id, kept.reason) == (
            "granted",
            manager.membership_id,
            "Parent company stands behind",
        )
        assert grant_anyway(object_id=request, reason="again", actor=manager, today=TODAY) == 0
        with pytest.raises(IntegrityError, match="s1_two_people"), transaction.atomic():
            CharterJudgement.objects.update(granted_by=rep.membership_id)


def test_a_field_finds_the_article_that_governs_it(house: House, publish: Publish) -> None:
    with house.scope():
        assert charter_hints(TODAY) == {}
        publish()
        (hint,) = charter_hints(TODAY)["maximum_term"]
        assert (hint.version, hint.article.number) == (1, 2)
        assert "45 days" in hint.article.text
        assert "text_only" not in charter_hints(TODAY)


def test_the_live_check_asks_three_questions(
    house: House, publish: Publish, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with house.scope():
        publish()
        with django_assert_num_queries(3):
            judge(too_long(), today=TODAY)


def test_the_words_of_an_event_name_nobody(house: House, publish: Publish, rep: Actor) -> None:
    with house.scope():
        version = publish()
        sign(digest=version.digest, actor=rep, today=TODAY, now=NOW)
        told = " ".join(
            str(event.details) for event in AuditEvent.objects.filter(action__contains="charter")
        )
        assert not [one.name for one in Membership.objects.all() if one.name in told]


def test_an_effect_of_warning_lets_the_form_pass(
    house: House, publish: Publish, rep: Actor
) -> None:
    with house.scope():
        publish(changed(2, effect=Effect.WARN))
        verdict = refuse_breaches(too_long(), actor=rep, today=TODAY)
        assert verdict.outcome == "warned"
        assert [breach.article.check for breach in verdict.warnings] == [Check.MAXIMUM_TERM]


def test_two_people_cannot_have_two_drafts(house: House, analyst: Actor, manager: Actor) -> None:
    with house.scope():
        assert drafts.open_draft(actor=analyst) == drafts.open_draft(actor=manager)
        with pytest.raises(IntegrityError, match="one_draft"), transaction.atomic():
            CharterVersion.objects.create(number=9)
        assert connection.is_usable()
