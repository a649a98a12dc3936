"""The client of Sinch's API of text messages: one batch a message, found again by its reference."""

import json
from collections.abc import Callable
from datetime import UTC, timedelta
from typing import Any
from urllib.parse import quote, urlencode
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from dunning.channels import CarrierReport, OutcomeUnknownError, Parcel, UnreachableError
from dunning.services.reply_addresses import name_of
from integrations.sinch.mapping import report_of
from integrations.web import Answer, ask, raise_for

LOOK_BACK = timedelta(days=14)  # how long the provider keeps batches


class Sinch:
    """Sends text messages and finds out about them."""

    def __init__(self, url: str = "") -> None:
        plan = quote(settings.OTC_SINCH_PLAN, safe="")
        self.url = f"{(url or settings.OTC_SINCH_URL).rstrip('/')}/xms/v1/{plan}"

    def hand_over(self, parcel: Parcel, *, before_last_step: Callable[[], None]) -> None:
        """Send one text message. Raises the errors of dunning.channels."""
        batch: dict[str, Any] = {
            "to": [parcel.recipient.lstrip("+")],
            "body": parcel.raw.decode(),
            "type": "mt_text",
            "client_reference": str(parcel.reference),
            "delivery_report": "per_recipient_final",
        }
        if settings.OTC_SINCH_FROM:
            batch["from"] = settings.OTC_SINCH_FROM
        before_last_step()
        answer = self._ask("POST", "/batches", json.dumps(batch).encode(), may_have_left=True)
        raise_for(answer, may_have_left=True)
        if not answer.body.get("id"):
            raise OutcomeUnknownError(f"{answer.status} without the id of a batch")

    def was_accepted(self, message_id: str) -> bool | None:
        """Say whether a batch with this message's reference is there; None when the provider does not answer."""
        reference = name_of(message_id)
        if reference is None:
            return None
        try:
            return self._batch(reference) is not None
        except UnreachableError:
            return None

    def report(self, reference: UUID) -> CarrierReport | None:
        """Return the final state of the one number of a batch; None before. Raises UnreachableError."""
        batch = self._batch(reference)
        if batch is None:
            return None
        answer = self._ask("GET", f"/batches/{quote(batch, safe='')}/delivery_report?type=full")
        if not answer.is_good:
            return None
        statuses = answer.body.get("statuses")
        known = [one for one in statuses if isinstance(one, dict)] if statuses else []
        for each in known:
            found = report_of(str(reference), each)
            if found is not None:
                return found
        return None

    def close(self) -> None:
        """Nothing is held: each request has its own connection."""

    def _batch(self, reference: UUID) -> str | None:
        """Return the provider's id of a batch of ours; None when there is none. Raises UnreachableError."""
        since = (timezone.now() - LOOK_BACK).astimezone(UTC)
        asked = {
            "client_reference": str(reference),
            "start_date": f"{since.replace(tzinfo=None, microsecond=0).isoformat()}.000Z",
            "page_size": 1,
        }
        answer = self._ask("GET", f"/batches?{urlencode(asked)}")
        batches = answer.body.get("batches")
        if not answer.is_good or not isinstance(batches, list):
            raise UnreachableError(f"the list of batches: {answer.status}")
        for each in batches:
            if isinstance(each, dict) and each.get("client_reference") == str(reference):
                return str(each.get("id"))
        return None

    def _ask(
        self, method: str, path: str, body: bytes = b"", *, may_have_left: bool = False
    ) -> Answer:
        headers = {"Authorization": f"Bearer {settings.OTC_SINCH_TOKEN}"}
        if body:
            headers["Content-Type"] = "application/json"
        return ask(
            method, f"{self.url}{path}", body=body, headers=headers, may_have_left=may_have_left
        )
