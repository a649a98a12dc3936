"""The pages of insurance and information in a real Chromium: accessible in both themes, on a phone and on a screen."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.test import override_settings
from django.utils import timezone

from accounts.models import User
from credit.models import LookUp
from credit.ports import ProviderError
from credit.rules.company_facts import Company, Event, Year
from credit.services.cover_sync import ToSync, take_in
from credit.services.declarations import declare
from credit.services.information import keep_events, set_source
from credit.services.policies import NewPolicy, write_policy
from tests.browser import PLAIN_FILES, Answer, faults_of_pages, needs_chromium
from tests.cast import CustomerMaker, House
from tests.credit.insuring import RATP, SNCF, insured_house

pytestmark = [pytest.mark.browser, pytest.mark.django_db, needs_chromium]
TODAY = timezone.now().date()
NOW = timezone.now()


@pytest.fixture
def answers(house: House, make_customer: CustomerMaker) -> dict[str, Answer]:
    people = insured_house(house)
    house.member("sales_rep")
    with (
        house.scope(),
        override_settings(
            OTC_INFORMATION={"commercial": ("http://127.0.0.1:9", "k"), "register": ("", "")}
        ),
    ):
        policy = people.policy(valid_from=date(2024, 1, 1), stop_rule="declaration")
        next_one = NewPolicy("POL-2", "Allianz Trade", "EUR", Decimal("0.85"), TODAY)
        write_policy(next_one, actor=people.analyst, now=NOW)
        alpha = make_customer(house, "C-1", "Menuiserie Alpha", siren=SNCF)
        make_customer(house, "C-2", "Transports Beta", siren=RATP)
        people.take(
            policy,
            f"{SNCF};Alpha;Accordé;50 000;EUR;01/03/2025;;CF-1",
            f"{RATP};Beta;Refusé;0;EUR;01/03/2025;;",
        )
        late = people.invoice(alpha, "F-1", "9000", TODAY - timedelta(days=130))
        people.invoice(alpha, "F-2", "61000", TODAY - timedelta(days=200))
        declare(
            documents=[late.document_id], kind="overdue", actor=people.manager, now=NOW, today=TODAY
        )
        waiting = people.file(
            policy,
            f"{SNCF};Alpha;Réduit;20 000;EUR;{TODAY:%d/%m/%Y};;CF-1",
            "404833048;Société dont le nom est vraiment très long et déborde;Accordé;1;EUR;;;",
        )
        failed = take_in(
            ToSync(policy.pk, policy.number, ""), ProviderError("timeout"), now=NOW, today=TODAY
        )
        set_source(source="commercial", is_on=True, price=Decimal("0.6"), monthly_budget=Decimal(60),
                   currency="EUR", kept_days=30, actor=people.manager)  # fmt: skip
        facts = Company(SNCF, name="Menuiserie Alpha", is_active=True, problems=("accounts_equity_unreadable",),
                        years=(Year("2025-12-31", "pappers", {"sales": "1850000"}),))  # fmt: skip
        LookUp.objects.create(source="commercial", siren=SNCF, state="degraded", facts=facts.as_json(), price=1,
                              problems=list(facts.problems), asked_at=NOW, answered_at=NOW)  # fmt: skip
        LookUp.objects.create(
            source="commercial", siren=RATP, state="failed", problems=["timeout"], asked_at=NOW
        )
        keep_events(
            [Event("receivership", "2026-02-03", "n-1", "")], siren=SNCF, source="bodacc", now=NOW
        )
    pages = {
        "/insurance": ("credit_manager", "/insurance"),
        "/policy": ("credit_analyst", "/insurance/policies/new"),
        "/preview": ("credit_analyst", f"/insurance/files/{waiting.pk}"),
        "/failed": ("credit_analyst", f"/insurance/files/{failed.pk}"),
        "/declarations": ("credit_manager", "/insurance/declarations"),
        "/connectors": ("credit_manager", "/connectors"),
        "/company": ("credit_manager", f"/companies/{SNCF}"),
        "/credit-tab": ("credit_manager", "/customers/C-1?tab=credit"),
        "/request": ("sales_rep", f"/credit/requests/new?siren={SNCF}"),
    }  # fmt: skip
    found = {}
    with override_settings(
        STORAGES=PLAIN_FILES,
        OTC_INFORMATION={"commercial": ("http://127.0.0.1:9", "k"), "register": ("", "")},
    ):
        for name, (role, url) in pages.items():
            client = house.client(role)
            User.objects.update(language="fr")
            answer = client.get(url)
            assert answer.status_code == 200, url
            found[name] = (answer.content, answer.headers["Content-Security-Policy"])
    return found


def test_the_pages_of_insurance_have_no_fault_in_any_look(answers: dict[str, Answer]) -> None:
    assert faults_of_pages(answers, "insurance") == []
