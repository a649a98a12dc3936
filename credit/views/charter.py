"""The charter as its colleagues read and sign it."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from credit import charter_words as words
from credit import permissions
from credit.models.charter import CharterVersion
from credit.queries import charter as queries
from credit.rules.charter_text import digest
from credit.services import charter_drafts, charter_signatures
from kernel.http import TenantRequest, reads, writes
from kernel.permissions import ANY_MEMBER, Verb


@reads(ANY_MEMBER)
def charter(request: TenantRequest) -> HttpResponse:
    """Show the version in force, or the one of `?version=`, with who signed it."""
    refuse_outsider(request)
    in_force = queries.version_in_force(request.today)
    shown = _asked_version(request) or in_force
    context: dict[str, object] = {
        "in_force": in_force,
        "shown": shown,
        "versions": queries.published_versions(),
        "draft": queries.draft() if request.actor.can(permissions.WRITE_CHARTER) else None,
        "can_write": request.actor.can(permissions.WRITE_CHARTER),
        "sees_compliance": request.actor.can(permissions.SEE_OPINIONS),
    }
    if shown is not None:
        articles = shown.as_articles()
        signing = queries.signing_of(shown)
        own = [one for one in signing.signers if one.membership_id == request.actor.membership_id]
        context |= {
            "articles": [words.read(one, request.tenant.currency) for one in articles],
            "is_whole": digest(shown.number, articles) == shown.digest,
            "signing": signing,
            "own": own[0] if own else None,
            "must_sign": bool(own and own[0].signed_at is None and shown == in_force),
        }
    return render(request, "credit/charter.html", context)


def refuse_outsider(request: TenantRequest) -> None:
    """Keep whoever works for us from outside away from the rules of the house."""
    if not set(request.actor.roles) - {queries.OUTSIDE}:
        raise PermissionDenied(ANY_MEMBER)


def _asked_version(request: TenantRequest) -> CharterVersion | None:
    asked = request.GET.get("version", "")
    if not asked:
        return None
    is_number = asked.isascii() and asked.isdigit() and len(asked) <= 4  # noqa: PLR2004  digits
    found = is_number and (
        CharterVersion.objects.filter(number=int(asked), is_draft=False)
        .prefetch_related("articles")
        .first()
    )
    if not found:
        raise Http404
    return found


@writes(ANY_MEMBER)
def sign(request: TenantRequest) -> HttpResponse:
    """Sign the version in force in one's own name."""
    signature = charter_signatures.sign(
        digest=request.POST.get("digest", ""),
        actor=request.actor,
        today=request.today,
        now=request.now,
    )
    messages.success(
        request,
        _("You signed version %(number)s of the charter.") % {"number": signature.version.number},
    )
    return redirect("charter")


@writes(permissions.WRITE_CHARTER, Verb.PROPOSE, Verb.APPROVE)
def remind(request: TenantRequest) -> HttpResponse:
    """Ask those who have not signed, by mail."""
    version = queries.version_in_force(request.today)
    if version is None:
        raise charter_drafts.NoCharterDraft(_("No charter is published yet: nobody has to sign."))
    asked = charter_signatures.remind_unsigned(
        version=version, actor=request.actor, today=request.today, now=request.now
    )
    if asked:
        sentence = ngettext(
            "%(number)s colleague is asked by mail.",
            "%(number)s colleagues are asked by mail.",
            asked,
        )
        messages.success(request, sentence % {"number": asked})
    else:
        messages.info(request, _("Everybody who has not signed was asked today already."))
    return redirect("charter")
