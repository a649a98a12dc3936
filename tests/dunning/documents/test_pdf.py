"""A PDF fetches nothing we did not hand it (RELIABILITY P14), and reads as designed."""

import base64
import dataclasses
import re
import subprocess
import threading
import zlib
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from dunning.documents.notice import notice_number, notice_pdf
from dunning.documents.rendering import pdf_is_available, render_pdf
from dunning.documents.statement import DocumentTooLong, statement_pdf
from dunning.documents.view import MessageView, message_view
from dunning.messages.samples import sample_contents, sample_line
from dunning.rules.content import Register, Totals

if not pdf_is_available():
    pytest.skip("the Pango libraries are not installed here", allow_module_level=True)

RICH = sample_contents()[0]
FOREIGN = b"foreign-bytes-of-the-neighbour"


@pytest.fixture
def requests() -> Iterator[tuple[str, list[str]]]:
    """A listener on this machine and the paths it was asked for; `/redirect` leads to `/hidden`."""
    seen: list[str] = []

    class Listener(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(self.path)
            if self.path == "/redirect":
                self.send_response(302)
                self.send_header("Location", "/hidden")
                self.end_headers()
                return
            self.send_response(200)
            self.end_headers()
            self.wfile.write(FOREIGN)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = HTTPServer(("127.0.0.1", 0), Listener)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", seen
    server.shutdown()
    server.server_close()
    thread.join()


def svg_with(inner: str) -> str:
    drawing = f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">{inner}</svg>'
    return f"data:image/svg+xml;base64,{base64.b64encode(drawing.encode()).decode()}"


def vectors(base: str, secret: Path) -> dict[str, str]:
    return {
        "img": f'<img src="{base}/img.png">',
        "stylesheet": f'<link rel="stylesheet" href="{base}/a.css">',
        "import": f'<style>@import "{base}/b.css";</style>',
        "font": f"<style>@font-face {{ font-family: x; src: url({base}/x.woff2) }} p {{ font-family: x }}</style><p>x",
        "background": f'<p style="background: url({base}/c.png)">x',
        "border image": f'<p style="border: 3px solid; border-image: url({base}/d.png) 1">x',
        "list image": f'<ul style="list-style-image: url({base}/e.png)"><li>x</ul>',
        "content": f"<style>p::before {{ content: url({base}/f.png) }}</style><p>x",
        "object": f'<object data="{base}/g.svg"></object>',
        "embed": f'<embed src="{base}/h.svg">',
        "attachment link": f'<link rel="attachment" href="{base}/i.txt">',
        "attachment anchor": f'<a rel="attachment" href="{base}/j.txt">x</a>',
        "base": f'<base href="{base}/"><img src="k.png">',
        "redirect": f'<img src="{base}/redirect">',
        "svg image": f'<svg xmlns="http://www.w3.org/2000/svg"><image href="{base}/l.png"/></svg>',
        "svg in data": f'<img src="{svg_with(f"<image xlink:href={chr(34)}{base}/m.png{chr(34)}/>")}">',
        "file attachment": f'<link rel="attachment" href="{secret.as_uri()}">',
        "file image": f'<img src="{secret.as_uri()}"><a rel="attachment" href="{secret.as_uri()}">x</a>',
    }


NAMES = list(vectors("http://127.0.0.1:9", Path("/nowhere")))


def bytes_inside(pdf: bytes) -> bytes:
    """Return the file with every compressed stream unpacked beside it."""
    parts = [pdf]
    for stream in re.findall(rb"stream\r?\n(.*?)endstream", pdf, re.DOTALL):
        try:
            parts.append(zlib.decompressobj().decompress(stream))
        except zlib.error:
            continue
    return b"\n".join(parts)


@pytest.mark.parametrize("name", NAMES)
def test_a_document_that_refers_elsewhere_fetches_nothing(
    name: str,
    requests: tuple[str, list[str]],
    tmp_path: Path,
) -> None:
    base, seen = requests
    secret = tmp_path / "secret.txt"
    secret.write_bytes(FOREIGN)
    html = f"<html lang=fr><title>x</title>{vectors(base, secret)[name]}</html>"
    pdf = _rendered_here(html)
    assert seen == []
    assert FOREIGN not in bytes_inside(pdf)


def _rendered_here(html: str) -> bytes:
    """Render in this process, where the network is open: the fetcher alone must hold."""
    from dunning.documents.pdf_child import write_pdf  # noqa: PLC0415  needs Pango

    return write_pdf(html)


def test_there_are_eighteen_vectors() -> None:
    assert len(NAMES) == 18


def test_an_image_inside_the_text_is_drawn_and_one_over_two_megabytes_is_not() -> None:
    small = svg_with('<rect width="9" height="9" fill="#123456"/>')
    filler = "x" * 2_100_000
    large = svg_with(f'<!-- {filler} --><rect width="9" height="9" fill="#123456"/>')
    drawn = _rendered_here(f"<html lang=fr><title>x</title><img alt=x src='{small}'></html>")
    left_out = _rendered_here(f"<html lang=fr><title>x</title><img alt=x src='{large}'></html>")
    colour = b"0.070588 0.203922 0.337255 rg"
    assert colour in bytes_inside(drawn)
    assert colour not in bytes_inside(left_out)


def text_of(pdf: bytes, tmp_path: Path, *options: str) -> str:
    path = tmp_path / "document.pdf"
    path.write_bytes(pdf)
    try:
        run = subprocess.run(
            ["pdftotext", *options, str(path), "-"],
            capture_output=True,
            check=True,
            timeout=60,
        )
    except FileNotFoundError:
        pytest.skip("pdftotext (poppler-utils) is not installed here")
    # Several kinds of blank share one glyph, so a reader may get another of them back.
    return re.sub(r"[^\S\n\f]", " ", run.stdout.decode())


def pages_of(pdf: bytes) -> int:
    return len(re.findall(rb"/Type\s*/Page\b", bytes_inside(pdf)))


@pytest.fixture(scope="module")
def rich_view() -> MessageView:
    return message_view(RICH)


def test_a_statement_of_ten_lines_is_one_page_with_every_line(
    rich_view: MessageView,
    tmp_path: Path,
) -> None:
    pdf = statement_pdf(rich_view)
    text = text_of(pdf, tmp_path, "-layout")
    assert pages_of(pdf) == 1
    assert all(line.document_number in text for line in RICH.lines)
    for amount in ("191 470,75 €", "32 450,00 €", "412 860,75 €"):
        assert amount in text
    assert "Page 1 / 1" in text


def test_the_address_stands_in_the_window_of_a_french_envelope(
    rich_view: MessageView,
    tmp_path: Path,
) -> None:
    for pdf in (statement_pdf(rich_view), notice_pdf(rich_view)):
        box = text_of(pdf, tmp_path, "-bbox")
        found = re.search(
            r'xMin="([\d.]+)" yMin="([\d.]+)"[^>]*>Bâti-Loire', box.split("Exempleville", 1)[1]
        )
        assert found is not None
        left, top = (float(value) * 25.4 / 72 for value in found.groups())
        assert left == pytest.approx(110, abs=1)
        assert 43 <= top <= 53


def test_a_formal_notice_is_one_numbered_page_with_what_is_claimed(tmp_path: Path) -> None:
    step = dataclasses.replace(RICH.step, register=Register.FORMAL_NOTICE)
    view = message_view(dataclasses.replace(RICH, step=step))
    assert notice_number(view) == "projet, numéro à l’émission"
    pdf = notice_pdf(view, number="MD-2026-0009")
    text = text_of(pdf, tmp_path)
    assert pages_of(pdf) == 1
    for words in (
        "MD-2026-0009",
        "193 943,71 €",
        "huit jours",
        "article 1344",
        "est en litige",
    ):
        assert words in text


def test_headings_repeat_on_every_page_and_the_balance_does_not(tmp_path: Path) -> None:
    lines = tuple(
        sample_line(f"FA-2609-{number:04}", date(2026, 9, 30), "100.00") for number in range(120)
    )
    zero, whole = Decimal(0), Decimal(12_000)
    content = dataclasses.replace(RICH, lines=lines, totals=Totals(whole, zero, zero, zero, whole))
    pdf = statement_pdf(message_view(content))
    text = text_of(pdf, tmp_path, "-layout")
    pages = pages_of(pdf)
    assert pages >= 3
    assert text.count("Reste dû") == pages
    assert len(re.findall(r"^ *Solde du compte", text, re.MULTILINE)) == 1
    assert f"Page {pages} / {pages}" in text


def test_more_than_a_thousand_lines_are_refused_in_words() -> None:
    line = sample_line("FA-1", date(2026, 9, 30), "1.00")
    content = dataclasses.replace(RICH, lines=(line,) * 1_001)
    with pytest.raises(DocumentTooLong, match="1001"):
        statement_pdf(message_view(content))


def test_a_document_is_rendered_in_a_process_of_its_own() -> None:
    pdf = render_pdf("<html lang=fr><title>x</title><p>Été</p></html>")
    assert pdf.startswith(b"%PDF")


def test_the_font_of_the_documents_is_ours(rich_view: MessageView) -> None:
    assert b"Inter-Document" in bytes_inside(statement_pdf(rich_view))
