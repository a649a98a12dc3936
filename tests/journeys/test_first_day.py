"""The first day of a company: sign-up, import, figures down to the document, a reminder, the customer's page."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import Chromium, Site, wait_until
from tests.journeys.receivables import REMINDED, address_of, export, overdue, rows

EMAIL = "camille@orvanne.example"
PASSWORD = "trois coups d'avance"
PARIS = ZoneInfo("Europe/Paris")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(400),
]


@dataclass(frozen=True)
class Letter:
    """A reminder as its reader sees it."""

    subject: str
    text: str
    attachments: dict[str, bytes]
    link: str


def amount_in(text: str) -> Decimal:
    """Return the first amount of an English or a French text; without decimals it is one of whole euros."""
    found = re.search(r"\d[\d\s,.\u00a0\u202f]*", text)
    assert found, f"no amount in {text!r}"
    figure = re.sub(r"\s", "", found.group()).rstrip(",.")
    digits = Decimal(re.sub(r"\D", "", figure))
    return digits / 100 if re.search(r"[.,]\d\d$", figure) else digits


def sign_up(page: Page) -> None:
    """Open a company; a password too short is told first, and nothing typed is lost but the password."""
    page.goto("/signup")
    page.get_by_label("Company").fill("Orvanne Industries")
    page.get_by_label("First name").fill("Camille")
    page.get_by_label("Last name").fill("Exemple")
    page.get_by_label("Work e-mail").fill(EMAIL)
    page.get_by_label("Password").fill("court")
    page.get_by_role("button", name="Continue").click()
    expect(page).to_have_title(re.compile("^Error:"))
    expect(page.get_by_label("Company")).to_have_value("Orvanne Industries")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Continue").click()
    page.wait_for_url("**/imports")


def import_receivables(page: Page, content: bytes) -> None:
    """Send a file in, say which column holds the code, read what is wrong, write the rest."""
    page.set_input_files(
        "input[type=file]",
        {"name": "Échéancier novembre.csv", "mimeType": "text/csv", "buffer": content},
    )
    page.get_by_role("button", name="Check the file").click()
    page.wait_for_url("**/imports/*-*")
    page.locator("select[name=customer_code]").select_option("Code interne", timeout=60_000)
    page.get_by_role("button", name="Check with these columns").click()
    write = page.get_by_role("button", name="Write 30 rows")
    expect(write).to_be_visible(timeout=60_000)
    bad = page.locator("section", has=page.locator("#rows")).locator("tbody tr")
    expect(bad).to_have_count(1)
    expect(bad.locator("td").first).to_have_text("32")
    expect(bad).to_contain_text("31/11/2026")
    write.click()
    expect(page.get_by_text("The file is written.")).to_be_visible(timeout=60_000)


def drill_down(page: Page, late: Decimal) -> None:
    """Walk from the tile to the document; the figure stays the same on the way."""
    page.goto("/home")
    expect(page.locator(".kpis .kpi")).to_have_count(6)
    page.locator(".kpi", has_text="Overdue").filter(has_not_text="rate").first.click()
    page.wait_for_url("**/kpi/overdue")
    assert amount_in(page.locator("h1 .callout-num").inner_text()) == late
    page.locator(".drill").get_by_role("link", name="Customers").click()
    page.wait_for_url("**by=customer**")
    split = page.locator("#split tbody tr")
    expect(split).to_have_count(6)
    parts = [amount_in(row.locator("td").nth(2).inner_text()) for row in split.all()]
    assert abs(sum(parts) - late) <= len(parts) / Decimal(2)  # shown in whole euros
    page.locator(".drill").get_by_role("link", name="Items").click()
    page.wait_for_url("**/items?**")
    lines = page.locator("tbody tr[data-row]")
    expect(lines).to_have_count(12)
    shown = [amount_in(line.locator("td b").inner_text()) for line in lines.all()]
    assert sum(shown) == late
    assert amount_in(page.locator("tfoot td.num").last.inner_text()) == late
    number = lines.first.get_by_role("link").first.inner_text()
    lines.first.get_by_role("link").first.click()
    expect(page.locator("h1")).to_contain_text(number)
    assert amount_in(page.locator("tfoot td.num").last.inner_text()) == shown[0]


def confirm_one(page: Page) -> None:
    """Let one reminder go at once."""
    page.goto("/agenda")
    page.get_by_role("link", name=REMINDED).first.click()
    asked = page.locator("section", has=page.locator("#go"))
    asked.get_by_label("send at once").check()
    asked.get_by_role("button", name="Confirm this reminder").click()
    expect(page.get_by_text("1 reminder confirmed.").first).to_be_visible()


def letter(site: Site) -> Letter:
    """Wait for the customer's reminder at the mail server and open it."""
    reader = address_of("ŒNO")

    def found() -> list[EmailMessage]:
        paths = (path for path in site.relay.folder.glob("*.eml") if path.name[0] != ".")
        mails = [message_from_bytes(path.read_bytes(), policy=default) for path in paths]
        return [mail for mail in mails if reader in str(mail["To"])]

    wait_until(found, "the reminder did not arrive", seconds=90)
    (mail,) = found()
    body = mail.get_body(("plain",))
    assert body is not None
    text = body.get_content()
    links = re.findall(rf"{re.escape(site.url)}/r/[\w.~-]+", text)
    assert links, text
    attachments = {str(part.get_filename()): part.get_content() for part in mail.iter_attachments()}
    return Letter(str(mail["Subject"]), text, attachments, links[0])


