"""The customer's page: found by the secret in its address, only ever read, no cookie set.

A mail scanner opens every link it sees, so nothing here changes anything: GET twice, or HEAD, or a browser
that follows every link leaves the page as it was (RELIABILITY D14, P18).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import wraps
from urllib.parse import quote
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone, translation
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_safe

from accounts.models import Tenant
from dunning.documents.rendering import PdfUnavailable
from dunning.documents.sheet import statement_xlsx
from dunning.documents.statement import (
    DocumentTooLong,
    statement_filename,
    statement_pdf,
)
from dunning.documents.view import MessageView
from kernel import formats
from kernel.downloads import download
from kernel.http import public
from kernel.sandbox import SandboxRefused
from kernel.tables_export import XLSX_MEDIA_TYPE
from kernel.tenancy import tenant_scope
from ledger.rules.payment_codes import qr_svg
from portal import look_ups, queries, throttle
from portal.documents import statement_view
from portal.models import PortalLink

LANGUAGES = ("fr", "en")
LINES_SHOWN = 100
"""Per list; the statement as a file has them all."""

LINES_PER_PDF = 300
"""A reader waits for it: some seconds at most. Longer accounts are taken as a sheet, which is instant."""

ONE_INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Opened:
    """A link that opens a page: what is shown, to whom, in which language."""

    link: PortalLink
    tenant: Tenant
    statement: queries.CustomerStatement
    copies: Mapping[UUID, list[queries.PortalCopy]]
    language: str

    @property
    def last_day(self) -> datetime:
        """The last day of the link, as an instant in the tenant's calendar."""
        zone = ZoneInfo(self.tenant.time_zone)
        return (self.link.expires_at - ONE_INSTANT).astimezone(zone)


@dataclass(frozen=True, slots=True)
class ShownPart:
    """A part of the statement with what the page draws of it."""

    part: queries.StatementPart
    place: int
    name: str
    """Entity and currency; empty when the account has one part."""
    code: SafeString


@dataclass(frozen=True, slots=True)
class Answer:
    """Something to tell us: where it stands on the page, and a message that is already begun."""

    anchor: str
    icon: str
    title: str
    hint: str
    words: str
    address: str


PageView = Callable[..., HttpResponse]


def behind_link(what: str, limit: int) -> Callable[[PageView], Callable[..., HttpResponse]]:
    """Hand a view the page its token opens; whatever opens none gets one and the same answer."""

    def decorate(view: PageView) -> Callable[..., HttpResponse]:
        @public
        @require_safe
        @wraps(view)
        def wrapped(request: HttpRequest, token: str, **more: UUID) -> HttpResponse:
            if throttle.is_too_often(request, what=what, limit=limit):
                return _private(_too_often(request))
            opened = _opened(request, token)
            if opened is None:
                return _private(_not_found(request))
            with translation.override(opened.language):
                response = view(request, opened, **more)
            response.headers["Content-Language"] = opened.language
            return _private(response)

        return wrapped

    return decorate


@behind_link("page", throttle.PAGES_PER_WINDOW)
def page(request: HttpRequest, opened: Opened) -> HttpResponse:
    statement = opened.statement
    context = {
        "brand_name": opened.tenant.name,
        "statement": statement,
        "parts": _shown_parts(statement.parts),
        "copies": opened.copies,
        "answers": _answers(opened),
        "last_day": opened.last_day,
        "lines_shown": LINES_SHOWN,
        "other_language": "en" if opened.language == "fr" else "fr",
        "write_to": _address(opened),
        "call": _phone(opened),
        "path": request.path,
    }
    return render(request, "portal/page.html", context)


@behind_link("file", throttle.FILES_PER_WINDOW)
def statement_as_pdf(request: HttpRequest, opened: Opened) -> HttpResponse:
    view = _asked_view(request, opened)
    if view is None:
        return _not_found(request)
    try:
        content = statement_pdf(view, most_lines=LINES_PER_PDF)
    except (DocumentTooLong, PdfUnavailable, SandboxRefused) as refused:
        context = {"brand_name": opened.tenant.name, "refused": refused, "page": _back(request)}
        return render(request, "portal/refused.html", context, status=refused.status)
    return _download(content, "application/pdf", statement_filename(view, "pdf"))


@behind_link("file", throttle.FILES_PER_WINDOW)
def statement_as_sheet(request: HttpRequest, opened: Opened) -> HttpResponse:
    view = _asked_view(request, opened)
    if view is None:
        return _not_found(request)
    return _download(statement_xlsx(view), XLSX_MEDIA_TYPE, statement_filename(view, "xlsx"))


@behind_link("copy", throttle.COPIES_PER_WINDOW)
def invoice_copy(request: HttpRequest, opened: Opened, file_id: UUID) -> HttpResponse:
    """Give the customer the copy of an invoice or credit note of his own; proofs and other files stay with us."""
    with tenant_scope(opened.tenant.pk):
        found = queries.copy_of_customer(opened.link.customer, file_id)
    return download(found.content, found.name) if found else _not_found(request)


