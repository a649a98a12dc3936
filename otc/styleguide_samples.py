"""What the style guide shows: the figures of DESIGN 13, in French as on the mocks; all names are fictional."""

from datetime import UTC, date, datetime
from decimal import Decimal

from django import forms

from kernel import charts
from kernel.components import (
    Bucket,
    Calculation,
    CalculationStep,
    Chip,
    DrillStep,
    KpiTile,
    Link,
    Outcome,
    ScriptStep,
    Stage,
    TimelineEvent,
)
from kernel.money import Money
from ledger.queries.paging import Page


class SampleForm(forms.Form):
    """One field of each shape."""

    siren = forms.CharField(label="SIREN", max_length=9, help_text="9 chiffres, sans espaces.")
    limit = forms.CharField(label="Limite demandée")
    mode = forms.ChoiceField(
        label="Envoi",
        widget=forms.RadioSelect,
        choices=[("confirm", "À confirmer avant envoi"), ("auto", "Part seul")],
    )
    portfolio = forms.ChoiceField(label="Portefeuille", choices=[("btp", "BTP & négoce")])
    note = forms.CharField(label="Note", required=False, widget=forms.Textarea(attrs={"rows": 3}))
    tell = forms.BooleanField(label="Prévenir le commercial", required=False, initial=True)

    def clean_siren(self) -> str:
        """Refuse what is not nine digits, with the count."""
        siren = str(self.cleaned_data["siren"])
        if len(siren) != 9:  # noqa: PLR2004  the length of a SIREN
            message = f"Le SIREN compte 9 chiffres, celui-ci en a {len(siren)}."
            raise forms.ValidationError(message)
        return siren


def figures() -> dict[str, object]:
    return {
        "amount": Money(Decimal("412860.75"), "EUR"),
        "credit": Money(Decimal("-8950.00"), "EUR"),
        "receivables": Money(Decimal(18_040_000), "EUR"),
        "rate": Decimal("0.2524"),
        "today": date(2026, 11, 19),
        "moment": datetime(2026, 11, 19, 6, 12, tzinfo=UTC),
        "tiles": [
            KpiTile(
                label="DSO",
                value="43,2",
                unit="j",
                url="#",
                delta="+1,2 j vs objectif 42,0",
                trend="up",
                status="bad",
                spark=(47.6, 48.1, 47.4, 46.9, 46.2, 46.5, 45.3, 45.1, 46.0, 44.6, 43.8, 43.2),
                target=42.0,
                is_current=True,
                formula="Encours TTC ÷ CA TTC 12 mois × 365",
            ),
            KpiTile(
                "Encaissé", "9,84", "M€", "#", "78 % du prévu", "up", "good", (1, 3, 5, 8, 9.8)
            ),
            KpiTile("Litiges", "612", "k€", "#", "stable", "flat", "", (9, 6, 7, 5), 4),
        ],
        "buckets": [
            Bucket("Non échu", "13,49 M€", 0.748, "#"),
            Bucket("1–30 j", "2,32 M€", 0.129, "#"),
            Bucket("31–60 j", "1,04 M€", 0.058, "#"),
            Bucket("61–90 j", "487 k€", 0.027, "#"),
            Bucket("> 90 j", "705 k€", 0.039, "#"),
        ],
        "calculation": Calculation(
            formula="Encours TTC ÷ CA TTC 12 mois × 365",
            steps=[
                CalculationStep(
                    "Encours TTC au 19/11/2026",
                    "18 040 000 €",
                    "factures − avoirs − règlements",
                    "#",
                ),
                CalculationStep(
                    "CA TTC sur 12 mois", "152 400 000 €", "du 20/11/2025 au 19/11/2026", "#"
                ),
                CalculationStep("Jours de la fenêtre", "365", "nombre de jours"),
            ],
            result_label="18 040 000 ÷ 152 400 000 × 365",
            result="43,2 j",
            source="Glossaire : DSO, méthode du solde.",
        ),
    }


