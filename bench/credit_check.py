"""The check of an order beside a trivial signed-in call of the API, in one process; and the list of exposures.

Of many customers with invoices, limits and a charter in force, a thousand are asked about, each with an order of his
own; in between a program reads one customer, the least a call can do. Goal: a check takes at most three times as long.
The list of exposures is read as a page, filtered and exported: the statements are the same whatever the size.
"""

import json
import os
import statistics
import sys
import time
import uuid
from collections.abc import Callable
from datetime import timedelta

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "otc.settings")
django.setup()

from django.conf import settings  # noqa: E402
from django.db import connection, connections  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402
from django.utils import timezone  # noqa: E402

from accounts.look_ups import hashed  # noqa: E402
from accounts.models import ApiToken, Membership, RoleGrant, Scope, User  # noqa: E402
from accounts.queries import actor_of  # noqa: E402
from bench.charter import fill  # noqa: E402
from credit.permissions import PUT_ON_HOLD, SEE_OPINIONS  # noqa: E402
from credit.queries.exposure_list import ExposureView, Filter, exposure_list  # noqa: E402
from credit.services import charter_drafts  # noqa: E402
from kernel.tenancy import tenant_scope  # noqa: E402
from ledger.permissions import SEE_CUSTOMERS  # noqa: E402

CHECKS = 1000
GOAL = 3.0


def open_door(tenant_id: uuid.UUID, manager: uuid.UUID) -> str:
    """Publish the ready charter and make a key; return its secret."""
    secret = uuid.uuid4().hex
    with tenant_scope(tenant_id):
        analyst = Membership.objects.create(
            user=User.objects.create(email=f"ca@{secret}.example"), name="CA", state="active"
        )
        RoleGrant.objects.create(
            membership=analyst, role="credit_analyst", scope=Scope.objects.get(path="/")
        )
        author, publisher = actor_of(analyst.pk), actor_of(manager)
        if author is None or publisher is None:
            raise LookupError("the people of the benchmark have no access")
        draft = charter_drafts.open_draft(actor=author)
        charter_drafts.publish(
            seen=charter_drafts.stamp(draft),
            actor=publisher,
            today=timezone.localdate(),
            now=timezone.now(),
        )
        ApiToken.objects.create(
            name="Orders",
            owner_id=manager,
            prefix=secret[:8],
            secret_hash=hashed(secret),
            scopes=[SEE_CUSTOMERS, SEE_OPINIONS, PUT_ON_HOLD],
            expires_at=timezone.now() + timedelta(days=30),
        )
    return secret


def side_by_side(secret: str, customers: int) -> tuple[list[float], list[float], int]:
    """Return the seconds of each trivial call and of each check, in turns, and the statements of the last check."""
    settings.ALLOWED_HOSTS = ["testserver"]
    client, headers = Client(), {"Authorization": f"Bearer {secret}"}
    trivial, checks = list[float](), list[float]()
    asked: list[dict[str, str]] = []
    for number in range(CHECKS + 20):
        code = f"C{1 + number * 97 % customers}"
        start = time.perf_counter()
        read = client.get(f"/api/v1/customers/{code}", headers=headers, secure=True)
        middle = time.perf_counter()
        body = {
            "entity": "E", "customer": code, "order_number": f"B-{number}", "stage": "order",
            "amount": "950.00", "currency": "EUR",
        }  # fmt: skip
        if number == CHECKS:
            with CaptureQueriesContext(connection) as captured:
                client.post(
                    "/api/v1/credit-checks",
                    json.dumps(body),
                    "application/json",
                    headers=headers,
                    secure=True,
                )
            asked = captured.captured_queries
            continue
        answer = client.post(
            "/api/v1/credit-checks",
            json.dumps(body),
            "application/json",
            headers=headers,
            secure=True,
        )
        end = time.perf_counter()
        if (read.status_code, answer.status_code) != (200, 201):
            raise RuntimeError(f"{read.status_code} {answer.status_code}: {answer.content[:300]!r}")
        if number >= 20:
            trivial.append(middle - start)
            checks.append(end - middle)
    return trivial, checks, len(asked)


def tell_list(tenant_id: uuid.UUID, manager: uuid.UUID, size: int) -> None:
    """Print what the list of exposures costs: a page, a filter, the whole for an export."""
    day = timezone.localdate()
    with tenant_scope(tenant_id):
        actor = actor_of(manager)
        if actor is None:
            raise LookupError("the credit manager of the benchmark has no access")
        ways: dict[str, Callable[[], object]] = {
            "page": lambda: exposure_list(Filter(), actor=actor, day=day),
            "filter": lambda: exposure_list(
                Filter(view=ExposureView.OVER, grade="C", words="client"), actor=actor, day=day
            ),
            "export": lambda: exposure_list(Filter(), actor=actor, day=day, page=None),
        }
        for name, way in ways.items():
            way()
            with CaptureQueriesContext(connection) as captured:
                start = time.perf_counter()
                way()
                took = time.perf_counter() - start
            print(
                f"{size:>8,} customers: exposures, {name:<6} {took:>6.2f} s in {len(captured)} statements",
                flush=True,
            )


def main() -> None:
    """Print the figures for each size named on the command line, else 100,000 customers."""
    for size in [int(word) for word in sys.argv[1:]] or [100_000]:
        tenant_id, manager = fill(size)
        with connections["migrate"].cursor() as cursor:
            cursor.execute("ANALYZE")
        trivial, checks, statements = side_by_side(open_door(tenant_id, manager), size)
        one, other = statistics.median(checks), statistics.median(trivial)
        ordered = sorted(checks)
        print(
            f"{size:>8,} customers: a check {one * 1000:.1f} ms in {statements} statements (p95 "
            f"{ordered[int(len(ordered) * 0.95)] * 1000:.1f} ms), a trivial call {other * 1000:.1f} ms, ratio "
            f"{one / other:.2f} (goal {GOAL:.1f}); {60 / statistics.mean(checks):,.0f} checks a minute in one process",
            flush=True,
        )
        tell_list(tenant_id, manager, size)


if __name__ == "__main__":
    main()
