"""Files of invoices: kept once, placed by the number in their name, handed out as downloads, removed with a reason."""

import time
import zipfile
from io import BytesIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.test import Client

from accounts.models import AuditEvent, User
from kernel.permissions import system_actor
from ledger.models import (
    Document,
    DocumentFile,
    DocumentFileKind,
    StoredContent,
    TimelineEntry,
)
from ledger.services import document_files as services
from tests.cast import NOW, CustomerMaker, House
from tests.ledger.books import Books
from tests.ledger.files import ENTITY_BOMB, pdf, zipped
from tests.ledger.test_api import ALL, Api
from tests.ledger.test_items_page import LATE, invoice

COPY = DocumentFileKind.COPY


@pytest.fixture
def bill(house: House, make_customer: CustomerMaker) -> Document:
    with house.scope():
        return invoice(house, make_customer(house), "F-2041", "120.00")


def keep(
    house: House, document: Document, content: bytes = b"", name: str = "F-2041.pdf"
) -> DocumentFile:
    """Keep a file; inside the house's scope."""
    return services.add_file(
        document=document,
        name=name,
        content=content or pdf(),
        kind=COPY,
        actor=system_actor(house.tenant_id),
        now=NOW,
    )


def english(house: House, role: str) -> Client:
    """Return a browser whose reader reads English."""
    client = house.client(role)
    User.objects.update(language="en")
    return client


def upload(name: str, content: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type="text/plain")


def test_a_file_is_added_on_the_page_of_its_document_and_handed_out_as_a_download(
    house: House, bill: Document
) -> None:
    client = house.client("credit_analyst")
    answer = client.post(
        f"/items/{bill.pk}/files", {"file": upload("F-2041.pdf", pdf()), "kind": "copy"}
    )
    assert answer.status_code == 302
    with house.scope():
        file = DocumentFile.objects.get()
        assert (file.media_type, file.added_by_id) == (
            "application/pdf",
            house.member_known("credit_analyst"),
        )
        assert AuditEvent.objects.filter(action="ledger.add_file").exists()
    given = client.get(f"/items/files/{file.pk}")
    assert given.content == pdf()
    assert given.headers["Content-Disposition"] == 'attachment; filename="F-2041.pdf"'
    assert given.headers["Content-Type"] == "application/octet-stream"
    assert given.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in given.headers["Content-Security-Policy"]
    assert b"F-2041.pdf" in client.get(f"/items/{bill.pk}").content


def test_a_locked_file_is_refused_in_words_on_the_page(house: House, bill: Document) -> None:
    locked = upload("F-2041.pdf", pdf(trailer="/Encrypt 9 0 R "))
    answer = english(house, "credit_manager").post(
        f"/items/{bill.pk}/files", {"file": locked, "kind": "copy"}
    )
    assert answer.status_code == 422
    assert "protected by a password" in answer.content.decode()


@pytest.mark.parametrize(
    ("role", "adds", "reads"),
    [
        ("credit_manager", 302, 200),
        ("cash_accountant", 302, 200),
        ("executive", 403, 200),
        ("collector", 403, 404),
        ("agency", 403, 404),
    ],
)
def test_rows_21_and_1_of_the_matrix_say_who_adds_and_who_reads(
    house: House, bill: Document, role: str, adds: int, reads: int
) -> None:
    with house.scope():
        file = keep(house, bill)
    client = house.client(role)
    form = {"file": upload("F-2041.pdf", pdf("other")), "kind": "proof"}
    assert client.post(f"/items/{bill.pk}/files", form).status_code == adds
    assert client.get(f"/items/files/{file.pk}").status_code == reads
    removal = client.post(f"/items/files/{file.pk}/remove", {"reason": "wrong file"})
    assert removal.status_code == adds


