"""The client of Maileva's API of registered e-letters: one sending a letter, found again by its own id."""

import json
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote, urlencode
from uuid import UUID, uuid4

from django.conf import settings

from dunning.channels import (
    CarrierReport,
    NotAcceptedYetError,
    Parcel,
    RefusedForGoodError,
    UnreachableError,
)
from dunning.services.reply_addresses import name_of
from integrations.maileva.mapping import report_of
from integrations.web import Answer, ask, raise_for

PAGE = 500  # the most the API gives at once
MOST = 10_000  # sendings looked through, the newest first
EARLY_SECONDS = 60  # a token is renewed so long before its end
UNAUTHORIZED = 401
DRAFT = "DRAFT"
JSON = {"Content-Type": "application/json"}


class Maileva:
    """Sends registered e-letters and finds out about them."""

    def __init__(self, url: str = "", token_url: str = "") -> None:
        self.url = (url or settings.OTC_MAILEVA_URL).rstrip("/")
        self.token_url = token_url or settings.OTC_MAILEVA_TOKEN_URL
        self.token, self.until = "", 0.0

    def hand_over(self, parcel: Parcel, *, before_last_step: Callable[[], None]) -> None:
        """Send one letter. Raises the errors of dunning.channels."""
        sending = self._made(parcel)
        try:
            self._filled(sending, parcel)
            before_last_step()
        except BaseException:
            self._dropped(sending)
            raise
        answer = self._ask("POST", f"{sending}/submit", may_have_left=True)
        raise_for(answer, may_have_left=True)

    def was_accepted(self, message_id: str) -> bool | None:
        """Say whether a sending of this message was submitted; None when the provider does not answer."""
        reference = name_of(message_id)
        if reference is None:
            return None
        try:
            return any(each.get("status") != DRAFT for each in self._sendings(reference))
        except (UnreachableError, NotAcceptedYetError, RefusedForGoodError):
            return None

    def report(self, reference: UUID) -> CarrierReport | None:
        """Return what became of a letter; None while nothing final is known. Raises UnreachableError."""
        for sending in self._sendings(reference):
            if sending.get("status") == DRAFT:
                continue
            path = f"/sendings/{quote(str(sending.get('id')), safe='')}/recipients"
            recipients = self._ask("GET", path).body.get("recipients")
            for each in recipients if isinstance(recipients, list) else []:
                found = report_of(str(reference), each) if isinstance(each, dict) else None
                if found is not None:
                    return found
        return None

    def close(self) -> None:
        """Nothing is held: each request has its own connection."""

    def _made(self, parcel: Parcel) -> str:
        """Make a draft and return its path."""
        sending = {
            "sender_id": settings.OTC_MAILEVA_SENDER,
            "name": parcel.subject[:250],
            "custom_id": str(parcel.reference),
        }
        answer = self._ask("POST", "/sendings", json.dumps(sending).encode(), JSON)
        raise_for(answer)
        made = str(answer.body.get("id") or answer.location.rstrip("/").rpartition("/")[2])
        if not made:
            raise NotAcceptedYetError(f"{answer.status} without the id of a sending")
        return f"/sendings/{quote(made, safe='')}"

    def _filled(self, sending: str, parcel: Parcel) -> None:
        """Give a draft its document and its recipient."""
        body, headers = _form(parcel)
        raise_for(self._ask("POST", f"{sending}/documents", body, headers))
        first, _space, last = parcel.recipient_name.strip().partition(" ")
        recipient = {
            "custom_id": str(parcel.reference),
            "legal_status": "PROFESSIONAL",
            "first_name": first or "-",
            "last_name": last or first or "-",
            "email": parcel.recipient,
            "company": parcel.company,
        }
        answer = self._ask("POST", f"{sending}/recipients", json.dumps(recipient).encode(), JSON)
        raise_for(answer)

    def _dropped(self, sending: str) -> None:
        """Delete a draft that will not leave; where that fails it stays a draft, which harms nobody."""
        try:
            self._ask("DELETE", sending)
        except (UnreachableError, NotAcceptedYetError):
            return

    def _sendings(self, reference: UUID) -> Iterator[dict[str, Any]]:
        """Yield the sendings of ours with this reference, the newest first. Raises UnreachableError."""
        for start in range(0, MOST, PAGE):
            asked = {"start_index": start, "count": PAGE, "sort": "creation_date", "desc": "true"}
            answer = self._ask("GET", f"/sendings?{urlencode(asked)}")
            found = answer.body.get("sendings")
            if not answer.is_good or not isinstance(found, list):
                raise UnreachableError(f"the list of sendings: {answer.status}")
            for each in found:
                if isinstance(each, dict) and each.get("custom_id") == str(reference):
                    yield each
            if len(found) < PAGE:
                return
        raise UnreachableError(f"more than {MOST} sendings: what is older is not known")

    def _ask(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        headers: dict[str, str] | None = None,
        *,
        may_have_left: bool = False,
    ) -> Answer:
        """Ask with a token in force; one that was taken back is renewed once, for then nothing was done."""
        for is_last in (False, True):
            given = {**(headers or {}), "Authorization": f"Bearer {self._access()}"}
            answer = ask(
                method, f"{self.url}{path}", body=body, headers=given, may_have_left=may_have_left
            )
            if answer.status != UNAUTHORIZED or is_last:
                return answer
            self.token = ""
        raise UnreachableError("no access")

    def _access(self) -> str:
        """Return an access token. Raises NotAcceptedYetError where none is given: the letter waits."""
        if self.token and time.monotonic() < self.until:
            return self.token
        asked = {
            "grant_type": "client_credentials",
            "client_id": settings.OTC_MAILEVA_USER,
            "client_secret": settings.OTC_MAILEVA_PASSWORD,
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = ask("POST", self.token_url, body=urlencode(asked).encode(), headers=headers)
        if not answer.is_good or not answer.body.get("access_token"):
            raise NotAcceptedYetError(f"no access token: {answer.status}")
        self.token = str(answer.body["access_token"])
        self.until = time.monotonic() + _seconds(answer.body.get("expires_in")) - EARLY_SECONDS
        return self.token


def _seconds(value: object) -> int:
    return value if isinstance(value, int) else 0


def _form(parcel: Parcel) -> tuple[bytes, dict[str, str]]:
    """Return the PDF and its name as multipart form data, with its headers."""
    boundary = uuid4().hex
    metadata = json.dumps({"name": parcel.file_name}).encode()
    parts = (
        (b'name="document"; filename="letter.pdf"', b"application/pdf", parcel.raw),
        (b'name="metadata"', b"application/json", metadata),
    )
    body = b"".join(
        b"--%s\r\nContent-Disposition: form-data; %s\r\nContent-Type: %s\r\n\r\n%s\r\n"
        % (boundary.encode(), name, kind, content)
        for name, kind, content in parts
    )
    end = f"--{boundary}--\r\n".encode()
    return body + end, {"Content-Type": f"multipart/form-data; boundary={boundary}"}
