import html
import io
import re
from datetime import timedelta

import openpyxl
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from dunning.documents import engine_problem
from kernel.permissions import system_actor
from portal import throttle
from portal.models import PortalLink
from portal.services import revoke_link
from tests.cast import NOW, TODAY, CustomerMaker, House
from tests.portal.conftest import Account, Clock, add_line, make_account


def text_of(content: bytes) -> str:
    words = re.sub(r"<(script|style)[^>]*>.*?</\1>", " ", content.decode(), flags=re.DOTALL)
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", words)).replace("\u202f", " "))


def test_the_page_shows_what_to_pay_and_how(account: Account, client: Client) -> None:
    response = client.get(account.path())
    page = text_of(response.content)
    assert response.status_code == 200
    for words in (
        "Bâti-Loire Fictif",
        "1 350,00 €",
        "échue depuis 111 jours",
        "FR76 3000 6000 0112 3456 7890 189",
        "Atelier Fictif SA",
        "300,00 €",
        "900,00 €",
        "PO-7",
        "reste sur 700,00 €",
        "100,00 € en litige, non réclamés",
    ):
        assert words in page
    assert '<svg role="img"' in response.content.decode()


def test_the_page_speaks_the_customers_language_and_can_be_switched(
    account: Account,
    client: Client,
) -> None:
    path = account.path()
    french = client.get(path, headers={"accept-language": "en"})
    english = client.get(path, {"lang": "en"}, headers={"accept-language": "fr"})
    assert french.headers["Content-Language"] == "fr"
    assert "À régler maintenant" in text_of(french.content)
    assert english.headers["Content-Language"] == "en"
    assert "To pay now, 3 invoices" in text_of(english.content)
    assert "€1,350.00" in text_of(english.content)
    assert '<html lang="en"' in english.content.decode()


def test_the_page_stays_out_of_caches_search_engines_and_referrers(
    account: Account,
    client: Client,
) -> None:
    response = client.get(account.path())
    assert response.headers["Cache-Control"] == "no-store"
    assert "noindex" in response.headers["X-Robots-Tag"]
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert 'name="referrer" content="no-referrer"' in response.content.decode()


def test_the_page_sets_no_cookie_and_needs_no_session(account: Account, client: Client) -> None:
    path = account.path()
    for address in (path, f"{path}?lang=en", "/r/unknown"):
        response = client.get(address)
        assert not response.cookies
    assert not client.cookies


def test_the_page_has_no_inline_style_script_or_foreign_address(
    account: Account,
    client: Client,
) -> None:
    page = client.get(account.path()).content.decode()
    assert " style=" not in page
    assert re.findall(r"<script(?![^>]*src=)[^>]*>", page) == []
    assert set(re.findall(r'(?:src|href)="(https?://[^"]+)"', page)) == set()


def test_a_scanner_changes_nothing(account: Account, client: Client) -> None:
    path = account.path()
    with account.house.scope():
        before = list(PortalLink.objects.values())
    with CaptureQueriesContext(connection) as asked:
        for _round in range(2):
            assert client.head(path).status_code == 200
            assert client.get(path).status_code == 200
    written = [
        query["sql"]
        for query in asked
        if re.match(r"\s*(INSERT|UPDATE|DELETE)", query["sql"], re.IGNORECASE)
    ]
    with account.house.scope():
        after = list(PortalLink.objects.values())
    assert written == []
    assert before == after
    assert client.get(path).status_code == 200


def test_the_page_cannot_be_posted_to(account: Account, client: Client) -> None:
    assert client.post(account.path()).status_code == 405


def refused_pages(account: Account) -> dict[str, str]:
    """Return paths that open nothing: each for another reason."""
    cut = account.path()[:-1]
    flipped = account.path()
    flipped = flipped[:-3] + ("A" if flipped[-3] != "A" else "B") + flipped[-2:]
    revoked = account.link()
    with account.house.scope():
        revoke_link(
            link=PortalLink.objects.get(pk=revoked.link_id),
            actor=system_actor(account.house.tenant_id),
            now=NOW,
        )
    expired = account.link()
    with account.house.scope():
        PortalLink.objects.filter(pk=expired.link_id).update(expires_at=NOW)
    return {
        "unknown": "/r/" + "A" * 43,
        "cut": cut,
        "flipped": flipped,
        "revoked": "/r/" + revoked.url.rsplit("/", 1)[1],
        "expired": "/r/" + expired.url.rsplit("/", 1)[1],
    }


def test_whatever_opens_no_page_gets_the_same_friendly_answer(
    account: Account,
    client: Client,
) -> None:
    answers = {name: client.get(path) for name, path in refused_pages(account).items()}
    assert {response.status_code for response in answers.values()} == {404}
    assert len({response.content for response in answers.values()}) == 1
    page = text_of(answers["cut"].content)
    assert "This link opens no page" in page
    assert "valid for 60 days" in page
    assert "Atelier" not in page
    assert answers["cut"].headers["Cache-Control"] == "no-store"


