"""An invitation lets in the one person it names, once, within seven days."""

import re
import smtplib
from datetime import timedelta
from unittest import mock

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEvent, Invitation, Membership, Scope, User
from tests.accounts.conftest import Fresh
from tests.cast import House

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_counters")]
PASSWORD = "trois coups d'avance"


def invite(house: House, fresh: Fresh, **changes: str) -> str:
    """Invite a collector through the page and return the link of the message."""
    with house.scope():
        root = Scope.objects.get(path="/").pk
    facts = {
        "email": "sacha@atelier.example",
        "name": "Sacha Témoin",
        "role": "collector",
        "scope": str(root),
        "reach": "matrix",
        **changes,
    }
    answer = fresh(house).post(reverse("invite"), facts)
    assert answer.status_code == 302, answer.content.decode()
    found = re.search(r"http://\S+(/invitation/\S+)", str(mail.outbox[-1].body))
    assert found is not None
    return found.group(1)


def test_the_invited_person_sets_a_password_and_works(house: House, fresh: Fresh) -> None:
    link, client = invite(house, fresh), Client()
    assert "Atelier Fictif SA" in client.get(link).content.decode()
    answer = client.post(link, {"name": "Sacha Témoin", "password": PASSWORD})
    assert answer.status_code == 302
    assert client.get(reverse("profile")).context["request"].actor.roles == ("collector",)
    assert client.login(email="sacha@atelier.example", password=PASSWORD)


def test_only_the_hash_of_the_secret_is_kept(house: House, fresh: Fresh) -> None:
    secret = invite(house, fresh).rsplit("/", 1)[1]
    with house.scope():
        assert secret not in str(Invitation.objects.values())
        assert secret not in str(AuditEvent.objects.values())


def test_a_link_works_once(house: House, fresh: Fresh) -> None:
    link = invite(house, fresh)
    Client().post(link, {"name": "Sacha", "password": PASSWORD})
    answer = Client().get(link)
    assert answer.status_code == 422
    assert "already been used" in answer.content.decode()


def test_a_link_is_over_after_seven_days(house: House, fresh: Fresh) -> None:
    link = invite(house, fresh)
    with house.scope():
        invitation = Invitation.objects.get()
        assert invitation.expires_at - invitation.created_at > timedelta(days=6, hours=23)
        Invitation.objects.update(expires_at=invitation.created_at)
    assert "seven days" in Client().get(link).content.decode()


def test_a_new_link_ends_the_one_before(house: House, fresh: Fresh) -> None:
    first = invite(house, fresh)
    with house.scope():
        person = Membership.objects.get(state="invited")
    fresh(house).post(reverse("invite_again", args=[person.pk]))
    assert Client().get(first).status_code == 422


@pytest.mark.parametrize("cut", [1, 10, 43])
def test_a_cut_link_finds_nothing(cut: int, house: House, fresh: Fresh) -> None:
    link = invite(house, fresh)
    assert Client().get(link[:-cut] or "/invitation/").status_code == 404


def test_a_forwarded_link_lets_nobody_else_in(
    house: House, other_house: House, fresh: Fresh
) -> None:
    link = invite(house, fresh)
    answer = other_house.client("collector").post(link)
    assert answer.status_code == 422
    assert "sacha@atelier.example" in answer.content.decode()


def test_somebody_with_an_account_signs_in_and_accepts(
    house: House, other_house: House, fresh: Fresh
) -> None:
    stranger = other_house.client("collector")
    link = invite(house, fresh, email="collector@voisin.example")
    assert "already have an account" in Client().get(link).content.decode()
    assert Client().post(link, {"name": "X", "password": PASSWORD}).status_code == 200
    assert stranger.post(link).status_code == 302
    assert [seat.slug for seat in stranger.get(reverse("profile")).context["request"].seats] == [
        "atelier",
        "voisin",
    ]


def test_an_invitation_of_a_pair_kept_apart_is_refused_with_the_rule(
    house: House, fresh: Fresh
) -> None:
    house.member("collector")
    with house.scope():
        root = Scope.objects.get(path="/").pk
    facts = {"email": "collector+2@atelier.example", "role": "cash_accountant", "scope": str(root)}
    answer = fresh(house).post(reverse("invite"), facts)
    assert answer.status_code == 422
    assert "S2" in answer.content.decode()
    with house.scope():
        assert not Membership.objects.filter(email="collector+2@atelier.example").exists()


def test_who_works_here_already_is_not_invited(house: House, fresh: Fresh) -> None:
    house.member("collector")
    with house.scope():
        root = Scope.objects.get(path="/").pk
    facts = {"email": "collector@atelier.example", "role": "executive", "scope": str(root)}
    assert "already works here" in fresh(house).post(reverse("invite"), facts).content.decode()


def test_a_dead_mail_server_leaves_no_invitation_behind(house: House, fresh: Fresh) -> None:
    with house.scope():
        root = Scope.objects.get(path="/").pk
    facts = {"email": "sacha@atelier.example", "role": "collector", "scope": str(root)}
    with mock.patch(
        "accounts.services.invitations.send_mail", side_effect=smtplib.SMTPServerDisconnected
    ):
        answer = fresh(house).post(reverse("invite"), facts)
    assert "mail server" in answer.content.decode()
    with house.scope():
        assert not Invitation.objects.exists()
    assert not User.objects.filter(email="sacha@atelier.example").exists()


def test_only_an_administrator_invites(house: House, fresh: Fresh) -> None:
    assert fresh(house, "credit_manager").get(reverse("invite")).status_code == 403


def test_an_old_proof_is_asked_for_again_before_anything_is_sent(
    house: House, fresh: Fresh
) -> None:
    with house.scope():
        user = (
            Membership.objects.select_related("user").get(email="tenant.admin@atelier.example").user
        )
        assert user is not None
        user.set_password(PASSWORD)
        user.save()
        root = Scope.objects.get(path="/").pk
    client = fresh(house, seconds_ago=301)
    facts = {"email": "sacha@atelier.example", "role": "collector", "scope": str(root)}
    answer = client.post(reverse("invite"), facts)
    assert answer["Location"].startswith(reverse("account_reauthenticate"))
    assert mail.outbox == []
    client.post(answer["Location"], {"password": PASSWORD})
    assert client.post(reverse("invite"), facts)["Location"] == reverse("people")
