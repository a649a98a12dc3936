import json
import re
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection

from accounts.models import AuditEvent
from kernel.permissions import system_actor
from portal.look_ups import TOKEN_LENGTH, link_of_token
from portal.models import PortalLink
from portal.services import (
    LINK_DAYS,
    link_for_reminder,
    revoke_link,
    revoke_links_of,
)
from tests.cast import NOW, TODAY, House
from tests.portal.conftest import Account


def token_of(url: str) -> str:
    return url.rsplit("/", 1)[1]


def test_a_link_is_found_by_its_secret_before_any_tenant_is_known(account: Account) -> None:
    issued = account.link()
    assert link_of_token(token_of(issued.url)) == (account.house.tenant_id, issued.link_id)


def test_only_the_hash_of_the_secret_is_kept(account: Account) -> None:
    token = token_of(account.link().url)
    with account.house.scope(), connection.cursor() as cursor:
        cursor.execute("SELECT to_jsonb(l)::text FROM portal_portallink l")
        kept = cursor.fetchone()[0]
    assert token not in kept
    assert len(token) == TOKEN_LENGTH


def test_two_links_of_one_customer_have_nothing_in_common(account: Account) -> None:
    assert token_of(account.link().url) != token_of(account.link().url)


@pytest.mark.parametrize("change", ["cut", "longer", "flipped", "empty", "not ascii"])
def test_a_secret_changed_by_one_character_finds_nothing(account: Account, change: str) -> None:
    token = token_of(account.link().url)
    last = "A" if token[-2] != "A" else "B"
    changed = {
        "cut": token[:-1],
        "longer": f"{token}A",
        "flipped": f"{token[:-2]}{last}{token[-1]}",
        "empty": "",
        "not ascii": f"{token[:-1]}é",
    }[change]
    assert link_of_token(changed) is None


def test_a_link_lasts_sixty_days_of_the_tenants_calendar(account: Account) -> None:
    expires = account.link().expires_at
    assert LINK_DAYS == 60
    # 31 October + 60 days is 30 December; the link ends with that day, midnight in Paris.
    assert expires.astimezone(UTC) == datetime(2026, 12, 30, 23, 0, tzinfo=UTC)


def test_the_other_tenant_sees_no_link(account: Account, other_house: House) -> None:
    account.link()
    with other_house.scope():
        assert PortalLink.objects.count() == 0


def test_issuing_and_revoking_are_in_the_audit_trail(account: Account) -> None:
    issued = account.link()
    actor = system_actor(account.house.tenant_id)
    with account.house.scope():
        link = PortalLink.objects.get(pk=issued.link_id)
        revoke_link(link=link, actor=actor, now=NOW)
        revoke_link(link=link, actor=actor, now=NOW + timedelta(hours=1))
        actions = list(AuditEvent.objects.values_list("action", flat=True))
        link.refresh_from_db()
    assert actions.count("portal.issue_link") == 1
    assert actions.count("portal.revoke_link") == 1
    assert link.revoked_at == NOW


def test_all_links_of_a_customer_close_at_once(account: Account) -> None:
    account.link()
    account.link()
    with account.house.scope():
        closed = revoke_links_of(
            customer=account.customer,
            actor=system_actor(account.house.tenant_id),
            now=NOW,
        )
        assert not PortalLink.objects.open_at(NOW).exists()
    assert closed == 2


def test_a_message_gets_an_address_of_its_own(account: Account) -> None:
    with account.house.scope():
        url = link_for_reminder(account.customer.pk, TODAY)
    assert re.fullmatch(r"https?://[^/]+/r/[A-Za-z0-9_-]{43}", url)


def test_a_message_cannot_link_to_a_customer_of_another_tenant(
    account: Account,
    other_house: House,
) -> None:
    from ledger.models import Customer  # noqa: PLC0415

    with other_house.scope(), pytest.raises(Customer.DoesNotExist):
        link_for_reminder(account.customer.pk, TODAY)


def run(*arguments: str) -> tuple[int, dict[str, object]]:
    out, code = StringIO(), 0
    try:
        call_command("portal_link", *arguments, "--json", stdout=out, stderr=StringIO())
    except SystemExit as stopped:
        code = int(stopped.code or 0)
    return code, json.loads(out.getvalue())


def test_the_command_answers_with_the_address_and_its_end(account: Account) -> None:
    code, answer = run("--tenant", account.house.slug, "--customer", "C-10482")
    assert code == 0
    assert set(answer) == {"url", "expires_at"}
    assert link_of_token(token_of(str(answer["url"]))) is not None
    assert datetime.fromisoformat(str(answer["expires_at"])).date().isoformat() == "2026-12-31"


@pytest.mark.parametrize(
    ("tenant", "customer", "named"),
    [("nowhere", "C-10482", "nowhere"), ("atelier", "C-0", "C-0")],
)
def test_the_command_refuses_whom_it_does_not_know(
    account: Account,
    tenant: str,
    customer: str,
    named: str,
) -> None:
    code, answer = run("--tenant", tenant, "--customer", customer)
    error = answer["error"]
    assert isinstance(error, dict)
    assert code == 1
    assert error["code"] == "not_found"
    assert named in error["message"]