def test_a_link_opens_until_the_end_of_its_last_day(
    account: Account,
    client: Client,
    clock: Clock,
) -> None:
    path = account.path()
    clock.now = NOW + timedelta(days=60)
    assert client.get(path).status_code == 200
    clock.now = NOW + timedelta(days=61)
    assert client.get(path).status_code == 404


def test_a_link_shows_its_customer_and_nobody_elses_lines(
    account: Account,
    other_house: House,
    make_customer: CustomerMaker,
    client: Client,
) -> None:
    neighbour = make_account(other_house, make_customer)
    with other_house.scope():
        add_line(other_house, neighbour.customer, "SECRET-1", "77.77")
    with account.house.scope():
        second = make_customer(account.house, code="C-2", name="Autre Client Fictif")
        add_line(account.house, second, "SECRET-2", "88.88")
    page = text_of(client.get(account.path()).content)
    assert "SECRET" not in page
    assert "1 350,00 €" in page


def test_a_settled_account_says_so(
    house: House, make_customer: CustomerMaker, client: Client
) -> None:
    with house.scope():
        customer = make_customer(house)
    page = text_of(client.get(Account(house, customer).path()).content)
    assert "Votre compte est soldé" in page
    assert "IBAN" not in page


def test_a_long_list_is_cut_and_says_where_the_rest_is(account: Account, client: Client) -> None:
    with account.house.scope():
        for number in range(120):
            add_line(account.house, account.customer, f"LONG-{number:03}", "10.00")
    page = text_of(client.get(account.path()).content)
    assert "premières lignes sur 123" in page
    assert page.count("LONG-") < 120


def test_names_are_escaped(house: House, make_customer: CustomerMaker, client: Client) -> None:
    with house.scope():
        customer = make_customer(house, name="<script>alert(1)</script>")
        add_line(house, customer, "<b>FA-1</b>", "100.00")
    page = client.get(Account(house, customer).path()).content.decode()
    assert "<script>alert" not in page
    assert "<b>FA-1" not in page


@pytest.mark.skipif(bool(engine_problem()), reason="the Pango libraries are not installed here")
def test_the_statement_can_be_taken_as_pdf(account: Account, client: Client) -> None:
    response = client.get(f"{account.path()}/statement.pdf", {"lang": "en"})
    assert response.status_code == 200
    assert response.content.startswith(b"%PDF")
    assert response.headers["Content-Type"] == "application/pdf"
    assert "statement-C-10482-2026-10-31.pdf" in response.headers["Content-Disposition"]
    assert response.headers["Cache-Control"] == "no-store"


def test_the_statement_can_be_taken_as_a_sheet(account: Account, client: Client) -> None:
    response = client.get(f"{account.path()}/statement.xlsx")
    rows = list(
        openpyxl.load_workbook(io.BytesIO(response.content)).worksheets[0].iter_rows(min_row=2),
    )
    assert {str(row[0].value) for row in rows} == {"FA-1", "FA-2", "FA-3", "FA-4", "FA-5", "AV-1"}
    assert sum(row[6].value for row in rows) == 2550


@pytest.mark.parametrize("part", ["0", "2", "x", "-1", "９９"])
def test_a_part_that_is_not_there_is_not_found(account: Account, client: Client, part: str) -> None:
    response = client.get(f"{account.path()}/statement.xlsx", {"part": part})
    assert response.status_code == 404


def test_without_the_pdf_engine_the_page_says_so(
    account: Account,
    client: Client,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("dunning.documents.rendering.pdf_is_available", lambda: False)
    response = client.get(f"{account.path()}/statement.pdf")
    assert response.status_code == 503
    assert "Pango" in text_of(response.content)


def test_a_long_account_is_refused_as_pdf_in_words(
    account: Account,
    client: Client,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("portal.views.LINES_PER_PDF", 5)
    response = client.get(f"{account.path()}/statement.pdf")
    assert response.status_code == 422
    assert "Un PDF contient 5 lignes et ce compte en a 6" in text_of(response.content)


def test_a_page_asked_for_too_often_waits(
    account: Account,
    client: Client,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = account.path()
    codes = [client.get(path).status_code for _round in range(throttle.PAGES_PER_WINDOW + 1)]
    assert set(codes[:-1]) == {200}
    late = client.get(path)
    assert codes[-1] == late.status_code == 429
    assert late.headers["Retry-After"] == "60"
    assert client.get(path, REMOTE_ADDR="203.0.113.9").status_code == 200


def test_reading_goes_on_where_the_counters_are_out_of_reach(
    account: Account,
    client: Client,
    settings: object,
) -> None:
    path = account.path()
    settings.CACHES = {  # type: ignore[attr-defined]
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": "redis://127.0.0.1:1/0",
        },
    }
    assert client.get(path).status_code == 200


def test_the_amounts_change_with_the_ledger(account: Account, client: Client) -> None:
    path = account.path()
    assert "1 350,00 €" in text_of(client.get(path).content)
    with account.house.scope():
        add_line(account.house, account.customer, "FA-8", "50.00", due=TODAY - timedelta(days=1))
    assert "1 400,00 €" in text_of(client.get(path).content)
