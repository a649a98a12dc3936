"""The pages of imports, from the upload to the ledger and back."""

import errno
import io
import re
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import IO

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.files.uploadhandler import TemporaryFileUploadHandler
from django.db.models import Sum
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import Scope, ScopeKind, User
from ledger import uploads
from ledger.models import (
    BatchState,
    ColumnMapping,
    Customer,
    Document,
    DueLine,
    Entity,
    ImportBatch,
)
from ledger.tasks import work_imports as work
from tests.cast import TODAY, House

GOOD = """Code client;Raison sociale;N° pièce;Date pièce;Échéance;Montant TTC
C001;Bâti-Loire SAS;FA-1;01/09/2026;31/10/2026;1 200,00
C001;Bâti-Loire SAS;FA-2;15/09/2026;15/11/2026;300,50
C002;Marbrerie Fictive;FA-3;20/09/2026;20/11/2026;99,90
"""
FLAWED = GOOD + (
    "C002;=HYPERLINK(1);FA-4;20/09/2026;20/11/2026;douze\n"
    "C003;Tuilerie Fictive;FA-5;31/11/2026;20/12/2026;10,00\n"
)


@pytest.fixture(autouse=True)
def media(settings: Settings, tmp_path: Path) -> Iterator[Path]:
    settings.MEDIA_ROOT = tmp_path / "files"
    cache.clear()
    yield tmp_path / "files"
    cache.clear()


def file(text: str | bytes, name: str = "balance_20261031.csv") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, text.encode() if isinstance(text, str) else text)


@pytest.fixture
def client(house: House) -> Client:
    signed_in = house.client("credit_manager")
    User.objects.update(language="en")
    return signed_in


def send(client: Client, upload: SimpleUploadedFile, **fields: str) -> str:
    """Send a file in and return the address of its import."""
    answer = client.post("/imports", {"file": upload, **fields})
    assert answer.status_code == 302, answer.content.decode()
    return str(answer.headers["Location"])


