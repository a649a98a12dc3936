"""From Pappers' description of a company to its facts."""

from typing import Any

from credit.ports import ProviderError
from credit.rules.company_facts import Company, Event, Year, amount_of, day_of, text_of
from ledger.rules.identifiers import siren_of, vat_number

_FIGURES = {
    "chiffre_affaires": "sales",
    "resultat": "profit",
    "fonds_propres": "equity",
    "dettes_financieres": "financial_debt",
    "tresorerie": "cash",
    "excedent_brut_exploitation": "ebitda",
    "BFR": "working_capital_need",
}
_PROCEDURES = (  # the gravest first
    ("liquidation", "liquidation"),
    ("redressement", "receivership"),
    ("sauvegarde", "safeguard"),
)
MOST = 20


def company(answer: dict[str, Any], siren: str) -> Company:
    """Return the facts of an answer. Raises ProviderError for one about another company, or about none."""
    given = text_of(answer.get("siren"))
    if not given:
        raise ProviderError("nonsense", is_lasting=True)
    if siren_of(given) != siren:
        raise ProviderError("other_company", given[:20], is_lasting=True)
    problems: list[str] = []
    ceased = answer.get("entreprise_cessee")
    office = answer.get("siege") if isinstance(answer.get("siege"), dict) else {}
    number = vat_number(text_of(answer.get("numero_tva_intracommunautaire")))
    return Company(
        siren=siren,
        name=text_of(answer.get("nom_entreprise")) or text_of(answer.get("denomination")),
        is_active=not ceased if isinstance(ceased, bool) else None,
        created_on=day_of(answer.get("date_creation")),
        legal_form=text_of(answer.get("forme_juridique")),
        activity_code=text_of(answer.get("code_naf"), most=10),
        activity=text_of(answer.get("libelle_code_naf")),
        staff=text_of(answer.get("effectif")),
        address=_address(office or {}),
        vat_number=number if number and number.endswith(siren) else "",
        years=tuple(_years(answer.get("finances"), problems)),
        events=tuple(_events(answer.get("procedures_collectives"), siren, problems)),
        problems=tuple(dict.fromkeys(problems)),
    )


def _address(office: dict[str, Any]) -> str:
    town = f"{text_of(office.get('code_postal'))} {text_of(office.get('ville'))}".strip()
    return ", ".join(part for part in (text_of(office.get("adresse_ligne_1")), town) if part)


def _objects(given: object, name: str, problems: list[str]) -> list[dict[str, Any]]:
    if given is None:
        return []
    if not isinstance(given, list):
        problems.append(f"{name}_unreadable")
        return []
    return [one for one in given[:MOST] if isinstance(one, dict)]


def _years(given: object, problems: list[str]) -> list[Year]:
    years = []
    for row in _objects(given, "accounts", problems):
        closed = day_of(row.get("date_de_cloture_exercice")) or day_of(f"{row.get('annee')}12")
        figures = {}
        for name, ours in _FIGURES.items():
            if row.get(name) is None:
                continue
            amount = amount_of(row[name])
            if amount is None:
                problems.append(f"accounts_{ours}_unreadable")
            else:
                figures[ours] = f"{amount:f}"
        if closed and figures:
            years.append(Year(closed, "pappers", figures))
    return years


def _events(given: object, siren: str, problems: list[str]) -> list[Event]:
    events = []
    for row in _objects(given, "events", problems):
        words, day = text_of(row.get("type")), day_of(row.get("date_debut"))
        kind = next((ours for name, ours in _PROCEDURES if name in words.casefold()), "")
        if not kind or not day:
            problems.append("event_unreadable")
            continue
        events.append(Event(kind, day, f"pappers-{siren}-{kind}-{day}", words[:60]))
        if ended := day_of(row.get("date_fin")):
            events.append(Event("ended", ended, f"pappers-{siren}-ended-{ended}", words[:60]))
    return events
