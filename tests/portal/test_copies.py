"""The customer downloads the copies of his own invoices, and nobody else's, nor what is kept for us."""

from uuid import UUID

import pytest
from django.test import Client

from kernel.permissions import system_actor
from ledger.models import DocumentFile, DocumentFileKind, DueLine
from ledger.services.document_files import add_file, remove_file
from tests.cast import NOW, CustomerMaker, House
from tests.ledger.files import pdf
from tests.portal.conftest import Account, add_line


def keep(account: Account, kind: DocumentFileKind = DocumentFileKind.COPY) -> UUID:
    with account.house.scope():
        line = DueLine.objects.filter(customer=account.customer, kind="invoice").earliest("pk")
        return add_file(
            document=line.document,
            name="Facture une.pdf",
            content=pdf(kind.value),
            kind=kind,
            actor=system_actor(account.house.tenant_id),
            now=NOW,
        ).pk


def test_a_customer_downloads_the_copy_of_his_invoice(account: Account, client: Client) -> None:
    file_id, path = keep(account), account.path()
    assert f"{path}/copies/{file_id}" in client.get(path).content.decode()
    given = client.get(f"{path}/copies/{file_id}")
    assert given.content == pdf("copy")
    assert given.headers["Content-Disposition"].startswith("attachment")
    assert given.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in given.headers["Content-Security-Policy"]
    assert given.headers["Cache-Control"] == "no-store"


def test_a_proof_and_a_removed_copy_stay_with_us(account: Account, client: Client) -> None:
    proof, copy, path = keep(account, DocumentFileKind.PROOF), keep(account), account.path()
    with account.house.scope():
        actor = system_actor(account.house.tenant_id)
        file = DocumentFile.objects.get(pk=copy)
        remove_file(file=file, reason="not his", actor=actor, now=NOW)
    for file_id in (proof, copy):
        assert client.get(f"{path}/copies/{file_id}").status_code == 404
        assert str(file_id) not in client.get(path).content.decode()


@pytest.mark.parametrize("is_other_house", [True, False])
def test_another_customers_copy_is_nowhere(
    account: Account,
    client: Client,
    make_customer: CustomerMaker,
    other_house: House,
    is_other_house: bool,
) -> None:
    house = other_house if is_other_house else account.house
    with house.scope():
        customer = make_customer(house, "C777", "Autre Fictif")
        add_line(house, customer, "FB-1", "10.00")
    other = Account(house, customer)
    theirs = keep(other)
    assert client.get(f"{account.path()}/copies/{theirs}").status_code == 404
    assert client.get(f"{other.path()}/copies/{theirs}").status_code == 200
