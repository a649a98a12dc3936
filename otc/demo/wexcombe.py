"""Wexcombe Flow Controls, a smaller company in another country, language and currency."""

from decimal import Decimal

from accounts.models import ScopeKind
from ledger.models import TermsMethod
from otc.demo.shape import Company, Firm, Node, Person, Portfolio, Term

WATER, PROCESS = "/GB/WFC/WATER/", "/GB/WFC/PROC/"


def _person(
    name: str, address: str, role: str, seat: str = "", paths: tuple[str, ...] = ()
) -> Person:
    return Person(name, f"{address}@wexcombe.example", role, seat, paths)


WEXCOMBE = Company(
    slug="wexcombe",
    name="Wexcombe Flow Controls",
    country="GB",
    currency="GBP",
    language="en",
    time_zone="Europe/London",
    seed="wexcombe-2026",
    months=24,
    code_prefix="W-2",
    payment_prefix="RCT",
    credit_prefix="CN",
    domain="wexcombe.example",
    nodes=(
        Node(ScopeKind.COUNTRY, "GB", "United Kingdom", "/GB/"),
        Node(ScopeKind.ENTITY, "WFC", "Wexcombe Flow Controls", "/GB/WFC/"),
        Node(ScopeKind.PORTFOLIO, "WATER", "Water utilities", WATER),
        Node(ScopeKind.PORTFOLIO, "PROC", "Process industries", PROCESS),
    ),
    firms=(
        Firm(
            "WFC",
            "Wexcombe Flow Controls Ltd",
            "/GB/WFC/",
            "INV",
            "",
            "",
            "Unit 7, Sample Park\nExampleford EX1 2MP",
            "GB33BUKB20201555555555",
            "BUKBGB22",
        ),
    ),
    portfolios=(
        Portfolio(
            WATER,
            "WFC",
            24,
            ("Waterworks", "Utilities", "Reservoirs", "Drainage"),
            (("GB", "GBP", 1),),
            5_200,
            (("30D", 70), ("60D", 30)),
            (("excellent", 40), ("good", 34), ("medium", 20), ("late", 6)),
            0.7,
        ),
        Portfolio(
            PROCESS,
            "WFC",
            38,
            ("Brewing", "Chemicals", "Dairy", "Papermill", "Foods", "Valves"),
            (("GB", "GBP", 28), ("IE", "EUR", 7), ("FR", "EUR", 3)),
            3_400,
            (("30D", 62), ("EOM30", 38)),
            (("excellent", 28), ("good", 30), ("medium", 24), ("late", 12), ("bad", 6)),
            0.6,
        ),
    ),
    terms=(
        Term("30D", "30 days net", TermsMethod.NET, 30),
        Term("60D", "60 days net", TermsMethod.NET, 60),
        Term("EOM30", "30 days from the end of the month", TermsMethod.END_OF_MONTH_THEN, 30),
    ),
    people=(
        _person("Alex Placeholder", "alex.placeholder", "tenant_admin"),
        _person("Jordan Sample", "jordan.sample", "credit_manager"),
        _person(
            "Riley Specimen", "riley.specimen", "credit_analyst", "risk_owner", (WATER, PROCESS)
        ),
        _person("Casey Mockup", "casey.mockup", "collector", "collector", (WATER, PROCESS)),
        _person("Jamie Ledgerman", "jamie.ledgerman", "cash_accountant"),
        _person("Taylor Draft", "taylor.draft", "sales_rep", "sales_rep", (WATER, PROCESS)),
        _person("Morgan Outline", "morgan.outline", "sales_director"),
        _person("Avery Sketch", "avery.sketch", "dispute_resolver"),
        _person("Quinn Blueprint", "quinn.blueprint", "executive"),
        _person("Reese Template", "reese.template", "agency"),
        _person("Drew Stencil", "drew.stencil", "", "sales_rep", (PROCESS,)),
    ),
    groups=("Ardle Group", "Coombeside Holdings"),
    rates=(("EUR", Decimal("0.8560")),),
    tax_rates=((Decimal("0.2000"), 1),),
)
