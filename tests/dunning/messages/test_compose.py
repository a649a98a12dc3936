import dataclasses
import io
import re
from datetime import date
from decimal import Decimal
from html.parser import HTMLParser

import openpyxl
import pytest

from dunning.documents import rendering, statement
from dunning.documents.rendering import PdfUnavailable
from dunning.documents.statement import statement_groups, statement_html
from dunning.documents.view import message_view
from dunning.messages import compose
from dunning.messages.bodies import LINES_SHOWN
from dunning.messages.engine import TemplateRefused
from dunning.messages.samples import sample_contents, sample_line
from dunning.messages.shipped import check_template, shipped_template
from dunning.rules.content import MessageTemplate, Register, ReminderContent, Section, Totals

RICH, BARE = sample_contents()


def content_for(register: Register, language: str = "fr") -> ReminderContent:
    """Return the rich sample at a register; before the due date only lines not due are left."""
    step = dataclasses.replace(RICH.step, register=register, has_statement=False)
    content = dataclasses.replace(RICH, language=language, step=step)
    if register is not Register.BEFORE_DUE:
        return content
    coming = tuple(line for line in RICH.lines if line.section is Section.NOT_DUE)
    nothing = Decimal(0)
    amount = Decimal("188940.00")
    totals = Totals(nothing, amount, nothing, nothing, amount)
    return dataclasses.replace(content, lines=coming, totals=totals, penalties=None)


MAIL_REGISTERS = [register for register in Register if register is not Register.FORMAL_NOTICE]


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("register", list(Register))
def test_every_shipped_text_passes_the_check_of_a_tenants_own(
    register: Register,
    language: str,
) -> None:
    check_template(shipped_template(register, language))


@pytest.mark.parametrize("register", list(Register))
def test_french_and_english_place_the_same_blocks(register: Register) -> None:
    blocks = [
        re.findall(r"blocks\.\w+", shipped_template(register, language).body)
        for language in ("fr", "en")
    ]
    assert blocks[0] == blocks[1]


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("register", [Register.FIRM, Register.FORMAL])
def test_nobody_is_told_of_reminders_that_he_was_not_sent(
    register: Register, language: str
) -> None:
    """A backlog taken over from another system begins at the level of its lateness."""
    content = content_for(register, language)
    first = dataclasses.replace(content.step, previous_message_date=None)
    unheard = compose(dataclasses.replace(content, step=first)).text
    assert not re.search("malgré|relances|despite", unheard, re.IGNORECASE)
    assert re.search("malgré|despite", compose(content).text, re.IGNORECASE)


