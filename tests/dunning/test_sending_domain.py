"""The tenant's own domain: its records asked of a real server, its signature checked, its pace, its page."""

import socketserver
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import dkim
import dns.message
import dns.rcode
import dns.rrset
import pytest
from django.core.cache import cache
from django.test import Client
from pytest_django import Settings

from accounts.models import AuditEvent, User
from dunning.channels import RecordsUnreachableError
from dunning.models import Reminder, SendingDomain
from dunning.rules.sending_domains import (
    judge_dkim,
    judge_dmarc,
    judge_spf,
    mails_an_hour,
    tidy_domain,
)
from dunning.services.sealing import UnreadableSecretError, unseal
from dunning.services.sending_domains import check_again, check_domain, enter_domain
from integrations.dns.client import Resolver
from otc.embedded.mailbox import MailCatcher, list_messages
from tests.cast import House
from tests.dunning.conftest import NOW, Chase
from tests.dunning.test_sending import Post, planned

DOMAIN = "factures.atelier.example"
PAGE = "/admin/mail-domain"


class Zone(socketserver.BaseRequestHandler):
    """Answers questions for TXT records over UDP, as RFC 1035 says."""

    def handle(self) -> None:
        raw, line = self.request
        texts: dict[str, list[str]] = self.server.texts  # type: ignore[attr-defined]
        asked = dns.message.from_wire(raw)
        answer = dns.message.make_response(asked)
        name = asked.question[0].name.to_text().rstrip(".")
        if name.startswith("broken."):
            answer.set_rcode(dns.rcode.SERVFAIL)
        elif name not in texts:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        for text in texts.get(name, []):
            parts = " ".join(f'"{text[at : at + 255]}"' for at in range(0, len(text), 255))
            answer.answer.append(dns.rrset.from_text(f"{name}.", 60, "IN", "TXT", parts))
        line.sendto(answer.to_wire(), self.client_address)


@pytest.fixture
def zone(settings: Settings) -> Iterator[dict[str, list[str]]]:
    with socketserver.ThreadingUDPServer(("127.0.0.1", 0), Zone) as server:
        server.texts = texts = dict[str, list[str]]()  # type: ignore[attr-defined]
        settings.OTC_DNS_SERVER = f"127.0.0.1:{server.server_address[1]}"
        settings.OTC_SPF_INCLUDE = "_spf.echeo.example"
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield texts
        server.shutdown()


@pytest.fixture
def entered(house: House) -> SendingDomain:
    actor = house.actor("tenant_admin")
    with house.scope():
        return enter_domain(typed=DOMAIN, actor=actor, now=NOW)


def publish(zone: dict[str, list[str]], entered: SendingDomain) -> None:
    zone[DOMAIN] = ["something else", "v=spf1 include:_spf.echeo.example ~all"]
    zone[f"{entered.selector}._domainkey.{DOMAIN}"] = [f"v=DKIM1; k=rsa; p={entered.public_key}"]
    zone[f"_dmarc.{DOMAIN}"] = ["v=DMARC1; p=quarantine"]


def check(house: House, entered: SendingDomain) -> SendingDomain:
    actor = house.actor("tenant_admin")
    with house.scope():
        return check_domain(entered=entered, records=Resolver(), actor=actor, now=NOW)


# --- records --------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_domain_is_used_once_all_its_records_are_found(
    house: House, zone: dict[str, list[str]], entered: SendingDomain
) -> None:
    assert check(house, entered).verified_at is None
    publish(zone, entered)
    assert check(house, entered).verified_at == NOW


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["spf", "dkim", "dmarc"])
def test_a_domain_that_loses_one_record_is_used_no_longer(
    house: House, zone: dict[str, list[str]], entered: SendingDomain, kind: str
) -> None:
    publish(zone, entered)
    check(house, entered)
    del zone[
        {
            "spf": DOMAIN,
            "dkim": f"{entered.selector}._domainkey.{DOMAIN}",
            "dmarc": f"_dmarc.{DOMAIN}",
        }[kind]
    ]
    checked = check(house, entered)
    assert checked.verified_at is None
    assert checked.findings[kind]["fault"] == "missing"


@pytest.mark.django_db
def test_each_night_looks_again_and_silence_changes_nothing(
    house: House, zone: dict[str, list[str]], entered: SendingDomain, settings: Settings
) -> None:
    publish(zone, entered)
    assert check_again(house.tenant_id, now=NOW) is True
    good = settings.OTC_DNS_SERVER
    settings.OTC_DNS_SERVER = "127.0.0.1:1"
    assert check_again(house.tenant_id, now=NOW) is None
    with house.scope():
        assert SendingDomain.objects.get().verified_at == NOW
    settings.OTC_DNS_SERVER = good
    zone.clear()
    assert check_again(house.tenant_id, now=NOW) is False


