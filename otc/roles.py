"""The permission matrix: which role holds what, on one page (RELIABILITY 2.1).

`R` read · `W` do · `P` propose, takes effect after approval · `A` approve another person's proposal · `–` no.
Suffix `o` own portfolio, `t` own team, `a` only items assigned, `c` only own company's account, `s` only with that
API scope. `Wc*`: a portal user may invite colleagues of his company; the tenant can forbid it.
"""

from itertools import combinations
from types import MappingProxyType

from django.utils.translation import gettext_lazy as _

from accounts import permissions as accounts
from credit import permissions as credit
from disputes import permissions as disputes
from dunning import permissions as dunning
from kernel.permissions import Cell, Grant, Held
from kpis import permissions as kpis
from ledger import permissions as ledger
from portal import permissions as portal

TENANT_ADMIN = "tenant_admin"
CREDIT_MANAGER = "credit_manager"
CREDIT_ANALYST = "credit_analyst"
COLLECTOR = "collector"
CASH_ACCOUNTANT = "cash_accountant"
SALES_REP = "sales_rep"
SALES_DIRECTOR = "sales_director"
DISPUTE_RESOLVER = "dispute_resolver"
EXECUTIVE = "executive"
AGENCY = "agency"
PORTAL_USER = "portal_user"
API_CLIENT = "api_client"

LABELS = MappingProxyType(
    {
        TENANT_ADMIN: _("Tenant administrator"),
        CREDIT_MANAGER: _("Credit manager"),
        CREDIT_ANALYST: _("Credit analyst"),
        COLLECTOR: _("Collector"),
        CASH_ACCOUNTANT: _("Cash-application accountant"),
        SALES_REP: _("Sales representative"),
        SALES_DIRECTOR: _("Sales director"),
        DISPUTE_RESOLVER: _("Dispute resolver"),
        EXECUTIVE: _("Director"),
        AGENCY: _("Collection agency"),
        PORTAL_USER: _("Customer's accounts payable"),
        API_CLIENT: _("API client"),
    }
)

# The two columns on the right act from outside the house: nobody is given them as a colleague.
COLLEAGUES = tuple(role for role in LABELS if role not in {PORTAL_USER, API_CLIENT})

