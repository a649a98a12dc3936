"""From the answers of API Entreprise to a company's facts; every value is doubted, none is guessed."""

from typing import Any

from credit.ports import ProviderError
from credit.rules.company_facts import Company, Year, amount_of, day_of, text_of
from ledger.rules.identifiers import siren_of, siret, vat_number

_FIGURES = {  # Banque de France: its name, ours
    "disponibilites": "cash",
    "total_dettes_stables": "stable_debt",
    "valeur_ajoutee_bdf": "value_added",
    "besoin_en_fonds_de_roulement": "working_capital_need",
    "excedent_brut_exploitation": "ebitda",
    "capacite_autofinancement": "cash_flow",
    "fonds_roulement_net_global": "working_capital",
    "dettes4_maturite_a_un_an_au_plus": "short_debt",
    "capitaux_propres": "equity",
}
MOST_YEARS = 20


def _data(answer: dict[str, Any]) -> dict[str, Any]:
    found = answer.get("data")
    return found if isinstance(found, dict) else {}


def _rows(answer: dict[str, Any]) -> list[dict[str, Any]]:
    found = answer.get("data")
    rows = found if isinstance(found, list) else []
    inner = (row.get("data") for row in rows[:MOST_YEARS] if isinstance(row, dict))
    return [row for row in inner if isinstance(row, dict)]


def _inner(of: dict[str, Any], name: str) -> dict[str, Any]:
    found = of.get(name)
    return found if isinstance(found, dict) else {}


def legal_unit(answer: dict[str, Any], siren: str) -> Company:
    """Return who the company is. Raises ProviderError for an answer about another one, or about none."""
    data = _data(answer)
    given = text_of(data.get("siren"))
    if not given:
        raise ProviderError("nonsense", is_lasting=True)
    if siren_of(given) != siren:
        raise ProviderError("other_company", given[:20], is_lasting=True)
    state = text_of(data.get("etat_administratif"))
    names = _inner(data, "personne_morale_attributs")
    person = _inner(data, "personne_physique_attributs")
    name = text_of(names.get("raison_sociale")) or " ".join(
        part
        for part in (text_of(person.get("prenom_usuel")), text_of(person.get("nom_naissance")))
        if part
    )
    problems = [] if state in {"A", "C"} else ["state_unreadable"]
    return Company(
        siren=siren,
        name=name,
        is_active={"A": True, "C": False}.get(state),
        created_on=day_of(data.get("date_creation")),
        legal_form=text_of(_inner(data, "forme_juridique").get("libelle")),
        activity_code=text_of(_inner(data, "activite_principale").get("code"), most=10),
        activity=text_of(_inner(data, "activite_principale").get("libelle")),
        staff=text_of(_inner(data, "tranche_effectif_salarie").get("intitule")),
        problems=tuple(problems),
    )


def head_office(answer: dict[str, Any]) -> str:
    """Return the SIRET of the head office, "" when none can be read."""
    return siret(text_of(_data(answer).get("siret_siege_social"))) or ""


def establishment(answer: dict[str, Any], siren: str) -> Company:
    """Return the address of the head office."""
    data = _data(answer)
    if siren_of(text_of(data.get("siret"))) != siren:
        return Company(siren, problems=("address_other_company",))
    lines = _inner(_inner(data, "adresse"), "acheminement_postal")
    shown = [text_of(lines.get(f"l{number}"), most=60) for number in range(2, 7)]
    return Company(siren, address=", ".join(line for line in shown if line))


def vat(answer: dict[str, Any], siren: str) -> Company:
    """Return the VAT number that VIES knows; one whose key does not agree with the SIREN is kept and named."""
    given = text_of(_data(answer).get("tva_number"), most=20)
    if not given.startswith("FR") or not given.endswith(siren):
        return Company(siren, problems=("vat_other_company",))
    return Company(
        siren, vat_number=given, problems=() if vat_number(given) else ("vat_key_unreadable",)
    )


def accounts(answer: dict[str, Any], siren: str) -> Company:
    """Return the years that the Banque de France analysed, with its computed values."""
    years, problems = [], []
    for row in _rows(answer):
        closed = day_of(row.get("date_arrete_exercice"))
        given = row.get("valeurs_calculees")
        values = (
            given[0] if isinstance(given, list) and given and isinstance(given[0], dict) else {}
        )
        figures = {}
        for name, ours in _FIGURES.items():
            if name not in values:
                continue
            amount = amount_of(_inner(values, name).get("valeur"))
            if amount is None:
                problems.append(f"accounts_{ours}_unreadable")
            else:
                figures[ours] = f"{amount:f}"
        if closed and figures:
            years.append(Year(closed, "banque_de_france", figures))
        elif not closed:
            problems.append("accounts_day_unreadable")
    return Company(siren, years=tuple(years), problems=tuple(problems))


def sales(answer: dict[str, Any], siren: str) -> Company:
    """Return the sales that the tax office knows, year by year."""
    years, problems = [], []
    for row in _rows(answer):
        closed, amount = (
            day_of(row.get("date_fin_exercice")),
            amount_of(row.get("chiffre_affaires")),
        )
        if closed and amount is not None:
            years.append(Year(closed, "dgfip", {"sales": f"{amount:f}"}))
        else:
            problems.append("sales_unreadable")
    return Company(siren, years=tuple(years), problems=tuple(problems))