@pytest.mark.parametrize("name", ["broken.example"])
def test_a_server_that_fails_is_not_taken_for_a_missing_record(
    zone: dict[str, list[str]], name: str
) -> None:
    with pytest.raises(RecordsUnreachableError):
        Resolver().texts(name)
    assert Resolver().texts("nothing.example") == ()


@pytest.mark.parametrize(
    ("texts", "fault"),
    [
        (["v=spf1 include:_spf.e.example -all"], ""),
        (["V=SPF1 +INCLUDE:_SPF.E.EXAMPLE"], ""),
        (["v=spf1 include:_spf.e.example.evil.example -all"], "not_included"),
        (["v=spf1 -include:_spf.e.example"], "not_included"),
        (["v=spf1 a", "v=spf1 include:_spf.e.example"], "several"),
        (["v=spf10 include:_spf.e.example"], "missing"),
        ([], "missing"),
    ],
)
def test_spf_is_one_record_that_lets_us_send(texts: list[str], fault: str) -> None:
    assert judge_spf(texts, include="_spf.e.example").fault == fault


@pytest.mark.parametrize(
    ("texts", "fault"),
    [
        (["v=DKIM1; k=rsa; p=AB CD"], ""),
        (["p=ABCD"], ""),
        (["v=DKIM1; p=ABCE"], "other_key"),
        (["v=DKIM1; p="], "other_key"),
        (["v=DKIM1"], "missing"),
        (["p=ABCD", "p=ABCD"], "several"),
    ],
)
def test_dkim_is_one_record_with_our_key(texts: list[str], fault: str) -> None:
    assert judge_dkim(texts, public_key="ABCD").fault == fault


@pytest.mark.parametrize(
    ("texts", "fault"),
    [
        (["v=DMARC1; p=none"], ""),
        (["v=DMARC1;p=reject;rua=mailto:x@y.example"], ""),
        (["v=DMARC1; rua=mailto:x@y.example"], "no_policy"),
        (["v=DMARC1; p=maybe"], "no_policy"),
        (["v=DMARC2; p=none"], "missing"),
        (["v=DMARC1; p=none", "v=DMARC1; p=none"], "several"),
    ],
)
def test_dmarc_is_one_record_with_a_policy(texts: list[str], fault: str) -> None:
    assert judge_dmarc(texts).fault == fault


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        (" Factures.Atelier.Example. ", "factures.atelier.example"),
        ("société.example", "xn--socit-esab.example"),
        ("a@b.example", ""),
        ("https://b.example", ""),
        ("localhost", ""),
        ("127.0.0.1", ""),
        ("-a.example", ""),
        ("a..example", ""),
        ("a" * 64 + ".example", ""),
        ("", ""),
    ],
)
def test_what_is_no_domain_is_not_taken(typed: str, expected: str) -> None:
    assert tidy_domain(typed) == expected


# --- messages -------------------------------------------------------------------------------------------------------


@pytest.fixture
def post(chase: Chase, tmp_path: Path) -> Iterator[Post]:
    with MailCatcher(tmp_path / "mail") as catcher:
        post = Post(chase, catcher)
        yield post
        for sender in post.senders:
            sender.channel.close()


@pytest.mark.django_db
def test_a_verified_domain_signs_what_leaves_from_it(
    post: Post, zone: dict[str, list[str]], entered: SendingDomain
) -> None:
    publish(zone, entered)
    check(post.chase.house, entered)
    planned(post)
    assert post.send() == 1
    (caught,) = list_messages(post.catcher.folder)
    assert f"reminders@{DOMAIN}" in str(caught.content["From"])
    assert f"d={DOMAIN}" in str(caught.content["DKIM-Signature"])
    with post.chase.house.scope():
        raw = bytes(Reminder.objects.get().rendered.get().raw)

    def asked(name: bytes, timeout: int = 5) -> bytes:
        return Resolver().texts(name.decode().rstrip("."))[0].encode()

    assert dkim.verify(raw, dnsfunc=asked)
    assert not dkim.verify(raw.replace(b"Subject: ", b"Subject: X"), dnsfunc=asked)


@pytest.mark.django_db
def test_without_a_verified_domain_messages_leave_from_the_house(
    post: Post, zone: dict[str, list[str]], entered: SendingDomain
) -> None:
    planned(post)
    assert post.send() == 1
    (caught,) = list_messages(post.catcher.folder)
    assert "reminders@echeo.example" in str(caught.content["From"])
    assert caught.content["DKIM-Signature"] is None