def lists() -> dict[str, object]:
    return {
        "page": Page(rows=["FA-2610-0051"] * 50, number=2, size=50, count=186),
        "perimeter_chips": [
            Chip(
                "Périmètre",
                "Groupe",
                [Link("#", "Groupe", is_current=True), Link("#", "France")],
                is_on=True,
            ),
            Chip("Période", "12 mois glissants", [Link("#", "12 mois glissants", is_current=True)]),
            Chip("Échu", "> 0 €", remove_url="#"),
            Chip("Note", options=[Link("#", "A"), Link("#", "B")]),
        ],
        "views": [
            Link("#", "Tous", count=1248),
            Link("#", "En retard", is_current=True, count=412),
            Link("#", "Au-delà de la limite", count=9),
        ],
        "columns": [
            {"name": "grade", "label": "Note", "is_shown": True},
            {"name": "owner", "label": "Chargé", "is_shown": False},
        ],
        "exports": [Link("#", "CSV"), Link("#", "XLSX")],
        "actions": [
            {"name": "remind", "label": "Relancer", "icon": "mail", "is_main": True},
            {"name": "assign", "label": "Réaffecter"},
        ],
        "rows": [
            (
                "C-10482",
                "Bâti-Loire SAS",
                "D",
                Money(Decimal("412860.75"), "EUR"),
                111,
                "overdue",
                (46, 24, 17, 8, 5),
            ),
            (
                "C-10217",
                "Hydro-Béton Marzelle",
                "C",
                Money(Decimal("333930.00"), "EUR"),
                50,
                "promise",
                (51, 19, 14, 6, 10),
            ),
            (
                "C-11034",
                "Charpentes Haut-Lys",
                "E",
                Money(Decimal("182690.00"), "EUR"),
                80,
                "dispute",
                (23, 16, 22, 15, 24),
            ),
        ],
        "drill": [
            DrillStep("Groupe Orvanne", "43,2 j · 18,04 M€", "#"),
            DrillStep("BTP & négoce", "53,7 j · 4,39 M€", "#", is_current=True),
            DrillStep("Client", "Bâti-Loire · 412 861 €", "#", is_next=True),
            DrillStep("Pièce", "FA-2607-0455 · 32 450 €", "#", is_next=True),
        ],
        "events": [
            TimelineEvent(
                date(2026, 11, 13), "Promesse rompue", "71 508 € attendus.", kind="promise"
            ),
            TimelineEvent(
                date(2026, 11, 2),
                "Litige LIT-1042",
                "Livraison",
                "Il manque 4 palettes.",
                "dispute",
                "#",
            ),
        ],
        "stages": [
            Stage("Fichier", "done", "clients.csv"),
            Stage("Colonnes", "done"),
            Stage("Contrôle", "now", "3 points"),
            Stage("Écriture"),
        ],
        "script": [
            ScriptStep(
                "Rappeler l’engagement", "« Nous attendions 71 508 € pour le 13 novembre. »"
            ),
            ScriptStep(
                "Qualifier", choices=[Link("#", "Trésorerie", is_current=True), Link("#", "Litige")]
            ),
            ScriptStep(
                "Proposer",
                "« Je peux vous proposer trois virements. »",
                "Au-delà de 45 jours, un accord est demandé.",
            ),
        ],
        "outcomes": [
            Outcome("promise", "Promesse", "handshake", "p", "date et montant"),
            Outcome("dispute", "Litige", "flag", "l", "ouvre un ticket"),
            Outcome("unreachable", "Injoignable", "phone", "i", "retente à 14 h"),
        ],
        "tasks": [
            {
                "label": "Importer",
                "text": "Un FEC ou un export de vos factures.",
                "url": "#",
                "action": "Importer",
            },
            {"label": "Choisir un scénario", "text": "Prêt à l’emploi.", "is_done": True},
        ],
        "demo_signins": [
            {
                "role": "Credit manager",
                "name": "Camille Exemple",
                "email": "camille@orvanne.example",
                "password": "demo",
            },
            {
                "role": "Recouvrement",
                "name": "Sacha Témoin",
                "email": "sacha@orvanne.example",
                "password": "demo",
            },
        ],
    }


_MONTHS = (
    "déc.",
    "janv.",
    "févr.",
    "mars",
    "avr.",
    "mai",
    "juin",
    "juil.",
    "août",
    "sept.",
    "oct.",
    "nov.",
)
_DSO = (47.6, 48.1, 47.4, 46.9, 46.2, 46.5, 45.3, 45.1, 46.0, 44.6, 43.8, 43.2)
_TARGET = (47.0, 46.5, 46.0, 45.5, 45.0, 44.5, 44.0, 43.8, 43.5, 43.0, 42.5, 42.0)
_BEST = (34.9, 34.8, 34.5, 34.4, 34.0, 33.8, 33.6, 33.4, 33.9, 33.0, 32.7, 32.3)


def _french(values: tuple[float, ...]) -> list[str]:
    return [f"{value:.1f}".replace(".", ",") for value in values]