def _opened(request: HttpRequest, token: str) -> Opened | None:
    """Return what the token opens now: None when unknown, expired, revoked or cut."""
    found = look_ups.link_of_token(token)
    if found is None:
        return None
    tenant_id, link_id = found
    now = timezone.now()
    with tenant_scope(tenant_id):
        link = queries.link_open_at(link_id, now)
        if link is None:
            return None
        tenant = Tenant.objects.get(pk=tenant_id)
        today = now.astimezone(ZoneInfo(tenant.time_zone)).date()
        statement = queries.customer_statement(link.customer, today=today)
        copies = queries.copies_of_lines(statement)
    asked = request.GET.get("lang", "")
    language = asked if asked in LANGUAGES else link.customer.language
    return Opened(link, tenant, statement, copies, language if language in LANGUAGES else "en")


def _asked_view(request: HttpRequest, opened: Opened) -> MessageView | None:
    """Return the part of the statement that is asked for, the first unless `part` names another."""
    asked = request.GET.get("part", "1")
    parts = opened.statement.parts
    if not asked.isdecimal() or not 1 <= int(asked) <= len(parts):
        return None
    return statement_view(
        opened.statement,
        parts[int(asked) - 1],
        language=opened.language,
        tenant_name=opened.tenant.name,
    )


def _shown_parts(parts: tuple[queries.StatementPart, ...]) -> list[ShownPart]:
    return [
        ShownPart(
            part,
            place,
            f"{part.entity.name}, {part.currency}" if len(parts) > 1 else "",
            _code(part),
        )
        for place, part in enumerate(parts, 1)
    ]


def _code(part: queries.StatementPart) -> SafeString:
    if not part.epc_payload:
        return SafeString("")
    amount = formats.money(part.to_pay, translation.get_language() or "en")
    title = _("QR code of a SEPA transfer of %(amount)s to %(holder)s") % {
        "amount": amount,
        "holder": part.account_holder,
    }
    return mark_safe(qr_svg(part.epc_payload, title=title))  # noqa: S308  drawn and escaped by us


def _answers(opened: Opened) -> list[Answer]:
    customer = opened.statement.customer
    account = _("Account %(code)s, %(name)s") % {"code": customer.code, "name": customer.name}

    def begun(title: str, words: str) -> str:
        return _mail_link(_address(opened), f"{title} · {account}", f"{words}\n\n{account}\n")

    return [
        Answer(
            anchor="promise",
            icon="calendar",
            title=_("I will pay on…"),
            hint=_("choose a date"),
            words=_("Tell us the day and the amount. A date that suits us both is noted at once."),
            address=begun(_("I will pay on…"), _("We will pay the amount of … on …")),
        ),
        Answer(
            anchor="paid",
            icon="check",
            title=pgettext("answer", "Already paid"),
            hint=_("give the reference"),
            words=_(
                "Tell us the day, the amount and the reference of your transfer; we look for it.",
            ),
            address=begun(
                pgettext("answer", "Already paid"),
                _("We paid the amount of … on …, under the reference …"),
            ),
        ),
        Answer(
            anchor="problem",
            icon="comment",
            title=_("There is a problem"),
            hint=_("dispute, missing invoice…"),
            words=_(
                "Name the invoice and what is wrong. What you dispute is set apart, not claimed.",
            ),
            address=begun(_("There is a problem"), _("Invoice … : the problem is …")),
        ),
    ]


def _address(opened: Opened) -> str:
    contact = opened.statement.contact
    from_parts = (part.entity.email for part in opened.statement.parts)
    return (contact.email if contact else "") or next(filter(None, from_parts), "")


def _phone(opened: Opened) -> str:
    contact = opened.statement.contact
    from_parts = (part.entity.phone for part in opened.statement.parts)
    return (contact.phone if contact else "") or next(filter(None, from_parts), "")


def _mail_link(address: str, subject: str, body: str) -> str:
    if not address:
        return ""
    return f"mailto:{quote(address, safe='@')}?subject={quote(subject)}&body={quote(body)}"


def _back(request: HttpRequest) -> str:
    return request.path.rsplit("/", 1)[0]


def _not_found(request: HttpRequest) -> HttpResponse:
    """Return the answer to every address that opens no page, whatever the reason."""
    return render(request, "portal/unknown.html", {"brand_name": "Échéo"}, status=404)


def _too_often(request: HttpRequest) -> HttpResponse:
    context = {"brand_name": "Échéo", "seconds": throttle.WINDOW_SECONDS}
    response = render(request, "portal/too_often.html", context, status=429)
    response.headers["Retry-After"] = str(throttle.WINDOW_SECONDS)
    return response


def _download(content: bytes, media_type: str, filename: str) -> HttpResponse:
    response = HttpResponse(content, content_type=media_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{filename}"'
    return response


def _private(response: HttpResponse) -> HttpResponse:
    """Keep the page out of every cache, search engine and referrer."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    return response
