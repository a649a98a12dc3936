"""Every address × every role × the other tenant's ids: nothing is shown, changed or betrayed (P8)."""

import hashlib
import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.models import (
    RoleGrant,
)
from credit.models import (
    CreditRequest,
)
from kernel.tenancy import TenantModel
from ledger.models import (
    Customer,
)
from otc import roles
from tests.cast import House
from tests.guards.planted import fill

CANARY = "Zzforeign"
NO_SUCH_METHOD = 405  # said before anybody looks for the row
GHOST = UUID("00000000-0000-7000-8000-000000000000")

# Leaves the session, knows no tenant, or is called with a token (see the API's own walk below).
LEFT_OUT = re.compile(r"^/(logout|login|password|me/|healthz|readyz|metrics|static|api/)")

# Parameters that name no row of a table: a register of texts, a page, a secret.
NO_IDS = frozenset({"criterion", "register", "slug", "page", "key", "secret", "source", "siren"})


# The table that a parameter of an address names; two where two pages use one name.
TABLES = {
    "document": ("document",),
    "file": ("documentfile",),
    "customer": ("customer",),
    "batch": ("importbatch",),
    "reminder": ("reminder",),
    "run": ("run",),
    "member": ("membership",),
    "scope": ("scope",),
    "token": ("apitoken",),
    "code": ("code",),
    "number": ("number",),
    "ceiling": ("approvalceiling",),
    "delegation": ("delegation",),
    "tag": ("countrytag",),
    "export": ("accountexport",),
    "rule": ("assignmentrule",),
    "promise": ("promise",),
    "plan": ("paymentplan",),
    "simulation": ("storedsimulation",),
    "reply": ("reply",),
    "task": ("mailtask",),
    "follow_up": ("followup",),
    "question": ("followup",),
    "hand_over": ("handover",),
    "deadline": ("legaldeadline",),
    "notice": ("formalnotice",),
    "letter": ("letter",),
    "letter_batch": ("letterbatch",),
    "departure": ("departurenotice",),
    "waiver": ("waiverrequest",),
    "entity": ("entity",),
    "committee": ("committee",),
    "committee_session": ("committeesession",),
    "committee_task": ("committeetask",),
    "agenda_file": ("agendafile",),
    "minutes": ("committeeminutes",),
    "hold": ("hold",),
    "release": ("holdrelease",),
    "guarantee": ("guarantee",),
    "policy": ("insurerpolicy",),
    "declaration": ("insurancedeclaration",),
    "cover_import": ("coverimport",),
    "override": ("scoreoverride",),
    "contest": ("scorecontest",),
    "alert": ("watchalert",),
    "group": ("customergroup",),
    "limit": ("grouplimit",),
    "lesson": ("lesson",),
    "entry": ("timelineentry", "timeentry"),
    "session": ("trainingsession",),
    "closure": ("closure",),
    "residual": ("residual",),
}


@dataclass(frozen=True)
class Address:
    """A route with the names of its parameters."""

    template: str
    names: tuple[str, ...]

    def filled(self, value: str) -> str:
        return re.sub(r"<[^>]+>", value, self.template)


def addresses(resolver: URLResolver | None = None, prefix: str = "/") -> Iterator[Address]:
    """Walk the resolver: every route there is, not a list kept by hand."""
    for pattern in (resolver or get_resolver()).url_patterns:
        route = (
            re.sub(r"\(\?P<(\w+)>[^)]*\)", r"<\1>", str(pattern.pattern))
            .strip("^$")
            .replace("\\Z", "")
        )
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern, prefix + route)
        elif isinstance(pattern, URLPattern):
            template = prefix + route
            yield Address(template, tuple(re.findall(r"<(?:\w+:)?(\w+)>", template)))


def tenant_tables() -> list[type[TenantModel]]:
    """Return every model whose rows belong to a tenant."""
    return [model for model in apps.get_models() if issubclass(model, TenantModel)]


def ids_of(house: House) -> dict[str, list[str]]:
    """Return what could be put into an address: identifiers of every table, codes and numbers."""
    with house.scope():
        found = {
            model._meta.model_name or "": [
                str(pk) for pk in model._default_manager.values_list("pk", flat=True)[:2]
            ]
            for model in tenant_tables()
        }
        found["code"] = list(Customer.objects.values_list("code", flat=True))
        found["number"] = list(CreditRequest.objects.values_list("number", flat=True))
    return found


def digest_of(house: House) -> str:
    """Return a digest of every row of a tenant."""
    digest = hashlib.sha256()
    with house.scope(), connection.cursor() as cursor:
        for model in tenant_tables():
            cursor.execute(
                f"SELECT coalesce(string_agg(t::text, chr(10) ORDER BY t.id), '') FROM \"{model._meta.db_table}\" t"
            )
            digest.update(cursor.fetchone()[0].encode())
    return digest.hexdigest()


