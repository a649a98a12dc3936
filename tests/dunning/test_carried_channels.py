"""Channels that leave through a provider, on the pages and in a deployment that has none."""

from dataclasses import replace

import pytest
from django.conf import settings as live
from pytest_django import Settings

from dunning.channels import carried_channels, carriers, sent_channels
from dunning.models import Reminder
from dunning.rules.ready_scenarios import STANDARD_B2B
from dunning.rules.scenario_checks import faults
from dunning.rules.steps import Channel
from dunning.scenario_words import finding_sentence
from dunning.services.carrying import give_to_people
from integrations.sinch.client import Sinch
from tests.dunning.conftest import Chase
from tests.integrations.carried import Carried

TEXT_DAY = 10

pytestmark = pytest.mark.django_db


@pytest.fixture
def texts(chase: Chase) -> Carried:
    return Carried(chase, Channel.SMS, TEXT_DAY)


@pytest.fixture
def provided(settings: Settings) -> None:
    settings.OTC_CARRIERS = {"sms": "integrations.sinch.client.Sinch"}


def test_every_provider_is_off_by_default() -> None:
    assert live.OTC_CARRIERS == {}
    assert (carriers(), carried_channels(), sent_channels()) == ({}, set(), {Channel.EMAIL})


@pytest.mark.usefixtures("provided")
def test_a_provider_that_is_set_up_is_there() -> None:
    assert {channel: type(each) for channel, each in carriers().items()} == {Channel.SMS: Sinch}


@pytest.mark.usefixtures("provided")
def test_the_agenda_shows_the_words_of_a_text_message_before_it_leaves(texts: Carried) -> None:
    texts.customer()
    texts.chase.plan()
    client = texts.chase.house.client("credit_manager")
    page = client.get(f"/agenda/{texts.only().pk}").content.decode()
    assert "1 000,00 EUR" in page
    assert 'action="/agenda/confirm"' in page


def test_the_agenda_asks_how_the_customer_was_reached_without_a_provider(texts: Carried) -> None:
    texts.customer()
    texts.chase.plan()
    with texts.chase.house.scope():
        assert give_to_people(carried=(), now=texts.now) == 1
        assert give_to_people(carried=(), now=texts.now) == 0
    client = texts.chase.house.client("credit_manager")
    address = f"/agenda/{texts.only().pk}"
    page = client.get(address).content.decode()
    assert texts.only().problem.split("“")[0] in page
    assert f'action="{address}/close"' in page
    client.post(f"{address}/close", {"outcome": "done", "words": "Called"})
    with texts.chase.house.scope():
        assert Reminder.objects.get().state == "done"
    assert client.get("/agenda").status_code == 200


def test_a_step_by_a_channel_that_is_off_is_refused_in_words() -> None:
    steps = [
        replace(each, channel=Channel.SMS) if each.offset_days == TEXT_DAY else each
        for each in STANDARD_B2B.steps
    ]
    (finding,) = faults(steps)
    assert "“Text message”" in finding_sentence(finding)
