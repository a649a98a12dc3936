"""Is it alive, is it ready, how much does it do: for load balancers, people on call and Prometheus."""

import hmac
import shutil
import smtplib
import time
from collections.abc import Callable
from functools import cache as remember
from functools import lru_cache

from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from redis.exceptions import RedisError

from accounts.look_ups import tenant_ids
from kernel import formats
from kernel.http import public
from kernel.tenancy import tenant_scope
from ledger.queries import SelfAudit, last_self_audit

HEARTBEAT = "heartbeat:worker"
TICK = "heartbeat:beat"
MINIMUM_FREE_BYTES = 200 * 1024 * 1024  # below this an import or a PDF may not fit any more
MAIL_TIMEOUT = 2  # seconds


class NotReadyError(Exception):
    """A part does not answer; the message says which and what follows from it."""


@public
def live(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """Say that this process answers, and nothing about anything behind it."""
    return HttpResponse("ok\n", content_type="text/plain")


def database() -> None:
    """Ask the database for a row."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


@remember
def _known_migrations_applied() -> bool:
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


def migrations() -> None:
    """See that every migration of this code is applied; once it is, it stays so for this process."""
    if not _known_migrations_applied():
        _known_migrations_applied.cache_clear()
        raise NotReadyError(_("Migrations are missing. Run: bin/manage migrate"))


def broker() -> None:
    """Write and read a key of the broker's server."""
    try:
        cache.set("readyz", "1", 5)
        answer = cache.get("readyz")
    except (RedisError, OSError) as problem:
        raise NotReadyError(_broker_sentence(problem)) from problem
    if answer != "1":
        raise NotReadyError(_("The broker took a value and did not give it back."))


def _broker_sentence(problem: Exception) -> str:
    return _(
        "The broker does not answer (%(kind)s). Workers look for work by themselves every 15 seconds; nothing is lost."
    ) % {"kind": type(problem).__name__}


def _mark(name: str) -> bool:
    """Return whether a worker or the scheduler left its mark; it is left at the broker's server."""
    try:
        return bool(cache.get(name))
    except (RedisError, OSError) as problem:
        raise NotReadyError(_broker_sentence(problem)) from problem


def worker() -> None:
    """See that a worker has shown itself in the last minute; without one, reminders wait and nothing is lost."""
    if not _mark(HEARTBEAT):
        raise NotReadyError(_("No worker was heard for a minute. Reminders wait; nothing is lost."))


def scheduler() -> None:
    """See that the scheduler has rung in the last two minutes."""
    if not _mark(TICK):
        raise NotReadyError(
            _("The scheduler has not rung for two minutes. Tonight's plan would not be made.")
        )


def mail() -> None:
    """See that the mail server greets us."""
    if not settings.EMAIL_HOST:
        raise NotReadyError(_("No mail server is set. Set EMAIL_URL."))
    try:
        with smtplib.SMTP(settings.EMAIL_HOST, settings.EMAIL_PORT, timeout=MAIL_TIMEOUT):
            return
    except (OSError, smtplib.SMTPException) as problem:
        raise NotReadyError(
            _(
                "The mail server %(host)s:%(port)s does not answer (%(kind)s). Reminders wait and leave once it is "
                "back; nothing is lost."
            )
            % {
                "host": settings.EMAIL_HOST,
                "port": settings.EMAIL_PORT,
                "kind": type(problem).__name__,
            }
        ) from problem


def disk() -> None:
    """See that there is room for uploads and documents."""
    folder = settings.OTC_DATA_DIR if settings.OTC_DATA_DIR.exists() else settings.BASE_DIR
    free = shutil.disk_usage(folder).free
    if free < MINIMUM_FREE_BYTES:
        raise NotReadyError(
            _(
                "Only %(free)d MB are free on the disk of %(folder)s; 200 MB are needed. Uploads wait until then."
            )
            % {"free": free // 1024**2, "folder": folder.name}
        )


def books() -> None:
    """See that the last self-audit of every company found its books in order; asked of the database once a minute."""
    differing = _companies_that_differ(_minute())
    if differing:
        raise NotReadyError(
            ngettext(
                "The nightly check found differences in the books of %(count)s company. Its audit trail says where; "
                "nothing was corrected.",
                "The nightly check found differences in the books of %(count)s companies. Their audit trails say "
                "where; nothing was corrected.",
                differing,
            )
            % {"count": differing}
        )


@lru_cache(maxsize=1)
def _companies_that_differ(_minute: int) -> int:
    differing = 0
    for tenant_id in tenant_ids():
        with tenant_scope(tenant_id):
            found = last_self_audit()
        differing += bool(found and found.differences)
    return differing


def books_sentence(found: SelfAudit) -> str:
    """Return what a person reads of a self-audit that found differences."""
    return ngettext(
        "The check of %(day)s found %(count)s stored figure that differs from its entries. Event %(event)s of the "
        "audit trail names the row; nothing was corrected. Compare it with your accounting and tell us.",
        "The check of %(day)s found %(count)s stored figures that differ from their entries. Event %(event)s of the "
        "audit trail names the rows; nothing was corrected. Compare them with your accounting and tell us.",
        found.differences,
    ) % {
        "day": formats.day(timezone.localdate(found.at), (get_language() or "en")[:2]),
        "count": found.differences,
        "event": found.sequence,
    }


def pdf() -> None:
    """See that the PDF engine can be loaded, without loading it here."""
    from dunning.documents import engine_problem  # noqa: PLC0415  loads nothing heavy, but is not needed to serve

    problem = engine_problem()
    if problem:
        raise NotReadyError(problem)


# What must work for a person to work; the others are told and do not take the process out of service.
REQUIRED: dict[str, Callable[[], None]] = {
    "database": database,
    "migrations": migrations,
    "broker": broker,
}
TOLD: dict[str, Callable[[], None]] = {
    "worker": worker,
    "scheduler": scheduler,
    "mail": mail,
    "disk": disk,
    "pdf": pdf,
    "books": books,
}
# What whoever works off the agenda has to know: without these, nothing leaves or comes in.
ON_THE_AGENDA = ("broker", "worker", "mail", "disk")


@public
def ready(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """Say of each part whether it works: 200 when all do, 503 with a sentence for each that does not."""
    answers = {name: _problem_of(check) for name, check in (REQUIRED | TOLD).items()}
    is_ready = not any(answers.values())
    body = {
        "ready": is_ready,
        "can_serve": not any(answers[name] for name in REQUIRED),
        "parts": {name: problem or "ok" for name, problem in answers.items()},
    }
    return JsonResponse(body, status=200 if is_ready else 503)


def troubles() -> tuple[str, ...]:
    """Return a sentence for each part without which reminders wait, for the agenda; looked at once a minute."""
    return _troubles(_minute(), get_language() or "en")


@lru_cache(maxsize=4)
def _troubles(_minute: int, _language: str) -> tuple[str, ...]:
    checks = REQUIRED | TOLD
    found = (_problem_of(checks[name]) for name in ON_THE_AGENDA)
    return tuple(dict.fromkeys(sentence for sentence in found if sentence))


def _minute() -> int:
    return int(time.monotonic() // 60)


def forget() -> None:
    """Look again at once instead of in a minute."""
    _troubles.cache_clear()
    _companies_that_differ.cache_clear()


def _problem_of(check: Callable[[], None]) -> str:
    """Return the sentence of what does not work; empty when it does. A check may fail in any way a server can."""
    try:
        check()
    except NotReadyError as problem:
        return str(problem)
    except Exception as problem:  # noqa: BLE001  whatever a dead server makes a driver raise is the answer here
        return _("%(part)s does not answer: %(kind)s.") % {
            "part": check.__name__.capitalize(),
            "kind": type(problem).__name__,
        }
    return ""


@public
def metrics(request: HttpRequest) -> HttpResponse:
    """Give Prometheus its text, to whom holds OTC_METRICS_TOKEN; without a token set there is nothing here."""
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not settings.OTC_METRICS_TOKEN or not hmac.compare_digest(given, settings.OTC_METRICS_TOKEN):
        raise Http404
    return HttpResponse(generate_latest(), content_type=CONTENT_TYPE_LATEST)