def text_of(client: Client, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status
    return " ".join(answer.content.decode().replace("\u202f", " ").split())


def only_batch(house: House) -> ImportBatch:
    with house.scope():
        return ImportBatch.objects.select_related("entity").get()


def stored(media: Path) -> list[Path]:
    return [path for path in media.rglob("*") if path.is_file()]


def test_a_file_is_checked_shown_and_written_only_on_demand(client: Client, house: House) -> None:
    page = send(client, file(GOOD))
    assert "Waiting for a worker" in text_of(client, page)
    work()
    checked = text_of(client, page)
    assert "Nothing is written yet" in checked
    assert "Write 3 rows" in checked
    assert "Raison sociale" in checked
    with house.scope():
        assert not Document.objects.exists()
    assert client.post(f"{page}/apply").headers["Location"] == page
    assert "Writing into the ledger" in text_of(client, page)
    work()
    assert "The file is written." in text_of(client, page)
    with house.scope():
        assert Document.objects.count() == 3
        assert Customer.objects.count() == 2
    assert "balance_20261031.csv" in text_of(client, "/imports")


def test_the_first_visit_says_what_to_do(client: Client) -> None:
    assert "No file yet" in text_of(client, "/imports")


def test_problems_are_grouped_by_what_to_do_and_listed_row_by_row(
    client: Client, house: House
) -> None:
    page = send(client, file(FLAWED))
    work()
    checked = text_of(client, page)
    assert "2 corrections to make" in checked
    assert "Write the amount in a known form" in checked
    assert "“douze” is no amount. Write it like 1234,56 or 1234.56." in checked
    assert "“31/11/2026” does not exist. The month ends on 30 Nov 2026" in checked
    one = text_of(client, f"{page}?code=date_does_not_exist")
    rows = one.split('id="rows"')[1]
    assert "31/11/2026" in rows
    assert "douze" not in rows


def test_rejected_rows_come_as_a_file_that_runs_nothing(client: Client, house: House) -> None:
    page = send(client, file(FLAWED))
    work()
    checked = client.get(f"{page}/rejected.csv").content
    client.post(f"{page}/apply")
    work()
    answer = client.get(f"{page}/rejected.csv")
    assert answer.content == checked
    assert answer.headers["Content-Disposition"] == (
        'attachment; filename="balance_20261031-rejected.csv"'
    )
    lines = answer.content.decode("utf-8-sig").splitlines()
    assert len(lines) == 3
    assert "Raison sociale" in lines[0]
    assert "douze" in lines[1]
    assert "'=HYPERLINK(1)" in lines[1]


def test_columns_that_are_not_recognised_are_named_once(client: Client, house: House) -> None:
    strange = GOOD.replace("Code client", "Zebra").replace("Montant TTC", "Quagga")
    page = send(client, file(strange))
    work()
    asked = text_of(client, page)
    assert "Which column is what?" in asked
    assert "Quagga (1 200,00)" in asked.replace("\u00a0", " ")
    columns = form_of(house)
    refused = client.post(f"{page}/columns", {**columns, "customer_code": "Zebra"})
    assert refused.status_code == 422
    assert "Say which column holds it" in refused.content.decode()
    assert refused.content.decode().count("<title>Error:") == 1
    client.post(f"{page}/columns", {**columns, "customer_code": "Zebra", "amount": "Quagga"})
    work()
    assert "Write 3 rows" in text_of(client, page)
    again = send(client, file(strange.replace("FA-", "FB-"), "later.csv"))
    work()
    assert "Write 3 rows" in text_of(client, again)


def form_of(house: House) -> dict[str, str]:
    """Return the columns as the form of the only import offers them."""
    with house.scope():
        found = ImportBatch.objects.get().mapping["columns"]
    return dict(found)


def test_columns_of_a_checked_file_can_be_changed(client: Client, house: House) -> None:
    page = send(client, file(GOOD))
    work()
    assert "Which column is what?" in text_of(client, f"{page}?columns")
    columns = {name: header for name, header in form_of(house).items() if name != "due_date"}
    client.post(f"{page}/columns", columns)
    work()
    assert "Import the due dates" in text_of(client, page)


def test_a_column_the_file_does_not_have_is_refused(client: Client, house: House) -> None:
    page = send(client, file(GOOD))
    work()
    answer = client.post(f"{page}/columns", {**form_of(house), "amount": "Nowhere"})
    assert answer.status_code == 422
    assert only_batch(house).state == BatchState.STAGED


def test_the_same_file_twice_leads_to_the_first(client: Client, house: House, media: Path) -> None:
    first = send(client, file(GOOD))
    again = client.post("/imports", {"file": file(GOOD, "copy.csv")}, follow=True)
    assert again.redirect_chain == [(first, 302)]
    assert "This very file is here already" in again.content.decode()
    work()
    client.post(f"{first}/apply")
    work()
    again = client.post("/imports", {"file": file(GOOD, "copy.csv")}, follow=True)
    assert again.redirect_chain == [(first, 302)]
    assert "This very file was written already" in again.content.decode()
    assert len(stored(media)) == 1


def zipped(content: bytes, name: str = "xl/workbook.xml") -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr(name, content)
    return target.getvalue()


@pytest.mark.parametrize(
    ("content", "name", "sentence"),
    [
        (b"", "empty.csv", "holds nothing (0 rows)"),
        (b"%PDF-1.7 x", "list.csv", "found: PDF"),
        (b"<?xml version='1.0'?><a/>", "list.csv", "found: XML"),
        (b"a;b\n1;2\n", "list.exe", "found: EXE"),
        (zipped(b"x"), "list.zip", "found: ZIP"),
        (zipped(b"0" * 30_000_000), "bomb.xlsx", "times its size"),
        (zipped(b'<!DOCTYPE a [<!ENTITY b "c">]>'), "entity.xlsx", "document type"),
        (b"PK\x03\x04 not a zip", "torn.xlsx", "not a sound Excel workbook"),
    ],
)
def test_what_is_no_list_of_receivables_gets_a_sentence_and_leaves_nothing(
    client: Client, media: Path, content: bytes, name: str, sentence: str
) -> None:
    answer = client.post("/imports", {"file": file(content, name)})
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert stored(media) == []
    assert "No file yet" in text_of(client, "/imports")


def test_a_file_the_reader_refuses_says_so_on_its_page(client: Client, house: House) -> None:
    page = send(client, file("one line without any separator\n" * 3, "x.csv"))
    work()
    assert "Send in another file" in text_of(client, page)
    assert only_batch(house).state in {BatchState.REFUSED, BatchState.MAPPING_NEEDED}


def test_no_file_at_all_is_said_at_the_field(client: Client) -> None:
    answer = client.post("/imports", {})
    assert answer.status_code == 422
    assert "Choose the file to import." in answer.content.decode()


def test_a_file_announced_above_the_limit_is_refused_unread(client: Client) -> None:
    answer = client.generic(
        "POST",
        "/imports",
        b"never read",
        content_type="multipart/form-data; boundary=x",
        CONTENT_LENGTH="300000000",
    )
    assert answer.status_code == 422
    assert "The file has 300 MB; a file may have 200 MB" in answer.content.decode()


def test_a_file_above_the_limit_is_stopped_while_it_comes_in(
    client: Client, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "MOST_BYTES", 1_000_000)
    answer = client.post("/imports", {"file": file(b"a;b\n" * 300_000, "long.csv")})
    assert answer.status_code == 422
    assert "a file may have 1 MB" in answer.content.decode()
    assert stored(media) == []


def test_a_full_disk_gives_a_sentence_and_no_half_file(
    client: Client, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def half(content: IO[bytes], target: IO[bytes]) -> None:
        target.write(content.read(10))
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("ledger.imports.files.shutil.copyfileobj", half)
    answer = client.post("/imports", {"file": file(GOOD)})
    assert answer.status_code == 422
    assert "There is no room left on the server for balance_20261031.csv" in answer.content.decode()
    assert stored(media) == []


def test_a_disk_that_fills_up_while_the_file_comes_in_gives_a_sentence(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: TemporaryFileUploadHandler, raw_data: bytes, start: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(TemporaryFileUploadHandler, "receive_data_chunk", full)
    answer = client.post("/imports", {"file": file(GOOD)})
    assert answer.status_code == 422
    assert "There is no room left" in answer.content.decode()


def test_more_than_twenty_files_an_hour_are_refused(client: Client, house: House) -> None:
    cache.set(f"imports:{house.tenant_id}", 20)
    answer = client.post("/imports", {"file": file(GOOD)})
    assert answer.status_code == 422
    assert "20 files were sent in within an hour" in answer.content.decode()


def test_the_choices_of_entity_date_and_picture_are_kept(client: Client, house: House) -> None:
    send(client, file(GOOD), entity="ATELIER", file_date="2026-10-15", is_full="on")
    batch = only_batch(house)
    assert batch.entity is not None
    assert (batch.entity.code, str(batch.file_date), batch.is_full) == (
        "ATELIER",
        "2026-10-15",
        True,
    )


def test_progress_is_a_fragment_and_ends_by_loading_the_page_anew(
    client: Client, house: House
) -> None:
    page = send(client, file(GOOD))
    fragment = client.get(f"{page}/progress", headers={"HX-Request": "true"})
    assert "Waiting for a worker" in fragment.content.decode()
    assert "<html" not in fragment.content.decode()
    assert client.get(f"{page}/progress").headers["Location"] == page
    work()
    ended = client.get(f"{page}/progress", headers={"HX-Request": "true"})
    assert ended.headers["HX-Refresh"] == "true"


def test_nothing_can_be_written_before_it_is_checked(client: Client, house: House) -> None:
    page = send(client, file(GOOD))
    answer = client.post(f"{page}/apply")
    assert answer.status_code == 422
    assert "Wait until it is checked" in answer.content.decode()
    assert only_batch(house).state == BatchState.RECEIVED


def test_a_written_import_is_undone_within_a_day(client: Client, house: House) -> None:
    page = send(client, file(GOOD))
    work()
    client.post(f"{page}/apply")
    client.post(f"{page}/apply")  # pressed twice
    work()
    assert "Undo the import" in text_of(client, page)
    undone = client.post(f"{page}/undo", follow=True)
    assert "is undone" in undone.content.decode()
    assert "This import was undone" in undone.content.decode()
    with house.scope():
        assert not DueLine.objects.filter(is_open=True).exists()
        made = ImportBatch.objects.get(undoes__isnull=False)
    assert "takes back what another import wrote" in text_of(client, f"/imports/{made.pk}")
    assert client.post(f"{page}/undo").status_code == 422
    second = send(client, file(GOOD))
    assert second != page


def test_an_import_of_the_day_before_yesterday_is_not_undone(client: Client, house: House) -> None:
    page = send(client, file(GOOD))
    work()
    client.post(f"{page}/apply")
    work()
    assert only_batch(house).state == BatchState.APPLIED
    with house.scope():
        ImportBatch.objects.update(applied_at=timezone.now() - timedelta(hours=25))
    assert "Undo the import" not in text_of(client, page)
    answer = client.post(f"{page}/undo")
    assert answer.status_code == 422
    assert "more than 24 hours ago" in answer.content.decode()


def test_a_file_that_was_not_written_can_be_dropped(
    client: Client, house: House, media: Path
) -> None:
    page = send(client, file(GOOD))
    client.post(f"{page}/drop")
    assert client.get(page).status_code == 404
    assert stored(media) == []


def test_who_may_not_import_sees_no_page_and_sends_no_file(
    client: Client, house: House, media: Path
) -> None:
    page = send(client, file(GOOD))
    for role in ("collector", "executive", "sales_rep"):
        other = house.client(role)
        assert other.get("/imports").status_code == 403
        assert other.get(page).status_code == 403
        assert other.post("/imports", {"file": file(FLAWED)}).status_code == 403
    assert len(stored(media)) == 1


def test_another_tenants_import_does_not_exist(
    client: Client, house: House, other_house: House
) -> None:
    page = send(client, file(GOOD))
    stranger = other_house.client("credit_manager")
    for path in (page, f"{page}/progress", f"{page}/rejected.csv"):
        assert stranger.get(path).status_code == 404
    for verb in ("columns", "apply", "undo", "drop"):
        assert stranger.post(f"{page}/{verb}").status_code == 404
    assert "balance_20261031" not in text_of(stranger, "/imports")


def test_a_forged_upload_is_refused(house: House) -> None:
    honest = house.client("credit_manager")
    forger = Client(enforce_csrf_checks=True)
    forger.cookies = honest.cookies
    assert forger.post("/imports", {"file": file(GOOD)}).status_code == 403
    with house.scope():
        assert not ImportBatch.objects.exists()


def test_the_list_asks_as_many_questions_for_one_file_as_for_twenty(
    client: Client, house: House, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    send(client, file(GOOD))
    client.get("/imports")
    with django_assert_max_num_queries(30) as few:
        client.get("/imports")
    with house.scope():
        for number in range(20):
            ImportBatch.objects.create(
                kind="fec", file_name=f"{number}.txt", file_digest=str(number), file_date=TODAY
            )
    with django_assert_max_num_queries(len(few)):
        client.get("/imports")


def test_real_books_tie_to_account_411(client: Client, house: House, shared_data: Path) -> None:
    books = shared_data / "accounting_exports" / "fec_odoo" / "FEC_odoo_2020.txt"
    page = send(client, file(books.read_bytes(), books.name))
    work()
    checked = text_of(client, page)
    assert "Customer accounts (411)" in checked
    client.post(f"{page}/apply")
    work()
    written = text_of(client, page)
    assert "The file is written." in written
    batch = only_batch(house)
    total = Decimal(batch.control_totals["receivables"]["balance"])
    with house.scope():
        assert Document.objects.aggregate(sum=Sum("amount"))["sum"] == total
    gaps = re.findall(r"<dd class=\"(\w+)\"><b>([^<]+)</b>", written)
    assert [status for status, _gap in gaps] == ["ok", "ok"]


def test_a_public_list_of_invoices_comes_in_through_the_mapping(
    client: Client, house: House, shared_data: Path
) -> None:
    invoices = shared_data / "payment_behaviour" / "ibm_accounts_receivable.csv"
    page = send(client, file(invoices.read_bytes(), invoices.name))
    work()
    assert "Which column is what?" in text_of(client, page)
    named = {
        "customer_code": "customerID",
        "customer_name": "customerID",
        "document_number": "invoiceNumber",
        "issue_date": "InvoiceDate",
        "due_date": "DueDate",
        "amount": "InvoiceAmount",
        "paid_date": "SettledDate",
    }
    assert client.post(f"{page}/columns", named).status_code == 302
    work()
    assert "Write 2,466 rows" in text_of(client, page)
    client.post(f"{page}/apply")
    work()
    with house.scope():
        assert Document.objects.filter(kind="invoice").count() == 2466
        assert Customer.objects.count() == 100
        assert not DueLine.objects.filter(is_open=True).exists()
        assert ColumnMapping.objects.get().columns["customer_name"] == "customerID"


def test_an_import_into_another_entity_is_opened_by_nobody_of_this_one(
    house: House, client: Client
) -> None:
    with house.scope():
        root = Scope.objects.get(path="/")
        scope = Scope.objects.create(
            parent=root, kind=ScopeKind.ENTITY, code="AUTRE", name="Autre", path="/AUTRE/"
        )
        Entity.objects.create(scope=scope, code="AUTRE", name="Autre SA")
    path = send(client, file(GOOD), entity="ATELIER")
    beside = house.client("cash_accountant", path="/AUTRE/")
    for address in (path, f"{path}/progress", f"{path}/rejected.csv"):
        assert beside.get(address).status_code == 404, address
    for verb in ("apply", "drop", "undo"):
        assert beside.post(f"{path}/{verb}").status_code == 404, verb
    assert "balance_20261031.csv" not in text_of(beside, "/imports")
    assert "balance_20261031.csv" in text_of(client, "/imports")