def test_the_same_bytes_are_kept_once_and_go_with_their_last_file(
    house: House, bill: Document
) -> None:
    actor = house.actor("credit_manager")
    with house.scope():
        second = invoice(house, bill.customer, "F-2042", "10.00")
        one, again, other = keep(house, bill), keep(house, bill), keep(house, second)
        assert one.pk == again.pk
        assert StoredContent.objects.count() == 1
        services.remove_file(file=one, reason="another customer’s", actor=actor, now=NOW)
        assert StoredContent.objects.count() == 1
        services.remove_file(file=other, reason="another customer’s", actor=actor, now=NOW)
        assert StoredContent.objects.count() == 0
        one.refresh_from_db()
        assert (one.stored_id, one.removed_by_id) == (None, actor.membership_id)
        assert AuditEvent.objects.filter(action="ledger.remove_file").count() == 2
        said = TimelineEntry.objects.filter(text_code="ledger.file_removed").values_list(
            "words", flat=True
        )
        assert set(said) == {"another customer’s"}


def test_a_removal_needs_a_reason_even_for_the_database(house: House, bill: Document) -> None:
    actor = house.actor("credit_manager")
    with house.scope():
        file = keep(house, bill)
        with pytest.raises(services.RemovalRefused):
            services.remove_file(file=file, reason=" ", actor=actor, now=NOW)
        with pytest.raises(IntegrityError), transaction.atomic():
            DocumentFile.objects.update(removed_at=NOW, stored=None)


def test_a_payment_has_no_file_and_a_document_no_more_than_twenty(
    house: House, bill: Document
) -> None:
    actor = house.actor("credit_manager")
    with house.scope():
        paid = Books(house, actor).payment(bill.customer, "P-1", LATE, "5.00").document
        with pytest.raises(services.FileNotTaken, match="P-1 is a payment"):
            keep(house, paid)
        for number in range(20):
            keep(house, bill, pdf(f"page {number}"))
        with pytest.raises(services.FileNotTaken, match="20 files"):
            keep(house, bill, pdf("one more"))


def send_many(house: House, *files: SimpleUploadedFile, role: str = "credit_manager") -> Any:  # noqa: ANN401  Django's test response
    return english(house, role).post("/items/files", {"uploads": list(files), "kind": "copy"})


def test_a_zip_tells_which_file_went_where(
    house: House, bill: Document, make_customer: CustomerMaker
) -> None:
    with house.scope():
        other = make_customer(house, "C002", "Client Voisin")
        invoice(house, bill.customer, "F-7", "10.00")
        invoice(house, other, "F-7", "10.00")
        invoice(house, other, "AV/2026/3", "10.00")
    answer = send_many(
        house,
        upload(
            "copies.zip",
            zipped({
                "2026/Facture F-2041.pdf": pdf("a"),
                "AV_2026_3.pdf": pdf("b"),
                "F-7.pdf": pdf("c"),
                "F-9999.pdf": pdf("d"),
                "F-2041 proof.pdf": b"MZ not a pdf",
                "__MACOSX/._F-2041.pdf": b"shadow",
            }),
        ),
    )  # fmt: skip
    assert answer.status_code == 200
    places = [(row["each"].name, row["each"].place.value) for row in answer.context["rows"]]
    assert places == [
        ("F-2041 proof.pdf", "refused"),
        ("F-7.pdf", "ambiguous"),
        ("F-9999.pdf", "unknown"),
        ("Facture F-2041.pdf", "added"),
        ("AV_2026_3.pdf", "added"),
    ]
    text = answer.content.decode()
    assert "2 of 5 files were added" in text
    assert "F-7 (Client Fictif), F-7 (Client Voisin)" in text
    again = send_many(house, upload("F-2041.pdf", pdf("a")))
    assert again.context["rows"][0]["each"].place.value == "known"


def lying(content: bytes) -> bytes:
    """Return a ZIP whose headers say that its file is ten bytes long."""
    made = bytearray(zipped({"F-2041.pdf": content}))
    with zipfile.ZipFile(BytesIO(bytes(made))) as archive:
        offset = archive.infolist()[0].header_offset
    made[offset + 22 : offset + 26] = (10).to_bytes(4, "little")
    central = made.rfind(b"PK\x01\x02")
    made[central + 24 : central + 28] = (10).to_bytes(4, "little")
    return bytes(made)