class _Shown(HTMLParser):
    """The words a mail program shows and the addresses it leads to."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.links: set[str] = set()
        self.remote: set[str] = set()
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._hidden += tag in {"style", "title"}
        for name, value in attrs:
            if tag == "a" and name == "href":
                self.links.add(str(value))
            elif name in {"src", "href", "background", "poster", "srcset"}:
                self.remote.add(str(value))

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in {"style", "title"}

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.words.append(data)


def shown(html: str) -> _Shown:
    reader = _Shown()
    reader.feed(html)
    return reader


def facts(text: str) -> set[str]:
    """Return every amount, date, number of days, document number, IBAN and telephone in a text."""
    return set(
        re.findall(
            r"−?\d[\d\u202f]*,\d\d\xa0€|\d\d/\d\d/\d{4}|\d+\xa0j\b|[A-Z]{2}-\d{4}-\d{4}"
            r"|FR76[\d ]+189|02 00 00 01 00|\d+,\d\d\xa0%",
            text,
        ),
    )


@pytest.mark.parametrize("register", MAIL_REGISTERS)
def test_the_text_part_says_every_fact_and_every_link_of_the_html_part(
    register: Register,
) -> None:
    message = compose(content_for(register))
    page = shown(message.html)
    words = " ".join(page.words)
    assert facts(words) == facts(message.text)
    assert len(facts(words)) > 5
    assert {link for link in page.links if link not in message.text} == set()


@pytest.mark.parametrize("register", MAIL_REGISTERS)
def test_a_message_refers_to_nothing_remote_and_stays_under_thirty_kilobytes(
    register: Register,
) -> None:
    message = compose(content_for(register))
    assert shown(message.html).remote <= {"cid:epc-qr"}
    assert "url(" not in message.html
    assert "@import" not in message.html
    assert len(message.html.encode()) < 30_000


def test_a_message_of_a_thousand_lines_stays_under_thirty_kilobytes() -> None:
    lines = tuple(
        dataclasses.replace(
            sample_line(f"FA-2609-{number:04}", date(2026, 9, 30), "100.00", original="250.00"),
            order_number="COMMANDE-2026-000123",
        )
        for number in range(1_000)
    )
    zero = Decimal(0)
    totals = Totals(Decimal(100_000), zero, zero, zero, Decimal(100_000))
    step = dataclasses.replace(RICH.step, has_statement=False)
    message = compose(dataclasses.replace(RICH, lines=lines, totals=totals, step=step))
    assert len(message.html.encode()) < 30_000
    rest = 1_000 - LINES_SHOWN
    assert f"et {rest} autres lignes" in message.html
    assert f"{rest * 100 // 1000}\u202f500,00\xa0€" in message.text


def test_a_disputed_invoice_is_named_and_not_claimed() -> None:
    message = compose(content_for(Register.FIRM))
    table = message.html[
        message.html.index("<thead>") : message.html.index(
            "</table>", message.html.index("<thead>")
        )
    ]
    assert "FA-2607-0455" not in table
    assert "FA-2607-0455 (32\u202f450,00\xa0€) est en litige" in message.html
    assert "FA-2607-0455 (32\u202f450,00\xa0€) est en litige" in message.text


def test_a_line_disputed_in_part_claims_the_rest() -> None:
    line = sample_line("FA-1", date(2026, 9, 30), "1000.00", disputed="250.00")
    zero = Decimal(0)
    totals = Totals(Decimal(750), zero, Decimal(250), zero, Decimal(750))
    step = dataclasses.replace(RICH.step, has_statement=False)
    content = dataclasses.replace(RICH, lines=(line,), totals=totals, step=step)
    message = compose(content)
    assert "750,00\xa0€" in message.html
    assert "250,00\xa0€ en litige, non réclamés" in message.html
    assert [group.total for group in statement_groups(message_view(content))] == [
        "750,00\xa0€",
        "250,00\xa0€",
    ]


def test_the_groups_of_a_statement_add_up_to_its_balance() -> None:
    view = message_view(RICH)
    rows = [row.amount for group in statement_groups(view) for row in group.rows]
    totals = RICH.totals
    assert sum(rows) == totals.net + totals.disputed + totals.not_due == Decimal("412860.75")
    assert "412\u202f860,75\xa0€" in statement_html(view)


def test_without_an_account_no_bank_details_and_no_code_are_shown() -> None:
    message = compose(dataclasses.replace(BARE, portal_url="https://pay.example/r/x"))
    assert message.qr_png is None
    assert "cid:" not in message.html
    assert "IBAN" not in message.text


def test_another_currency_than_the_euro_has_no_sepa_code() -> None:
    content = dataclasses.replace(content_for(Register.COURTEOUS), currency="USD")
    assert compose(content).qr_png is None
    assert "FR76 3000" in compose(content).text


def test_without_a_page_of_the_customer_nothing_links_to_one() -> None:
    message = compose(BARE)
    assert shown(message.html).links == set()
    assert "http" not in message.text


def test_composing_twice_gives_the_same_message() -> None:
    content = content_for(Register.FORMAL)
    assert compose(content) == compose(content)


def test_a_tenants_own_text_keeps_the_amount_and_the_lines() -> None:
    own = MessageTemplate("Bonjour {{ customer.name }}", "", "<p>Un mot.</p><script>x</script>")
    message = compose(content_for(Register.COURTEOUS), own)
    assert message.subject == "Bonjour Bâti-Loire SAS"
    assert "FA-2606-0218" in message.html
    assert "<script>" not in message.html
    assert "À RÉGLER MAINTENANT" in message.text


def test_a_name_cannot_pass_for_a_block_or_for_markup() -> None:
    customer = dataclasses.replace(RICH.customer, name="\ue000button\ue001 <b>X</b> & Cie")
    own = MessageTemplate("{{ customer.name }}", "", "<p>{{ customer.name }}</p>")
    message = compose(
        dataclasses.replace(content_for(Register.COURTEOUS), customer=customer),
        own,
    )
    assert "&lt;b&gt;X&lt;/b&gt; &amp; Cie" in message.html
    assert "Voir et régler mes factures" not in message.html
    assert message.subject == "button <b>X</b> & Cie"


def test_a_gap_in_a_text_stops_the_message_instead_of_leaving_a_blank() -> None:
    with pytest.raises(TemplateRefused, match="nothing_here"):
        compose(BARE, MessageTemplate("{{ nothing_here }}", "", ""))


def test_penalties_are_mentioned_computed_then_claimed() -> None:
    firm = compose(content_for(Register.FIRM)).text
    formal = compose(content_for(Register.FORMAL)).text
    assert "peuvent s’appliquer" in firm
    assert "2\u202f272,96\xa0€" not in firm
    assert "2\u202f272,96\xa0€" in formal
    assert "12,40\xa0% depuis le 01/07/2026" in formal


def test_an_unknown_language_reads_english() -> None:
    content = dataclasses.replace(content_for(Register.COURTEOUS), language="de")
    assert compose(content).text.startswith("Dear Sir or Madam")


def test_an_account_too_long_for_a_pdf_is_sent_as_a_sheet(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(statement, "LINES_PER_PDF", 3)
    message = compose(RICH)
    (sheet,) = message.attachments
    assert sheet.filename == "releve-C-10482-2026-11-19.xlsx"
    rows = list(openpyxl.load_workbook(io.BytesIO(sheet.content)).worksheets[0].iter_rows())
    assert len(rows) == len(RICH.lines) + 1


def test_without_the_pdf_engine_a_statement_is_a_sheet_and_a_notice_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rendering, "pdf_is_available", lambda: False)
    assert compose(RICH).attachments[0].filename.endswith(".xlsx")
    with pytest.raises(PdfUnavailable, match="Pango"):
        compose(content_for(Register.FORMAL_NOTICE))
