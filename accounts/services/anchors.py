"""Anchors of the audit chains: the head of each chain, written outside the database every day (RELIABILITY D19).

Without an anchor, whoever owns the database could cut the tail of a chain or compute it anew without a trace.
`OTC_DATA_DIR/anchors/<tenant>.jsonl` only ever grows; copy the folder to storage that keeps versions.
"""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from django.conf import settings

from accounts.models import AuditEvent
from accounts.services.audit import ChainVerdict, verify_chain


@dataclass(frozen=True, slots=True)
class Anchor:
    """The head of a chain at an instant."""

    at: str
    sequence: int
    hash: str


def anchor_file(tenant_id: UUID) -> Path:
    """Return where the anchors of a tenant are kept."""
    return Path(settings.OTC_DATA_DIR) / "anchors" / f"{tenant_id}.jsonl"


def anchors_of(tenant_id: UUID) -> list[Anchor]:
    """Return the anchors of a tenant, oldest first; none when none was written here."""
    file = anchor_file(tenant_id)
    if not file.is_file():
        return []
    return [Anchor(**json.loads(line)) for line in file.read_text().splitlines() if line]


def anchor_chain(tenant_id: UUID, *, now: datetime) -> Anchor | None:
    """Append the head of the current tenant's chain to its file; None when it has not grown since the last time."""
    head = AuditEvent.objects.order_by("-sequence").values_list("sequence", "hash").first()
    known = anchors_of(tenant_id)
    if head is None or (known and known[-1].sequence >= head[0]):
        return None
    anchor = Anchor(now.isoformat(), head[0], head[1])
    _append(anchor_file(tenant_id), anchor)
    return anchor


def verify_anchored_chain(tenant_id: UUID) -> ChainVerdict:
    """Recompute the current tenant's chain, hold it against its anchors, and say where it first does not hold.

    An anchored event that is missing or has another hash breaks the chain at its sequence number.
    """
    verdict = verify_chain()
    broken = [verdict.first_broken] if verdict.first_broken is not None else []
    anchors = anchors_of(tenant_id)
    hashes = dict(
        AuditEvent.objects.filter(sequence__in=[anchor.sequence for anchor in anchors]).values_list(
            "sequence", "hash"
        )
    )
    broken += disagreements(anchors, hashes)
    return ChainVerdict(verdict.events, min(broken, default=None))


def disagreements(anchors: Sequence[Anchor], hashes: Mapping[int, str]) -> list[int]:
    """Return the sequence numbers at which a chain, given by the hashes of its events, contradicts its anchors."""
    return [anchor.sequence for anchor in anchors if hashes.get(anchor.sequence) != anchor.hash]


def _append(file: Path, anchor: Anchor) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    line = json.dumps({"at": anchor.at, "sequence": anchor.sequence, "hash": anchor.hash})
    descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640)
    try:
        os.write(descriptor, f"{line}\n".encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
