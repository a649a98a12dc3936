"""The management commands print one JSON document and end with the codes of the contract."""

import json
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django.fixtures import Settings

from accounts import look_ups
from tests.cast import House

pytestmark = pytest.mark.django_db


def ask(*words: str, refused: bool = False) -> dict[str, Any]:
    """Return what a command prints with --json; `refused` expects exit code 1."""
    out = StringIO()
    if refused:
        with pytest.raises(SystemExit) as left:
            call_command(*words, "--json", stdout=out)
        assert left.value.code == 1
    else:
        call_command(*words, "--json", stdout=out)
    answer: dict[str, Any] = json.loads(out.getvalue())
    return answer


NEW = ("create_tenant", "orvanne", "--name", "Orvanne SA", "--admin", "camille@orvanne.example")


def test_create_tenant_prints_tenant_admin_and_a_link_that_sets_the_password(
    db: None, client: Client
) -> None:
    answer = ask(*NEW)
    assert set(answer) == {"tenant", "admin", "set_password_url"}
    assert (answer["tenant"], answer["admin"]) == ("orvanne", "camille@orvanne.example")
    path = urlsplit(answer["set_password_url"]).path
    form = client.get(path, follow=True)
    assert form.status_code == 200
    target = form.redirect_chain[-1][0]
    password = "trois coups d'avance"
    done = client.post(target, {"password1": password, "password2": password})
    assert done.status_code == 302
    assert client.login(email="camille@orvanne.example", password=password)
    assert client.get("/")["Location"] == "/admin"


def test_a_taken_slug_is_refused_with_a_way_out(db: None) -> None:
    ask(*NEW)
    answer = ask(*NEW, refused=True)
    assert answer["error"]["code"] == "slug_taken"
    assert "orvanne-2" in answer["error"]["message"]


@pytest.mark.parametrize(
    "words",
    [
        ("create_tenant", "or vanne", "--name", "X", "--admin", "a@b.example"),
        ("create_tenant", "orvanne", "--name", "X", "--admin", "nobody"),
        (
            "create_tenant",
            "orvanne",
            "--name",
            "X",
            "--admin",
            "a@b.example",
            "--country",
            "France",
        ),
        ("create_tenant", "orvanne", "--name", "X", "--admin", "a@b.example", "--currency", "€"),
        ("export_tenant", "x", "/no/such/folder/x.zip"),
    ],
)
def test_wrong_usage_ends_with_two(words: tuple[str, ...], db: None) -> None:
    with pytest.raises(CommandError) as fault:
        ask(*words)
    assert fault.value.returncode == 2


@pytest.mark.parametrize("command", [("verify_audit_chain", "--tenant", "nowhere")])
def test_an_unknown_tenant_is_refused(command: tuple[str, ...], db: None) -> None:
    assert ask(*command, refused=True)["error"]["code"] == "unknown_tenant"


def test_without_json_a_refusal_is_a_sentence_on_standard_error(db: None) -> None:
    out, err = StringIO(), StringIO()
    with pytest.raises(SystemExit):
        call_command("verify_audit_chain", "--tenant", "nowhere", stdout=out, stderr=err)
    assert out.getvalue() == ""
    assert "nowhere" in err.getvalue()


def test_a_whole_chain_has_no_broken_event(house: House) -> None:
    answer = ask("verify_audit_chain", "--tenant", "atelier")
    assert answer == {"events": 1, "first_broken": None}


def test_a_key_made_by_command_opens_the_api(house: House) -> None:
    house.member("credit_analyst")
    answer = ask(
        "create_api_token",
        "atelier",
        "--owner",
        "credit.analyst@atelier.example",
        "--name",
        "ERP",
        "--scope",
        "ledger.see_customers",
    )
    assert answer["scopes"] == ["ledger.see_customers"]
    assert look_ups.tenant_of_secret("token", answer["token"]) is not None


def test_an_archive_comes_back_as_another_tenant(
    house: House, tmp_path: Path, settings: Settings
) -> None:
    settings.OTC_DATA_DIR = tmp_path
    file = tmp_path / "atelier.zip"
    exported = ask("export_tenant", "atelier", str(file))
    assert exported["tables"]["accounts_scope"] == 4
    answer = ask("import_tenant", str(file), "--slug", "copie")
    assert answer["rows"] == exported["rows"] - exported["tables"]["accounts_auditevent"]
    assert ask("import_tenant", str(file), "--slug", "copie", refused=True)["error"]["code"] == (
        "slug_taken"
    )