def all_charts() -> dict[str, object]:
    return {
        "trend": charts.Trend(
            question="Le DSO se rapproche-t-il de l’objectif ?",
            finding="Le DSO passe de 47,6 jours en décembre à 43,2 en novembre ; objectif 42,0.",
            labels=_MONTHS,
            actual=charts.Series("DSO", _DSO, _french(_DSO), "43,2 j réalisé"),
            target=charts.Series("Objectif", _TARGET, _french(_TARGET), "Objectif 42,0"),
            reference=charts.Series(
                "Meilleur possible", _BEST, _french(_BEST), "Meilleur possible 32,3"
            ),
            urls=["#"] * 12,
            heading="Mois",
        ),
        "waterfall": charts.Waterfall(
            question="Qu’est-ce qui explique l’écart de +1,2 jour ?",
            finding="BTP plus 1,0, Santé plus 0,4, Industrie plus 0,1, Grands comptes moins 0,3.",
            start=charts.Mark("Objectif", Decimal("42.0"), "42,0"),
            steps=[
                charts.Mark("BTP", Decimal("1.0"), "+1,0", "#"),
                charts.Mark("Santé", Decimal("0.4"), "+0,4", "#"),
                charts.Mark("Industrie", Decimal("0.1"), "+0,1", "#"),
                charts.Mark("Export", Decimal(0), "0,0", "#"),
                charts.Mark("Gds comptes", Decimal("-0.3"), "−0,3", "#"),
            ],
            end=charts.Mark("Réalisé", Decimal("43.2"), "43,2 j"),
            heading="Portefeuille",
            value_heading="Jours",
        ),
        "stacked": charts.Stacked(
            question="Le retard vieillit-il ?",
            finding="L’encours passe de 18,7 à 18,0 millions d’euros ; la tranche de plus de 90 jours baisse.",
            stacks=[
                charts.Stack(
                    label, parts, [f"{part:.2f}".replace(".", ",") for part in parts], total, "#"
                )
                for label, parts, total in (
                    ("juin", (13.76, 2.35, 1.08, 0.58, 0.93), "18,7"),
                    ("juil.", (13.78, 2.36, 1.06, 0.55, 0.90), "18,6"),
                    ("août", (13.73, 2.52, 1.10, 0.58, 0.88), "18,8"),
                    ("sept.", (13.72, 2.41, 1.09, 0.54, 0.83), "18,6"),
                    ("oct.", (13.40, 2.41, 1.09, 0.52, 0.76), "18,2"),
                    ("nov.", (13.49, 2.32, 1.04, 0.49, 0.71), "18,0"),
                )
            ],
            part_names=["Non échu", "1–30 j", "31–60 j", "61–90 j", "> 90 j"],
            heading="Mois",
        ),
        "causes": charts.Bars(
            question="Pourquoi les clients ne paient-ils pas ?",
            finding="Un tiers du retard n’a pas de motif recueilli.",
            bars=[
                charts.Mark("Sans motif recueilli", 1519, "1 519 k€", "#"),
                charts.Mark("Trésorerie du client", 982, "982 k€", "#"),
                charts.Mark("Circuit de validation", 742, "742 k€", "#"),
                charts.Mark("Litige ouvert", 612, "612 k€", "#"),
                charts.Mark("Promesse en cours", 448, "448 k€", "#"),
                charts.Mark("Facture non reçue", 250, "250 k€", "#"),
            ],
            shares=["33 %", "22 %", "16 %", "13 %", "10 %", "5 %"],
            heading="Motif",
            value_heading="Montant",
            share_heading="Part",
        ),
        "cash": charts.Columns(
            question="Encaissements prévus",
            finding="Réalisé : S45 3,42, S46 2,95, S47 3,47 millions d’euros. Prévu : S48 2,15, S49 3,35.",
            columns=[
                charts.PlannedColumn(
                    "S45", "3,42", actual=3.42, plan=3.2, plan_shown="3,20", url="#"
                ),
                charts.PlannedColumn(
                    "S46", "2,95", actual=2.95, plan=3.15, plan_shown="3,15", url="#"
                ),
                charts.PlannedColumn(
                    "S47", "3,47", actual=3.47, plan=3.6, plan_shown="3,60", url="#"
                ),
                charts.PlannedColumn("S48", "2,15", forecast=2.15, url="#"),
                charts.PlannedColumn("S49", "3,35", forecast=3.35, url="#"),
                charts.PlannedColumn("S50", "2,40", forecast=2.4, url="#"),
            ],
            heading="Semaine",
            value_heading="M€",
            plan_heading="Plan",
        ),
        "gauge": charts.Gauge(
            question="Exposition et limite",
            finding="Exposition 451 261 € pour une limite de 400 000 €, garantie 300 000 €, dépassement 51 261 €.",
            limit=400_000,
            insured=300_000,
            invoiced=412_861,
            delivered=38_400,
            limit_label="Limite 400 k€",
            insured_label="Garanti 300 k€",
            end_label="500 k€",
        ),
    }
