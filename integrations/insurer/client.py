"""The client of a credit insurer's API.

Tokens (`POST /v1/idp/oauth2/authorize` with the policy's key), the page size and the header `Total-Pages` are as
Allianz Trade publishes them (developers.allianz-trade.com, getting started). The list of covers is behind its login:
`GET /v1/covers?policyId=` with the fields of `FIELDS` is the plain shape that is asked of an insurer or a gateway here.
"""

import json
from typing import Any
from urllib.parse import urlencode

from django.conf import settings

from credit.ports import ProviderError
from credit.rules.company_facts import text_of
from credit.rules.covers import Field
from integrations.reading import ask_json

PAGE = 100
MOST_PAGES = 200
FIELDS = {
    "customerReference": Field.CODE,
    "registrationNumber": Field.SIREN,
    "vatNumber": Field.VAT,
    "companyName": Field.NAME,
    "coverId": Field.REFERENCE,
    "coverStatus": Field.STATE,
    "amount": Field.AMOUNT,
    "requestedAmount": Field.REQUESTED,
    "currency": Field.CURRENCY,
    "effectiveDate": Field.FROM,
    "endDate": Field.UNTIL,
    "reason": Field.REASON,
}


class InsurerCovers:
    """Reads every cover of a policy; half a list is no list: one page that fails fails the whole."""

    def __init__(self) -> None:
        self.address = settings.OTC_INSURER_URL.rstrip("/")

    def covers(self, policy_number: str, key: str) -> list[dict[str, str]]:
        """Return the covers as texts by field. Raises ProviderError."""
        token = self._token(key)
        rows: list[dict[str, str]] = []
        for page in range(1, MOST_PAGES + 1):
            asked = urlencode(
                {"policyId": policy_number, "page": page, "pageSize": PAGE, "totalRequired": "true"}
            )
            answer, headers = ask_json(
                "GET",
                f"{self.address}/v1/covers?{asked}",
                headers={"Authorization": f"Bearer {token}"},
            )
            given = (answer or {}).get("data")
            if not isinstance(given, list):
                raise ProviderError("nonsense", is_lasting=True)
            rows += [_row(one) for one in given if isinstance(one, dict)]
            total = headers.get("total-pages", "")
            if len(given) < PAGE or (total.isdecimal() and page >= int(total)):
                return rows
        raise ProviderError("too_large", f"more than {MOST_PAGES} pages", is_lasting=True)

    def _token(self, key: str) -> str:
        answer, _headers = ask_json(
            "POST",
            f"{self.address}/v1/idp/oauth2/authorize",
            headers={"Content-Type": "application/json"},
            body=json.dumps({"apiKey": key}).encode(),
        )
        token = text_of((answer or {}).get("access_token"), most=4000)
        if not token:
            raise ProviderError("not_allowed", is_lasting=True)
        return token


def _row(cover: dict[str, Any]) -> dict[str, str]:
    found = {}
    for name, ours in FIELDS.items():
        value = cover.get(name)
        if isinstance(value, float):
            value = repr(value)
        found[ours.value] = text_of(value, most=300)
    return found
