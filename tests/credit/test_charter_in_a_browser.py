"""The pages of the charter in a real Chromium: accessible in both themes, on a phone and on a screen."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.test import override_settings

from accounts.models import User
from credit.rules.charter import Effect, Kind, Proposal
from credit.rules.ready_charter import READY_CHARTER
from credit.services import charter_drafts as drafts
from credit.services.charter import Asked, CharterRefused, grant_anyway, refuse_breaches
from credit.services.charter_signatures import sign
from kernel.money import Money
from kernel.permissions import system_actor
from ledger.models import DocumentKind, Entity, PaymentTerms
from ledger.rules.terms import TermKind, Terms
from ledger.services import NewDocument, NewLine, record_document
from tests.browser import PLAIN_FILES, Answer, faults_of_pages, needs_chromium
from tests.cast import CustomerMaker, House

pytestmark = [pytest.mark.browser, pytest.mark.django_db, needs_chromium]
NOW = datetime.now(UTC)
TODAY = NOW.date()
PAGES = {
    "/unsigned": ("sales_rep", "/charter"),
    "/landing": ("sales_rep", "/home"),
    "/draft": ("credit_analyst", "/charter/draft"),
    "/article": ("credit_analyst", "/charter/draft?article=3"),
    "/changes": ("credit_manager", "/charter/draft/changes"),
    "/compliance": ("credit_manager", "/charter/compliance"),
    "/back-test": ("credit_manager", "/charter/back-test"),
}


@pytest.fixture
def answers(house: House, make_customer: CustomerMaker) -> dict[str, Answer]:
    author, boss = house.actor("credit_analyst"), house.actor("credit_manager")
    rep = house.actor("sales_rep")
    with house.scope():
        draft = drafts.open_draft(actor=author)
        version = drafts.publish(seen=drafts.stamp(draft), actor=boss, today=TODAY, now=NOW)
        sign(digest=version.digest, actor=boss, today=TODAY, now=NOW)
        draft = drafts.open_draft(actor=author)
        for article in (
            replace(READY_CHARTER[1], parameters={"days": 30, "method": "net"}),
            replace(READY_CHARTER[9], effect=Effect.WARN),
        ):
            draft.refresh_from_db()
            seen = drafts.stamp(draft)
            drafts.write_article(article=article, seen=seen, actor=author, number=article.number)
        long = PaymentTerms.objects.create(code="N60", label="60", days=60)
        customer = make_customer(house, "C9", "Client Lent", terms=long)
        issued = TODAY - timedelta(days=200)
        record_document(
            NewDocument(
                entity=Entity.objects.get(),
                customer=customer,
                kind=DocumentKind.INVOICE,
                number="F1",
                issue_date=issued,
                amount=Money(Decimal(900), "EUR"),
                lines=(NewLine(issued + timedelta(days=60), Decimal(900)),),
            ),
            actor=system_actor(house.tenant_id),
            today=TODAY,
        )
        asked = Asked(customer=customer, object_id=customer.pk)
        proposal = Proposal(kind=Kind.OPENING, currency="EUR", terms=Terms(TermKind.NET, 30))
        refuse_breaches(proposal, actor=rep, today=TODAY, asked=asked)
        grant_anyway(object_id=customer.pk, reason="Maison mère", actor=boss, today=TODAY)
        late = replace(proposal, terms=Terms(TermKind.NET, 60))
        with pytest.raises(CharterRefused) as refused:
            refuse_breaches(late, actor=rep, today=TODAY, asked=asked)
        refused.value.keep_trace()
    found = {}
    with override_settings(STORAGES=PLAIN_FILES):
        for name, (role, url) in PAGES.items():
            client = house.client(role)
            User.objects.update(language="fr")
            answer = client.get(url)
            assert answer.status_code == 200, url
            found[name] = (answer.content, answer.headers["Content-Security-Policy"])
    return found


def test_the_pages_of_the_charter_have_no_fault_in_any_look(answers: dict[str, Answer]) -> None:
    assert faults_of_pages(answers, "charter") == []
