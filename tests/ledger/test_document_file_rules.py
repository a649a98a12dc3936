"""Which files are kept with a document, and which document a name means."""

import time

import pytest

from ledger.rules.document_files import Problem, judged, meant_by, spans_of
from tests.ledger.files import ENTITY_BOMB, JPEG, PNG, XML, pdf


@pytest.mark.parametrize(
    ("name", "content", "media_type", "kept_as"),
    [
        ("F-1.pdf", pdf(), "application/pdf", "F-1.pdf"),
        ("F-1.exe", pdf(), "application/pdf", "F-1.exe.pdf"),
        ("../../etc/F-1", PNG, "image/png", "F-1.png"),
        ("C:\\scans\\F-1.jpeg", JPEG, "image/jpeg", "F-1.jpeg"),
        ("F-1.xml", XML, "application/xml", "F-1.xml"),
        ("F\u202efdp.1\n.xml", XML, "application/xml", "Ffdp.1.xml"),
    ],
)
def test_a_file_is_what_its_bytes_are_and_its_name_is_cleaned(
    name: str, content: bytes, media_type: str, kept_as: str
) -> None:
    found = judged(name, content)
    assert (found.problem, found.media_type, found.name) == (None, media_type, kept_as)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", Problem.EMPTY),
        (b"MZ\x90\x00", Problem.KIND),
        (b"PK\x03\x04", Problem.KIND),
        (b"<html><script>1</script></html>", Problem.KIND),
        (pdf(trailer="/Encrypt 9 0 R "), Problem.LOCKED),
        (pdf(trailer="/Encrypt<</Filter/Standard>> "), Problem.LOCKED),
        (pdf(extra="/OpenAction << /S /JavaScript /JS (app.alert) >> "), Problem.ACTIVE),
        (pdf(extra="/AA << /S /Java#53cript /J#53 (x) >> "), Problem.ACTIVE),
        (pdf()[:-200], Problem.BROKEN),
        (b"%PDF-1.7\nnothing\nstartxref\n99999\n%%EOF", Problem.BROKEN),
        (b"%PDF-1.7\nnothing\nstartxref\n3\n%%EOF", Problem.BROKEN),
        (PNG[:-8], Problem.BROKEN),
        (JPEG[:-2], Problem.BROKEN),
        (ENTITY_BOMB, Problem.ACTIVE),
        (b'<?xml version="1.0"?><svg onload="x"/>', Problem.ACTIVE),
        (XML[:-3], Problem.BROKEN),
        (b'<?xml version="1.0" encoding="none-such"?><a/>', Problem.BROKEN),
        (pdf() + b"\x00" * (10 * 1024 * 1024), Problem.TOO_LARGE),
    ],
)
def test_a_file_nobody_should_open_is_not_kept(content: bytes, problem: Problem) -> None:
    assert judged("F-1.pdf", content).problem is problem


def test_an_invoice_with_its_data_inside_is_kept() -> None:
    assert judged("factur-x.pdf", pdf(extra="/Names << /EmbeddedFiles 8 0 R >> ")).problem is None


def test_ten_megabytes_of_nested_elements_are_read_past_in_two_seconds() -> None:
    deep = b'<?xml version="1.0"?>' + b"<a>" * 3_000_000
    began = time.process_time()
    assert judged("deep.xml", deep).problem is Problem.BROKEN
    assert time.process_time() - began < 2


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("F-2041.pdf", ("a",)),
        ("Facture F-2041 Client.pdf", ("a",)),
        ("facture_f_2041.PDF", ("a",)),
        ("lot 3/F2041.pdf", ()),
        ("FA_2026_0042-signed.pdf", ("b",)),
        ("FA-2026-00420.pdf", ()),
        ("F-2041_FA-2026-0042.pdf", ("a", "b")),
        ("2026.pdf", ("c",)),
        ("invoice 2026.pdf", ("c",)),
        ("report of 2026.pdf", ()),
        ("F-9.pdf", ("d", "e")),
        ("none.pdf", ()),
    ],
)
def test_a_name_means_the_longest_number_in_it(name: str, meant: tuple[str, ...]) -> None:
    known = {"F-2041": "a", "FA/2026/0042": "b", "2026": "c", "2026/0042": "f", "F-9": "de"}
    assert sorted(meant_by(spans_of(name), known)) == sorted(meant)
