"""Orvanne Industries, the French industrial group of the mocks."""

from decimal import Decimal

from accounts.models import ScopeKind
from ledger.models import TermsMethod
from otc.demo.shape import Company, Firm, Node, Person, Portfolio, Term

BTP, ACCOUNTS = "/FR/OMA/BTP/", "/FR/OMA/GC/"
HEALTH = "/FR/OSA/SANTE/"
INDUSTRY, EXPORT = "/FR/OCO/INDUS/", "/FR/OCO/EXPORT/"
EVERYWHERE = (BTP, ACCOUNTS, HEALTH, INDUSTRY, EXPORT)


def _person(
    name: str, address: str, role: str, seat: str = "", paths: tuple[str, ...] = ()
) -> Person:
    return Person(name, f"{address}@orvanne.example", role, seat, paths)


ORVANNE = Company(
    slug="orvanne",
    name="Orvanne Industries",
    country="FR",
    currency="EUR",
    language="fr",
    time_zone="Europe/Paris",
    seed="orvanne-2026",
    months=36,
    code_prefix="C-1",
    payment_prefix="VIR",
    credit_prefix="AV",
    domain="orvanne.example",
    nodes=(
        Node(ScopeKind.COUNTRY, "FR", "France", "/FR/"),
        Node(ScopeKind.ENTITY, "OMA", "Orvanne Matériaux", "/FR/OMA/"),
        Node(ScopeKind.PORTFOLIO, "BTP", "BTP & négoce", BTP),
        Node(ScopeKind.PORTFOLIO, "GC", "Grands comptes", ACCOUNTS),
        Node(ScopeKind.ENTITY, "OSA", "Orvanne Santé", "/FR/OSA/"),
        Node(ScopeKind.PORTFOLIO, "SANTE", "Santé & collectivités", HEALTH),
        Node(ScopeKind.ENTITY, "OCO", "Orvanne Composants", "/FR/OCO/"),
        Node(ScopeKind.PORTFOLIO, "INDUS", "Industrie", INDUSTRY),
        Node(ScopeKind.PORTFOLIO, "EXPORT", "Export", EXPORT),
    ),
    firms=(
        Firm(
            "OMA",
            "Orvanne Matériaux SAS",
            "/FR/OMA/",
            "FA",
            "000482174",
            "FR70000482174",
            "12 quai des Exemples\n44000 Nantes",
            "FR7630006000011234567890189",
            "AGRIFRPP",
        ),
        Firm(
            "OSA",
            "Orvanne Santé SAS",
            "/FR/OSA/",
            "FS",
            "000517334",
            "FR14000517334",
            "3 rue de la Fiction\n69003 Lyon",
            "FR1420041010050500013M02606",
            "PSSTFRPP",
        ),
        Firm(
            "OCO",
            "Orvanne Composants SA",
            "/FR/OCO/",
            "FC",
            "000629816",
            "FR94000629816",
            "Zone du Modèle, bâtiment B\n67000 Strasbourg",
            "FR7612345987650123456789014",
            "AGRIFRPP",
        ),
    ),
    portfolios=(
        Portfolio(
            BTP,
            "OMA",
            118,
            (
                "Charpentes", "Maçonnerie", "Toitures", "Isolation", "Menuiseries", "Plâtrerie",
                "Négoce", "Granulats", "Hydro-Béton", "Carrelages", "Couverture", "Terrassement",
            ),
            (("FR", "EUR", 1),),
            4_300,
            (("45FDM", 12), ("30N", 58), ("30FDM", 22), ("60N", 6), ("75N", 2)),
            (("excellent", 22), ("good", 26), ("medium", 27), ("late", 16), ("bad", 9)),
            0.60,
        ),
        Portfolio(
            ACCOUNTS,
            "OMA",
            34,
            ("Groupe", "Compagnie", "Centrale", "Union", "Consortium"),
            (("FR", "EUR", 1),),
            17_500,
            (("45FDM", 14), ("60N", 8), ("30FDM", 38), ("30N", 40)),
            (("excellent", 30), ("good", 36), ("medium", 22), ("late", 12)),
            1.55,
        ),
        Portfolio(
            HEALTH,
            "OSA",
            72,
            ("Clinique", "Centre de soins", "Laboratoire", "Pharmacie", "Résidence", "Commune de", "Hôpital"),
            (("FR", "EUR", 1),),
            3_600,
            (("30N", 80), ("50PUB", 20)),
            (("excellent", 26), ("good", 28), ("medium", 30), ("late", 13), ("bad", 3)),
            0.55,
            is_public=True,
        ),
        Portfolio(
            INDUSTRY,
            "OCO",
            104,
            (
                "Mécanique", "Fonderie", "Plasturgie", "Usinage", "Robinetterie", "Outillage", "Tôlerie",
                "Aéro-Pièces", "Emboutissage", "Électronique",
            ),
            (("FR", "EUR", 1),),
            6_200,
            (("45FDM", 12), ("30N", 56), ("30FDM", 24), ("60N", 8)),
            (("excellent", 40), ("good", 33), ("medium", 17), ("late", 7), ("bad", 3)),
            0.56,
        ),
        Portfolio(
            EXPORT,
            "OCO",
            76,
            ("Trading", "Werke", "Components", "Handel", "Industries", "Systems", "Officine"),
            (
                ("DE", "EUR", 24), ("BE", "EUR", 16), ("IT", "EUR", 14), ("ES", "EUR", 10), ("NL", "EUR", 6),
                ("GB", "GBP", 12), ("US", "USD", 10), ("CH", "CHF", 8),
            ),
            7_400,
            (("30N", 66), ("60N", 14), ("CPT", 20)),
            (("excellent", 36), ("good", 36), ("medium", 18), ("late", 8), ("bad", 2)),
            0.52,
        ),
    ),
    terms=(
        Term("CPT", "Comptant à réception", TermsMethod.NET, 0),
        Term("30N", "30 jours net", TermsMethod.NET, 30),
        Term("30FDM", "30 jours fin de mois", TermsMethod.THEN_END_OF_MONTH, 30),
        Term("45FDM", "45 jours fin de mois", TermsMethod.THEN_END_OF_MONTH, 45),
        Term("50PUB", "50 jours (établissement de santé)", TermsMethod.NET, 50),
        Term("60N", "60 jours net", TermsMethod.NET, 60),
        Term("75N", "75 jours net (accord ancien)", TermsMethod.NET, 75),
    ),
    people=(
        _person("Dominique Gabarit", "dominique.gabarit", "tenant_admin"),
        _person("Camille Exemple", "camille.exemple", "credit_manager"),
        _person("Inès Pilote", "ines.pilote", "credit_analyst", "risk_owner", EVERYWHERE),
        _person("Sacha Témoin", "sacha.temoin", "collector", "collector", (BTP, ACCOUNTS)),
        _person("Claude Maquette", "claude.maquette", "cash_accountant"),
        _person("Noa Modèle", "noa.modele", "sales_rep", "sales_rep", (BTP, INDUSTRY)),
        _person("Alix Esquisse", "alix.esquisse", "sales_director"),
        _person("Lou Prototype", "lou.prototype", "dispute_resolver"),
        _person("Morgan Croquis", "morgan.croquis", "executive"),
        _person("Éden Épure", "eden.epure", "agency"),
        _person("Max Factice", "max.factice", "", "collector", (HEALTH, INDUSTRY)),
        _person("Andrea Épreuve", "andrea.epreuve", "", "collector", (EXPORT,)),
        _person("Charlie Canevas", "charlie.canevas", "", "sales_rep", (BTP, ACCOUNTS)),
        _person("Sam Ébauche", "sam.ebauche", "", "sales_rep", (HEALTH,)),
        _person("Robin Patron", "robin.patron", "", "sales_rep", (INDUSTRY, HEALTH)),
        _person("Kim Spécimen", "kim.specimen", "", "sales_rep", (EXPORT,)),
        _person("Dany Calque", "dany.calque", "", "risk_owner", (ACCOUNTS, EXPORT)),
    ),
    groups=(
        "Groupe Delcourt-Vigne", "Holding Palissade", "Réseau Haut-Lys", "Groupe Marzelle", "Alliance Brévenne",
        "Groupe Trois-Rivières", "Participations Ormesson", "Groupe Val d’Ambre", "Holding Fléchard",
        "Réseau Sainte-Aure", "Groupe Kerouan", "Alliance Corvenne",
    ),
    rates=(("GBP", Decimal("1.1650")), ("USD", Decimal("0.9250")), ("CHF", Decimal("1.0420"))),
    tax_rates=((Decimal("0.2000"), 90), (Decimal("0.1000"), 7), (Decimal("0.0550"), 3)),
)  # fmt: skip
