"""The client of Pappers' API v2: `GET /v2/entreprise?siren=`, as its public documentation describes it."""

from urllib.parse import urlencode

from django.conf import settings

from credit.rules.company_facts import Company
from integrations.pappers.mapping import company
from integrations.reading import ask_json


class Pappers:
    """Asks for one company; the token travels in a header, so that no log of addresses keeps it."""

    def __init__(self) -> None:
        self.address, self.token = settings.OTC_INFORMATION["commercial"]

    def look_up(self, siren: str) -> Company | None:
        """Return what Pappers knows, None for a SIREN it does not. Raises ProviderError."""
        asked = urlencode({"siren": siren})
        answer, _headers = ask_json(
            "GET",
            f"{self.address.rstrip('/')}/v2/entreprise?{asked}",
            headers={"api-key": self.token},
        )
        return None if answer is None else company(answer, siren)
