"""Every address says who may open it (P10), and the twelve roles hold what RELIABILITY 2.1 says (P11)."""

from collections.abc import Iterator

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from kernel.http import settings_routes
from kernel.permissions import ANY_MEMBER
from otc import roles

# The table of RELIABILITY 2.1 as it is printed there, by number of the action.
TABLE = """
|  1 | R | R | R | Ro | R | Ro | Rt | Ra | R | Ra | Rc | Rs |
|  2 | – | R | R | Ro | – | – | Rt | – | R | – | – | Rs |
|  3 | R | R | R | – | R | – | Rt | – | R | – | – | Rs |
|  4 | – | W | W | – | – | – | – | – | – | – | Pc | Ws |
|  5 | – | W | W | Wo | – | Po | – | – | – | – | Pc | Ps |
|  6 | P | – | – | – | P | – | – | – | – | – | – | – |
|  7 | – | A | – | – | – | – | – | – | – | – | – | – |
|  8 | – | – | – | – | P | – | – | – | – | – | Pc | – |
|  9 | – | A | – | – | – | – | – | – | – | – | – | – |
| 10 | – | P | P | – | – | Po | Pt | – | – | – | – | Ps |
| 11 | – | A | – | – | – | – | – | – | – | – | – | – |
| 12 | – | W | W | Po | – | – | – | – | – | – | – | Ps |
| 13 | – | A | P | – | – | Po | Pt | – | – | – | – | – |
| 14 | – | P | P | – | – | – | – | – | – | – | – | – |
| 15 | – | A | – | – | – | – | – | – | – | – | – | – |
| 16 | – | A | – | – | – | – | – | – | – | – | – | – |
| 17 | – | W | W | Wo | – | – | – | – | – | Wa | – | – |
| 18 | – | W | W | Wo | – | Po | Pt | Pa | – | – | – | Ps |
| 19 | – | W | W | Wo | – | Po | – | – | – | Wa | Wc | Ws |
| 20 | – | A | P | Po | – | – | – | – | – | Pa | Pc | – |
| 21 | – | W | W | – | W | – | – | – | – | – | – | Ws |
| 22 | – | – | – | – | W | – | – | – | – | – | – | Ws |
| 23 | – | – | – | – | W | – | – | – | – | – | – | Ps |
| 24 | – | P | P | Po | – | – | – | Pa | – | – | – | – |
| 25 | – | A | – | – | – | – | – | – | – | – | – | – |
| 26 | – | W | W | Wo | W | Wo | Wt | W | – | Wa | Wc | Ws |
| 27 | – | A | – | – | – | – | – | Pa | – | – | – | – |
| 28 | – | A | P | Po | – | – | – | – | – | – | – | – |
| 29 | P | W | W | Wo | W | – | Wt | – | – | Ra | Rc | Rs |
| 30 | W | – | – | – | – | – | – | – | – | – | Wc* | – |
| 31 | W | – | – | – | – | – | – | – | – | – | – | – |
| 32 | R | R | – | – | – | – | – | – | R | – | – | Rs |
| 33 | P | A | – | – | – | – | – | – | – | – | – | – |
| 34 | – | – | – | – | – | – | – | – | – | – | Wc | – |
"""
COLUMNS = (
    "tenant_admin",
    "credit_manager",
    "credit_analyst",
    "collector",
    "cash_accountant",
    "sales_rep",
    "sales_director",
    "dispute_resolver",
    "executive",
    "agency",
    "portal_user",
    "api_client",
)
ACTIONS = (
    "ledger.see_customers",
    "credit.see_opinions",
    "kpis.see_tenant_figures",
    "ledger.edit_customer",
    "ledger.edit_recipients",
    "accounts.propose_bank_details",
    "accounts.approve_bank_details",
    "ledger.propose_refund_iban",
    "ledger.approve_refund_iban",
    "credit.propose_limit",
    "credit.approve_limit",
    "credit.put_on_hold",
    "credit.release_order",
    "dunning.write_policy",
    "dunning.publish_policy",
    "dunning.release_run",
    "dunning.send_reminder",
    "dunning.pause",
    "dunning.record_promise",
    "dunning.agree_plan",
    "ledger.import_ledger",
    "ledger.import_bank",
    "ledger.apply_cash",
    "ledger.propose_write_off",
    "ledger.approve_write_off",
    "disputes.open_dispute",
    "disputes.resolve_dispute",
    "credit.hand_over",
    "ledger.export",
    "accounts.manage_users",
    "accounts.manage_keys",
    "accounts.read_audit",
    "accounts.retention",
    "portal.pay",
)
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")] for line in TABLE.strip().splitlines()
]
EXPECTED = {
    (role, action): row[1:][column]
    for row, action in zip(ROWS, ACTIONS, strict=True)
    for column, role in enumerate(COLUMNS)
}