@pytest.mark.django_db
def test_where_a_domain_is_demanded_nothing_leaves_without_one(
    post: Post, zone: dict[str, list[str]], entered: SendingDomain, settings: Settings
) -> None:
    settings.OTC_SENDING_DOMAIN_REQUIRED = True
    planned(post)
    assert post.send() == 0
    assert post.only().state == "ready"
    publish(zone, entered)
    check(post.chase.house, entered)
    assert post.send() == 1


@pytest.mark.parametrize(
    ("days", "expected"),
    [(0, 20), (1, 20), (2, 50), (4, 50), (5, 100), (9, 100), (10, 200), (999, 200)],
)
def test_a_domain_grows_to_its_number_an_hour(days: int, expected: int) -> None:
    assert mails_an_hour(timedelta(days=days), most=200) == expected
    assert mails_an_hour(timedelta(days=days), most=1) == 1


@pytest.mark.django_db
@pytest.mark.parametrize(("days", "expected"), [(0, 1), (11, 2)])
def test_a_domain_sends_no_more_than_so_many_an_hour(
    post: Post,
    zone: dict[str, list[str]],
    entered: SendingDomain,
    settings: Settings,
    *,
    days: int,
    expected: int,
) -> None:
    settings.OTC_MAILS_PER_HOUR = 2
    publish(zone, entered)
    check(post.chase.house, entered)
    with post.chase.house.scope():
        SendingDomain.objects.update(verified_at=NOW - timedelta(days=days))
    for code in ("C001", "C002", "C003"):
        post.chase.line(post.chase.customer(code), 12)
    post.chase.plan()
    post.confirm()
    assert post.send() == expected
    assert post.send() == 0
    post.now = NOW + timedelta(minutes=61)
    assert post.send() == 1


# --- key and page ---------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_private_key_is_sealed_in_the_database(
    house: House, entered: SendingDomain, settings: Settings
) -> None:
    with house.scope():
        stored = SendingDomain.objects.get()
        assert "PRIVATE" not in stored.private_key
        assert "BEGIN RSA PRIVATE KEY" in unseal(stored.private_key)
        assert "PRIVATE" not in str(list(AuditEvent.objects.values_list("details", flat=True)))
        settings.OTC_SEALING_KEY = "another"
        with pytest.raises(UnreadableSecretError):
            unseal(stored.private_key)


def browser(house: House, role: str = "tenant_admin") -> Client:
    cache.clear()
    found = house.client(role)
    User.objects.update(language="en")
    return found


@pytest.mark.django_db
def test_an_administrator_enters_copies_and_checks(
    house: House, zone: dict[str, list[str]]
) -> None:
    who = browser(house)
    assert "Messages leave from reminders@echeo.example" in who.get(PAGE).content.decode()
    who.post(f"{PAGE}/enter", {"domain": DOMAIN})
    with house.scope():
        entered = SendingDomain.objects.get()
    page = who.get(PAGE).content.decode()
    assert f"{entered.selector}._domainkey.{DOMAIN}" in page
    assert entered.public_key.replace("+", "&#x2B;") in page or entered.public_key in page
    assert "PRIVATE" not in page
    who.post(f"{PAGE}/check")
    assert "not found" in who.get(PAGE).content.decode()
    publish(zone, entered)
    who.post(f"{PAGE}/check")
    assert f"Messages leave from {DOMAIN}, signed." in who.get(PAGE).content.decode()
    who.post(f"{PAGE}/remove")
    with house.scope():
        assert not SendingDomain.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("typed", ["", "x", "a@b.example", "echeo.example"])
def test_a_domain_that_cannot_be_is_refused_in_words(house: House, typed: str) -> None:
    answer = browser(house).post(f"{PAGE}/enter", {"domain": typed})
    assert answer.status_code == 422
    with house.scope():
        assert not SendingDomain.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("role", ["credit_manager", "collector", "executive"])
def test_nobody_else_touches_the_domain(house: House, entered: SendingDomain, role: str) -> None:
    who = browser(house, role)
    assert who.get(PAGE).status_code == 403
    assert who.post(f"{PAGE}/remove").status_code == 403


@pytest.mark.django_db
def test_the_other_tenant_has_a_page_of_its_own(
    house: House, entered: SendingDomain, other_house: House
) -> None:
    assert DOMAIN not in browser(other_house).get(PAGE).content.decode()
    browser(other_house).post(f"{PAGE}/remove")
    with house.scope():
        assert SendingDomain.objects.exists()
