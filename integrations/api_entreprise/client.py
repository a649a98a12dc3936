"""The client of API Entreprise (v3 and v4, entreprise.api.gouv.fr): five questions about one SIREN."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.conf import settings

from credit.ports import ProviderError
from credit.rules.company_facts import Company, merged
from integrations.api_entreprise import mapping
from integrations.reading import ask_json

# The API wants to know why it is asked; the caller's own SIRET is added by its operator in the token's settings.
CONTEXT = {"context": "Risque de crédit", "object": "Consultation d’un client"}

Mapped = Callable[[dict[str, Any], str], Company]


class ApiEntreprise:
    """Asks who the company is, then what else is known; what fails after the first answer is named, not fatal."""

    def __init__(self) -> None:
        self.address, self.token = settings.OTC_INFORMATION["register"]

    def look_up(self, siren: str) -> Company | None:
        """Return what the register knows, None for a SIREN it does not. Raises ProviderError."""
        unit = self._ask(f"/v4/insee/sirene/unites_legales/{siren}")
        if unit is None:
            return None
        parts = [mapping.legal_unit(unit, siren)]
        office = mapping.head_office(unit)
        questions: list[tuple[str, str, Mapped]] = [
            ("accounts", f"/v3/banque_de_france/unites_legales/{siren}/bilans", mapping.accounts),
            ("vat", f"/v3/european_commission/unites_legales/{siren}/numero_tva", mapping.vat),
        ]
        if office:
            questions += [
                ("address", f"/v4/insee/sirene/etablissements/{office}", mapping.establishment),
                ("sales", f"/v3/dgfip/etablissements/{office}/chiffres_affaires", mapping.sales),
            ]
        parts += [self._part(siren, *question) for question in questions]
        return merged(parts)

    def _part(self, siren: str, name: str, path: str, read: Mapped) -> Company:
        try:
            answer = self._ask(path)
        except ProviderError as fault:
            return Company(siren, problems=(f"{name}_{fault.code}",))
        return Company(siren) if answer is None else read(answer, siren)

    def _ask(self, path: str) -> dict[str, Any] | None:
        answer, _headers = ask_json(
            "GET",
            f"{self.address.rstrip('/')}{path}?{urlencode(CONTEXT)}",
            headers={"Authorization": f"Bearer {self.token}"},
        )
        return answer