def test_the_table_has_twelve_roles_and_thirty_four_actions() -> None:
    assert len(EXPECTED) == 12 * 34
    assert [int(row[0]) for row in ROWS] == list(range(1, 35))


@pytest.mark.parametrize("role", COLUMNS)
def test_a_role_holds_exactly_what_the_table_says(role: str) -> None:
    held = {
        action: (f"{cell.verb}{cell.reach}" if cell else "–")
        for action in ACTIONS
        for cell in [roles.CELLS[role, action]]
    }
    assert held == {action: EXPECTED[role, action].rstrip("*") for action in ACTIONS}


def test_the_page_of_roles_has_no_action_and_no_role_beyond_the_table() -> None:
    assert tuple(roles.LABELS) == COLUMNS
    assert tuple(roles.ACTIONS) == ACTIONS


@pytest.mark.parametrize(
    ("pair", "rule"),
    [
        ({"cash_accountant", "collector"}, "S2"),
        ({"cash_accountant", "credit_manager"}, "S3"),
        ({"tenant_admin", "cash_accountant"}, "S6"),
        ({"tenant_admin", "credit_manager"}, "S6"),
    ],
)
def test_a_pair_that_the_rules_keep_apart_is_known_with_its_rule(pair: set[str], rule: str) -> None:
    found = roles.conflict(frozenset({*pair, "executive"}))
    assert found is not None
    assert {found[0], found[1]} == pair
    assert found[2] == rule


def test_nobody_who_moves_money_administers_users() -> None:
    moving = {
        action
        for action in ACTIONS
        if action
        in {
            "ledger.apply_cash",
            "ledger.approve_write_off",
            "credit.approve_limit",
            "accounts.approve_bank_details",
            "ledger.approve_refund_iban",
        }
    }
    assert not [action for action in moving if roles.CELLS["tenant_admin", action]]


def patterns(resolver: URLResolver, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Yield every address of the application with its pattern."""
    for entry in resolver.url_patterns:
        path = f"{prefix}{entry.pattern}"
        if isinstance(entry, URLResolver):
            yield from patterns(entry, path)
        else:
            yield path, entry


def declarations(view: object) -> list[str | None]:
    """Return what a view declares, itself or by its class, one entry an action of the API; empty for nothing."""
    for holder in (view, getattr(view, "view_class", None), getattr(view, "cls", None)):
        if hasattr(holder, "permissions_by_action"):
            return list(holder.permissions_by_action.values())
        if hasattr(holder, "permission"):
            return [holder.permission]
    return []


def test_every_address_declares_who_may_open_it() -> None:
    undeclared = [
        path
        for path, entry in patterns(get_resolver())
        if not declarations(entry.callback) and entry.name not in settings_routes()
    ]
    assert undeclared == []


def test_what_an_address_declares_is_an_action_of_the_table() -> None:
    unknown = {
        path: declared
        for path, entry in patterns(get_resolver())
        for declared in declarations(entry.callback)
        if declared is not None and declared not in {*ACTIONS, ANY_MEMBER, "signed_in"}
    }
    assert unknown == {}


def test_what_is_open_to_everybody_is_this_and_nothing_else() -> None:
    # A new public address is a decision: it is made here.
    public = {
        path.rstrip("$").lstrip("^")
        for path, entry in patterns(get_resolver())
        if getattr(entry.callback, "is_public", False)
    }
    known = (
        "", "login", "logout", "signup", "inactive", "password/", "confirm-email", "invitation/", "me/theme",
        "me/language", "api/v1/schema/", "api/v1/docs/", "healthz", "readyz", "metrics", "r/", "^password", "^confirm",
        "mailbox", "styleguide", "stop/", "clear/", "v/", "solo/", "hooks/mailgun/",
        "hooks/sinch/",
    )  # fmt: skip
    strange = {path for path in public if path and not path.startswith(known[1:])}
    assert strange == set()
