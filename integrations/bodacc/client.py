"""The client of the BODACC's open API. It asks for days, never for a company: nobody learns whom we watch."""

import http.client
import json
import logging
from collections.abc import Iterator
from datetime import date
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.conf import settings

from dunning.watch import PublishedInsolvency
from integrations.bodacc.mapping import insolvency_of

logger = logging.getLogger(__name__)

PATH = "/api/explore/v2.1/catalog/datasets/annonces-commerciales/records"
PAGE = 100  # the most the API gives at once
MOST = 10_000  # as far as it lets one page
SECONDS = 20.0
MOST_BYTES = 16 << 20


class BodaccUnavailableError(RuntimeError):
    """The gazette did not answer as it should; the next night looks again."""


class Bodacc:
    """Reads published insolvencies, page by page, with a limit on time and size and no redirect followed."""

    def __init__(self, url: str = "") -> None:
        self.address = urlsplit(url or settings.OTC_BODACC_URL)

    def published(self, first: date, last: date) -> Iterator[PublishedInsolvency]:
        """Yield the openings and conversions published from `first` to `last`, both included.

        A record that cannot be read is left out and logged. Raises BodaccUnavailableError.
        """
        for start in range(0, MOST, PAGE):
            records = self._page(first, last, start)
            for record in records:
                found = insolvency_of(record)
                if found is not None:
                    yield found
            if len(records) < PAGE:
                return
        logger.warning("the BODACC has more than %s notices from %s to %s", MOST, first, last)

    def _page(self, first: date, last: date, start: int) -> list[dict[str, Any]]:
        where = (
            f"familleavis = \"collective\" and dateparution >= date'{first}' "
            f"and dateparution <= date'{last}'"
        )
        asked = {"where": where, "order_by": "dateparution,id", "limit": PAGE, "offset": start}
        answer = self._get(f"{self.address.path.rstrip('/')}{PATH}?{urlencode(asked)}")
        records = answer.get("results", answer.get("records"))
        if not isinstance(records, list):
            raise BodaccUnavailableError("the answer holds no list of records")
        return [record for record in records if isinstance(record, dict)]

    def _get(self, path: str) -> dict[str, Any]:
        make = (
            http.client.HTTPSConnection
            if self.address.scheme == "https"
            else http.client.HTTPConnection
        )
        connection = make(self.address.netloc, timeout=SECONDS)
        try:
            connection.request("GET", path, headers={"Accept": "application/json"})
            response = connection.getresponse()
            body = response.read(MOST_BYTES + 1)
            if response.status != http.client.OK or len(body) > MOST_BYTES:
                raise BodaccUnavailableError(f"status {response.status}, {len(body)} bytes")
            answer = json.loads(body)
        except (OSError, http.client.HTTPException, ValueError) as problem:
            raise BodaccUnavailableError(str(problem)) from problem
        finally:
            connection.close()
        if not isinstance(answer, dict):
            raise BodaccUnavailableError("the answer is no object")
        return answer
