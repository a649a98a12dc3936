"""From the task to the row over real HTTP: a look-up that somebody asked for, and the morning's sync of covers."""

import json
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.utils import timezone
from pytest_django import Settings

from credit.models import CoverImport, InternalNotice, LookUp, Source
from credit.queries.information import dossier
from credit.services.information import ask_look_up, set_source
from credit.tasks import make_look_ups, sync_covers
from tests.cast import CustomerMaker, House
from tests.credit.insuring import SNCF, insured_house
from tests.integrations.information.test_providers import recorded
from tests.integrations.peer import Call, listening

TODAY = timezone.now().date()


def test_a_question_is_answered_by_the_register_in_the_round(
    house: House, shared_data: Path, settings: Settings
) -> None:
    manager = house.actor("credit_manager")
    folder = shared_data / "company_data" / "api_entreprise"
    with listening(recorded(folder)) as peer:
        settings.OTC_INFORMATION = {"register": (peer.url, "t"), "commercial": ("", "")}
        with house.scope():
            set_source(
                source=Source.REGISTER, is_on=True, price=Decimal(0), monthly_budget=Decimal(0), currency="EUR",
                kept_days=30, actor=manager,
            )  # fmt: skip
            ask_look_up(
                source=Source.REGISTER, siren=SNCF, actor=manager, now=timezone.now(), today=TODAY
            )
        make_look_ups(house.tenant_id)
        make_look_ups(house.tenant_id)
    assert len(peer.calls) == 5  # asked once, whatever the number of rounds
    with house.scope():
        assert LookUp.objects.get().state == "degraded"  # the recorded VAT number has another key
        assert dossier(SNCF).company.name == "SOCIETE NATIONALE SNCF"


def test_the_morning_takes_covers_in_and_a_bad_morning_changes_nothing(
    house: House, make_customer: CustomerMaker, settings: Settings
) -> None:
    people = insured_house(house)
    with house.scope():
        people.policy()
        make_customer(house, "C-1", "Alpha", siren=SNCF)
    amount, is_down = 50_000, False

    def answers(call: Call) -> tuple[int, Any]:
        if is_down:
            return 200, json.loads("[]")
        if call.method == "POST":
            return 200, {"access_token": "t"}
        day = (TODAY - timedelta(days=amount == 50_000)).isoformat()
        row = {"registrationNumber": SNCF, "coverStatus": "Granted", "amount": amount, "currency": "EUR",
               "effectiveDate": day}  # fmt: skip
        return 200, {"data": [row]}

    with listening(answers) as peer:
        settings.OTC_INSURER_URL = peer.url
        settings.OTC_INSURER_KEYS = {"atelier/POL-1": "k"}
        sync_covers(house.tenant_id)
        amount = 10_000
        sync_covers(house.tenant_id)
        is_down = True
        sync_covers(house.tenant_id)
        settings.OTC_INSURER_KEYS = {"voisin/POL-1": "k"}
        calls = len(peer.calls)
        sync_covers(house.tenant_id)
        assert len(peer.calls) == calls  # another tenant's key opens nothing
    with house.scope():
        states = [(one.state, one.problem) for one in CoverImport.objects.order_by("received_at")]
        assert states == [("applied", ""), ("applied", ""), ("failed", "not_json")]
        assert people.covers()[-1] == ("C-1", "reduced", "10000")
        assert InternalNotice.objects.filter(code="cover_lowered").count() == 1
