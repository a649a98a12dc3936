"""The news of an opened account for the accounting system: kept as a file, and called out when an address is set."""

import csv
import hashlib
import hmac
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from accounts.services import audit
from credit.models import AccountExport, CreditRequest, CreditSettings, ExportState
from credit.ports import ExportTarget
from credit.queries.settings import credit_settings
from kernel.permissions import system_actor

EVENT = "customer.credit_decided"
WAITS_MINUTES = (
    1,
    5,
    15,
    60,
    240,
    720,
    1440,
)  # between attempts; after the last one it is given up
CLAIM = timedelta(minutes=5)  # longer than any call: another worker leaves it alone meanwhile
AT_ONCE = 20
COLUMNS = (
    "code", "name", "siren", "vat_number", "country", "address", "entity", "payment_terms", "payment_terms_days",
    "credit_limit", "currency", "valid_from", "valid_until", "request",
)  # fmt: skip


def promise_export(request: CreditRequest, *, now: datetime) -> AccountExport:
    """Keep the news of a granted request; a task calls it out when the tenant named an address."""
    is_called = bool(credit_settings().export_url)
    return AccountExport.objects.create(
        request=request,
        body=body_of(request),
        state=ExportState.WAITING if is_called else ExportState.FILE_ONLY,
        next_attempt_at=now if is_called else None,
        created_at=now,
    )


def body_of(request: CreditRequest, *, is_undone: bool = False) -> dict[str, Any]:
    """Return what the accounting system is told: the account, its terms and its limit."""
    customer, terms, limit = request.customer, request.granted_terms, request.limit
    return {
        "event": "customer.credit_undone" if is_undone else EVENT,
        "request": request.number,
        "code": customer.code if customer else "",
        "name": customer.name if customer else request.name,
        "siren": request.siren,
        "vat_number": request.vat_number,
        "country": request.country,
        "address": request.address,
        "entity": request.entity.code,
        "payment_terms": terms.code if terms else "",
        "payment_terms_days": terms.days if terms else None,
        "credit_limit": f"{request.granted_amount:.2f}" if request.granted_amount else "0.00",
        "currency": request.currency,
        "valid_from": limit.valid_from.isoformat() if limit else "",
        "valid_until": limit.valid_until.isoformat() if limit and limit.valid_until else "",
    }


def as_csv(body: Mapping[str, Any]) -> bytes:
    """Return an export as a CSV file a spreadsheet opens: UTF-8 with its mark, semicolons, formulas made harmless."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(COLUMNS)
    writer.writerow([_harmless(body.get(column)) for column in COLUMNS])
    return out.getvalue().encode("utf-8-sig")


def _harmless(value: object) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r"} else text


def signing_key(tenant_id: object, key_number: int) -> bytes:
    """Return the key that signs a tenant's calls: derived, never stored; a higher number makes another one."""
    message = f"account-export:{tenant_id}:{key_number}".encode()
    digest = hmac.new(settings.SECRET_KEY.encode(), message, hashlib.sha256).hexdigest()
    return digest.encode()


def signed(event_id: str, body: bytes, *, keys: Sequence[bytes], at: datetime) -> str:
    """Return the signature header of a call: `t=<unix seconds>`, then `v1=<HMAC-SHA256 of "id.t.body">` for each key.

    Source: RELIABILITY D15. The key before the newest signs too, so that a peer changes over when it can.
    """
    stamp = str(int(at.timestamp()))
    message = f"{event_id}.{stamp}.".encode() + body
    digests = [hmac.new(key, message, hashlib.sha256).hexdigest() for key in keys]
    return ",".join([f"t={stamp}", *(f"v1={digest}" for digest in digests)])


def live_keys(stored: CreditSettings) -> list[bytes]:
    """Return the keys that sign today: the newest, and the one before it."""
    newest = stored.export_key_number
    return [signing_key(stored.tenant_id, number) for number in (newest, newest - 1) if number > 0]


@dataclass(frozen=True, slots=True)
class Call:
    """A call that was claimed: everything it needs, so that no transaction stays open while it is made."""

    export_id: Any
    url: str
    body: bytes
    headers: dict[str, str]


def claim_calls(*, now: datetime) -> list[Call]:
    """Claim what waits to be called out, so that no other worker takes it for some minutes."""
    stored = CreditSettings.objects.first()
    if stored is None or not stored.export_url:
        return []
    waiting = AccountExport.objects.select_for_update(skip_locked=True).filter(
        state=ExportState.WAITING, next_attempt_at__lte=now
    )[:AT_ONCE]
    calls = []
    for export in waiting:
        export.attempts += 1
        export.next_attempt_at = now + CLAIM
        export.save(update_fields=["attempts", "next_attempt_at"])
        body = json.dumps(export.body, ensure_ascii=False, sort_keys=True).encode()
        signature = signed(str(export.pk), body, keys=live_keys(stored), at=now)
        headers = {
            "Content-Type": "application/json",
            "Otc-Event-Id": str(export.pk),
            "Otc-Signature": signature,
        }
        calls.append(Call(export.pk, stored.export_url, body, headers))
    return calls


def make_call(call: Call, target: ExportTarget) -> str:
    """Make a claimed call; return what went wrong, empty when the peer took it."""
    return target.post(call.url, call.body, call.headers)


def record_call(call: Call, problem: str, *, now: datetime) -> None:
    """Write down how a call went; one that failed is tried again later, and given up after the last try."""
    export = AccountExport.objects.select_for_update().get(pk=call.export_id)
    if not problem:
        export.state, export.delivered_at, export.problem = ExportState.DELIVERED, now, ""
        export.next_attempt_at = None
    elif export.attempts > len(WAITS_MINUTES):
        export.state, export.problem, export.next_attempt_at = (
            ExportState.GIVEN_UP,
            problem[:300],
            None,
        )
    else:
        spread = (
            100 + export.pk.int % 20
        )  # so that a peer that comes back is not called by all at once
        wait = timedelta(minutes=WAITS_MINUTES[export.attempts - 1]) * spread / 100
        export.problem, export.next_attempt_at = problem[:300], now + wait
    export.save()
    audit.record(
        actor=system_actor(export.tenant_id),
        action="credit.call_accounting",
        object_kind="account_export",
        object_id=export.pk,
        state=export.state,
        attempts=export.attempts,
    )