def customers_page(chromium: Chromium, mail: Letter, asked: Decimal) -> None:
    """Open the link on a telephone: it asks for what the mail asks for."""
    phone = chromium.context(width=390, locale="fr-FR", is_mobile=True, has_touch=True)
    page = phone.new_page()
    page.goto(urlsplit(mail.link).path)
    expect(page.locator("h1")).to_contain_text("Orvanne Industries")
    assert amount_in(page.locator(".p-sum .big .v").first.inner_text()) == asked
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    statement = phone.request.get(f"{urlsplit(mail.link).path}/statement.pdf")
    assert statement.body().startswith(b"%PDF")
    phone.close()


def work_in_french(chromium: Chromium) -> None:
    """Sign in anew from a French browser, choose French, and read French headings."""
    page = chromium.context(locale="fr-FR").new_page()
    page.goto("/login")
    expect(page.locator("html")).to_have_attribute("lang", "fr")
    page.locator("input[name=login]").fill(EMAIL)
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("form:has(input[name=login]) button[type=submit]").click()
    page.wait_for_url("**/home")
    page.goto("/me")
    page.locator("select[name=language]").select_option("fr")
    page.locator("form:has(select[name=language]) button[type=submit]").click()
    for path, heading in (
        ("/home", "Notre situation aujourd’hui"),
        ("/customers", "Clients"),
        ("/imports", "Imports"),
    ):
        page.goto(path)
        expect(page.locator("html")).to_have_attribute("lang", "fr")
        expect(page.locator("h1")).to_have_text(heading)


def test_from_sign_up_to_the_customers_page(chromium: Chromium, site: Site, worker: None) -> None:
    today: date = datetime.now(PARIS).date()
    late = [row for row in rows(today) if row.name == REMINDED and row.due_date < today]
    asked = sum((row.amount for row in late), start=Decimal(0))
    page = chromium.context().new_page()
    sign_up(page)
    import_receivables(page, export(today))
    drill_down(page, overdue(today))
    site.manage("run_dunning", "--tenant", "orvanne-industries")
    confirm_one(page)
    mail = letter(site)
    assert "Orvanne Industries" in mail.subject + mail.text
    assert any(amount_in(line) == asked for line in mail.text.splitlines() if "€" in line)
    assert [content[:4] for content in mail.attachments.values()] == [b"%PDF"]
    customers_page(chromium, mail, asked)
    work_in_french(chromium)