_MATRIX = {
    #                                    TA  CM  CA  CO  CX  SR  SD  DR  EX  AG  PU  API
    ledger.SEE_CUSTOMERS:              "R   R   R   Ro  R   Ro  Rt  Ra  R   Ra  Rc  Rs",
    credit.SEE_OPINIONS:               "–   R   R   Ro  –   –   Rt  –   R   –   –   Rs",
    kpis.SEE_TENANT_FIGURES:           "R   R   R   –   R   –   Rt  –   R   –   –   Rs",
    ledger.EDIT_CUSTOMER:              "–   W   W   –   –   –   –   –   –   –   Pc  Ws",
    ledger.EDIT_RECIPIENTS:            "–   W   W   Wo  –   Po  –   –   –   –   Pc  Ps",
    accounts.PROPOSE_BANK_DETAILS:     "P   –   –   –   P   –   –   –   –   –   –   –",
    accounts.APPROVE_BANK_DETAILS:     "–   A   –   –   –   –   –   –   –   –   –   –",
    ledger.PROPOSE_REFUND_IBAN:        "–   –   –   –   P   –   –   –   –   –   Pc  –",
    ledger.APPROVE_REFUND_IBAN:        "–   A   –   –   –   –   –   –   –   –   –   –",
    credit.PROPOSE_LIMIT:              "–   P   P   –   –   Po  Pt  –   –   –   –   Ps",
    credit.APPROVE_LIMIT:              "–   A   –   –   –   –   –   –   –   –   –   –",
    credit.PUT_ON_HOLD:                "–   W   W   Po  –   –   –   –   –   –   –   Ps",
    credit.RELEASE_ORDER:              "–   A   P   –   –   Po  Pt  –   –   –   –   –",
    dunning.WRITE_POLICY:              "–   P   P   –   –   –   –   –   –   –   –   –",
    dunning.PUBLISH_POLICY:            "–   A   –   –   –   –   –   –   –   –   –   –",
    dunning.RELEASE_RUN:               "–   A   –   –   –   –   –   –   –   –   –   –",
    dunning.SEND_REMINDER:             "–   W   W   Wo  –   –   –   –   –   Wa  –   –",
    dunning.PAUSE:                     "–   W   W   Wo  –   Po  Pt  Pa  –   –   –   Ps",
    dunning.RECORD_PROMISE:            "–   W   W   Wo  –   Po  –   –   –   Wa  Wc  Ws",
    dunning.AGREE_PLAN:                "–   A   P   Po  –   –   –   –   –   Pa  Pc  –",
    ledger.IMPORT_LEDGER:              "–   W   W   –   W   –   –   –   –   –   –   Ws",
    ledger.IMPORT_BANK:                "–   –   –   –   W   –   –   –   –   –   –   Ws",
    ledger.APPLY_CASH:                 "–   –   –   –   W   –   –   –   –   –   –   Ps",
    ledger.PROPOSE_WRITE_OFF:          "–   P   P   Po  –   –   –   Pa  –   –   –   –",
    ledger.APPROVE_WRITE_OFF:          "–   A   –   –   –   –   –   –   –   –   –   –",
    disputes.OPEN_DISPUTE:             "–   W   W   Wo  W   Wo  Wt  W   –   Wa  Wc  Ws",
    disputes.RESOLVE_DISPUTE:          "–   A   –   –   –   –   –   Pa  –   –   –   –",
    credit.HAND_OVER:                  "–   A   P   Po  –   –   –   –   –   –   –   –",
    ledger.EXPORT:                     "P   W   W   Wo  W   –   Wt  –   –   Ra  Rc  Rs",
    accounts.MANAGE_USERS:             "W   –   –   –   –   –   –   –   –   –   Wc* –",
    accounts.MANAGE_KEYS:              "W   –   –   –   –   –   –   –   –   –   –   –",
    accounts.READ_AUDIT:               "R   R   –   –   –   –   –   –   R   –   –   Rs",
    accounts.RETENTION:                "P   A   –   –   –   –   –   –   –   –   –   –",
    portal.PAY:                        "–   –   –   –   –   –   –   –   –   –   Wc  –",
}  # fmt: skip

ACTIONS = tuple(_MATRIX)

CELLS = MappingProxyType(
    {
        (role, action): Cell.parse(text)
        for action, row in _MATRIX.items()
        for role, text in zip(LABELS, row.split(), strict=True)
    }
)

# Pairs that one person may not hold, with the rule that says so (RELIABILITY 2.2).
INCOMPATIBLE = MappingProxyType(
    {
        frozenset({CASH_ACCOUNTANT, COLLECTOR}): "S2",
        frozenset({CASH_ACCOUNTANT, AGENCY}): "S2",
        frozenset({CASH_ACCOUNTANT, CREDIT_MANAGER}): "S3",
        frozenset({TENANT_ADMIN, CASH_ACCOUNTANT}): "S6",
        frozenset({TENANT_ADMIN, CREDIT_MANAGER}): "S6",
    }
)


def conflict(roles: frozenset[str]) -> tuple[str, str, str] | None:
    """Return the first two roles among `roles` that one person may not hold, and the rule; None when all agree."""
    for pair in combinations(sorted(roles), 2):
        rule = INCOMPATIBLE.get(frozenset(pair))
        if rule:
            return pair[0], pair[1], rule
    return None


def permissions_of(grants: tuple[Grant, ...]) -> dict[str, tuple[Held, ...]]:
    """Return every permission that `grants` give, each with its cell and the scope it holds in."""
    held: dict[str, tuple[Held, ...]] = {}
    for grant in grants:
        for action in ACTIONS:
            cell = CELLS.get((grant.role, action))
            if cell is None:
                continue
            if grant.reach is not None:
                cell = Cell(cell.verb, grant.reach)
            held[action] = (*held.get(action, ()), Held(cell, grant.scope_path))
    return held