BOMB = zipped({"F-2041.pdf": b"%PDF-" + bytes(30_000_000)})


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (BOMB, "times its size"),
        (BOMB[:-30], "damaged"),
        (lying(pdf("x" * 9000)), "damaged"),
        (zipped({f"{number}.pdf": b"" for number in range(2_001)}), "2001 files"),
        (b"PK\x03\x04" + bytes(200), "damaged"),
    ],
)
def test_a_bomb_is_refused_before_it_hurts(
    house: House, bill: Document, content: bytes, words: str
) -> None:
    began = time.process_time()
    answer = send_many(house, upload("copies.zip", content))
    assert time.process_time() - began < 2
    assert answer.status_code == 422
    assert words in answer.content.decode()
    with house.scope():
        assert not DocumentFile.objects.exists()


def test_what_is_packed_twice_or_declares_entities_is_a_line_of_the_report(
    house: House, bill: Document
) -> None:
    answer = send_many(
        house,
        upload("a.zip", zipped({"F-2041.zip": zipped({"a": b"b"}), "F-2041.xml": ENTITY_BOMB})),
    )
    assert {row["each"].place.value for row in answer.context["rows"]} == {"refused"}


def test_many_files_never_reach_a_document_the_sender_may_not_import(
    house: House, other_house: House, bill: Document
) -> None:
    del bill
    answer = send_many(other_house, upload("F-2041.pdf", pdf()))
    assert answer.context["rows"][0]["each"].place.value == "unknown"
    assert send_many(house, upload("F-2041.pdf", pdf()), role="executive").status_code == 403


def test_many_files_are_placed_in_a_fixed_number_of_questions(
    house: House,
    bill: Document,
    django_assert_max_num_queries: Any,  # noqa: ANN401  a fixture of pytest-django
) -> None:
    actor = house.actor("credit_manager")
    with house.scope(), django_assert_max_num_queries(3):
        report = services.place_files(
            [(f"none-{number}.pdf", pdf()) for number in range(90)], kind=COPY, actor=actor, now=NOW
        )
    assert len(report) == 90


def test_the_other_tenant_has_no_such_file(
    house: House, other_house: House, bill: Document
) -> None:
    with house.scope():
        file = keep(house, bill)
    client = other_house.client("credit_manager")
    assert client.get(f"/items/files/{file.pk}").status_code == 404
    assert client.post(f"/items/files/{file.pk}/remove", {"reason": "xxx"}).status_code == 404
    with other_house.scope(), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM ledger_storedcontent")
        assert cursor.fetchone() == (0,)


def test_files_go_in_and_out_over_the_api(house: House, bill: Document) -> None:
    api = Api(house, *ALL)
    client = Client(headers=api.headers())
    form = {"document": str(bill.pk), "file": upload("F-2041.pdf", pdf()), "kind": "proof"}
    sent = client.post("/api/v1/document-files", form)
    assert sent.status_code == 201
    told = sent.json()
    assert (told["number"], told["kind"], told["size"]) == ("F-2041", "proof", len(pdf()))
    listed = api.get("document-files", number="F-2041").json()["results"]
    assert [each["id"] for each in listed] == [told["id"]]
    content = api.get(f"document-files/{told['id']}/content")
    assert content.content == pdf()
    assert "attachment" in content.headers["Content-Disposition"]
    assert api.post(f"document-files/{told['id']}/remove", {"reason": "wrong"}).status_code == 200
    assert api.get(f"document-files/{told['id']}/content").status_code == 404
    form = {"document": str(bill.pk), "file": upload("F-2041.pdf", b"MZ")}
    refused = client.post("/api/v1/document-files", form)
    assert (refused.status_code, refused.json()["code"]) == (422, "document_file_refused")