def body_of(response: Any) -> str:  # noqa: ANN401  a test response
    """Return what was answered, an office file unpacked."""
    content = b"".join(response.streaming_content) if response.streaming else response.content
    if content[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            content = b"".join(book.read(name) for name in book.namelist())
    return f"{response.headers.get('Location', '')} {content.decode('utf-8', 'replace')}"


def candidates(address: Address, foreign: dict[str, list[str]]) -> list[str]:
    """Return the foreign values that fit the address: one of each table its parameter names."""
    if not address.names:
        return [""]
    name = address.names[0].removesuffix("_id")
    if name in NO_IDS:  # any foreign value is as good as another
        return [*foreign["customer"][:1], *foreign["code"][:1]]
    assert name in TABLES, f"{address.template}: say in TABLES which table {name} names"
    planted = [foreign[table][:1] for table in TABLES[name]]
    assert all(planted), f"{address.template}: plant a row of {TABLES[name]}"
    return [value for values in planted for value in values]


@pytest.fixture
def houses(house: House, other_house: House) -> tuple[House, House]:
    fill(house, "Ours")
    fill(other_house, CANARY)
    return house, other_house


def faults_at(
    client: Client, address: Address, value: str, form: dict[str, str], told_none: dict[str, int]
) -> Iterator[str]:
    """Ask an address with a foreign value, and yield what should not have been answered.

    `told_none` keeps what the same address answers to a value that exists nowhere.
    """
    path = address.filled(value)
    for method in ("get", "post"):
        answer = getattr(client, method)(path, form if method == "post" else {})
        if answer.status_code >= 500:
            yield f"{method} {path} answered {answer.status_code}"
        if CANARY in body_of(answer):
            yield f"{method} {path} shows the other tenant"
        if address.names and method == "get" and answer.status_code != NO_SUCH_METHOD:
            ghost = address.filled(ghost_like(value))
            if ghost not in told_none:
                told_none[ghost] = client.get(ghost).status_code
            if told_none[ghost] != answer.status_code:
                yield f"{path} tells a foreign id from none: {answer.status_code}, {told_none[ghost]}"


@pytest.mark.slow
@pytest.mark.django_db
@pytest.mark.parametrize("role", roles.COLLEAGUES)
def test_no_address_shows_changes_or_betrays_the_other_tenant(
    houses: tuple[House, House], role: str
) -> None:
    mine, theirs = houses
    foreign = ids_of(theirs)
    before = digest_of(theirs)
    client = mine.client(role)
    client.raise_request_exception = False
    faults: list[str] = []
    told_none: dict[str, int] = {}
    asked = 0
    for address in addresses():
        if LEFT_OUT.match(address.template):
            continue
        for value in candidates(address, foreign):
            asked += 2
            faults += faults_at(client, address, value, posted(foreign), told_none)
        if not client.session.get("_auth_user_id"):
            client = mine.client(role)
            client.raise_request_exception = False
    assert faults == []
    assert asked > 60, "the walk found fewer addresses than there are"
    assert digest_of(theirs) == before


def ghost_like(value: str) -> str:
    """Return an identifier of the same form that exists nowhere."""
    return str(GHOST) if re.fullmatch(r"[0-9a-f-]{36}", value) else "none-at-all"


def posted(foreign: dict[str, list[str]]) -> dict[str, str]:
    """Return a form that names the other tenant's rows in every field a form might have."""
    first = {name: values[0] for name, values in foreign.items() if values}
    return {
        "tenant": "voisin",
        "tenant_id": first["membership"],
        "customer": first["customer"],
        "entity": first["entity"],
        "scope": first["scope"],
        "membership": first["membership"],
        "manager": first["membership"],
        "contact": first["contact"],
        "document": first["document"],
        "due_line": first["dueline"],
        "line": first["dueline"],
        "id": first["customer"],
        "to": first["scope"],
        "parent": first["scope"],
        "role": "credit_manager",
        "name": "x",
        "email": "x@x.example",
        "amount": "1",
        "reason": "x",
    }


# The tables whose rows an endpoint hands out; whatever else an id may be of, it knows no such row either.
RESOURCES = {
    "customers": ("code", "customer"),
    "documents": ("document",),
    "document-files": ("documentfile", "document"),
    "payments": ("document",),
    "allocations": ("allocation",),
    "imports": ("importbatch",),
    "credit-checks": ("creditcheck",),
    "credit-requests": ("number", "creditrequest"),
    "indicators": ("code", "customer"),
    "orders": ("order",),
    "reminders": ("reminder",),
}


def asked_of(address: Address, foreign: dict[str, list[str]]) -> list[str]:
    """Return the foreign values to ask an endpoint of the API for."""
    if not address.names:
        return [""]
    resource = address.template.split("/")[3]
    assert resource in RESOURCES, f"{address.template}: say in RESOURCES whose rows it hands out"
    return [value for table in RESOURCES[resource] for value in foreign[table][:1]]


@pytest.mark.django_db
def test_no_endpoint_of_the_api_shows_the_other_tenant(houses: tuple[House, House]) -> None:
    foreign = ids_of(houses[1])
    before = digest_of(houses[1])
    headers = {"Authorization": "Bearer key Ours"}
    client = Client(raise_request_exception=False)
    faults = []
    told_none: dict[tuple[str, str], int] = {}
    for address in addresses():
        if (
            not address.template.startswith("/api/v1/")
            or "schema" in address.template
            or "docs" in address.template
        ):
            continue
        for value in asked_of(address, foreign):
            for method in ("get", "post"):
                ask = getattr(client, method)
                answer = ask(address.filled(value), headers=headers)
                told = f"{method} {address.filled(value)}: {answer.status_code}"
                if CANARY in body_of(answer) or answer.status_code >= 500:
                    faults.append(told)
                if address.names:
                    ghost = (method, address.filled(ghost_like(value)))
                    if ghost not in told_none:
                        told_none[ghost] = ask(ghost[1], headers=headers).status_code
                    if answer.status_code == 200 or told_none[ghost] != answer.status_code:
                        faults.append(f"{told}, {told_none[ghost]} for an id that is none")
    assert faults == []
    assert digest_of(houses[1]) == before


@pytest.mark.django_db
def test_the_walk_finds_a_leak_when_there_is_one(houses: tuple[House, House]) -> None:
    mine, theirs = houses[0], houses[1]
    leaked = theirs.client("credit_manager").get("/items")
    assert CANARY in body_of(leaked)
    with mine.scope():
        assert RoleGrant.objects.exists()
