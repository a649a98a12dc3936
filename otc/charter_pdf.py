"""The signed charter as a PDF. It stands here since only this package may import both credit and the PDF engine."""

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string

from credit import charter_words
from credit.models import CharterVersion
from credit.queries.charter import signing_of
from credit.views.charter import refuse_outsider
from dunning.documents.rendering import render_pdf
from kernel.http import TenantRequest, reads
from kernel.permissions import ANY_MEMBER


@reads(ANY_MEMBER)
def signed_charter(request: TenantRequest, number: int) -> HttpResponse:
    """Return a published version with its articles in the reader's language, its digest and who signed it when."""
    refuse_outsider(request)
    if number > 32767:  # noqa: PLR2004  what the column holds
        raise Http404
    version = get_object_or_404(
        CharterVersion.objects.select_related("published_by").prefetch_related("articles"),
        number=number,
        is_draft=False,
    )
    html = render_to_string(
        "credit/charter_pdf.html",
        {
            "version": version,
            "tenant_name": request.tenant.name,
            "language": charter_words.language(),
            "articles": [
                charter_words.read(article, request.tenant.currency)
                for article in version.as_articles()
            ],
            "signing": signing_of(version),
            "today": request.today,
        },
    )
    answer = HttpResponse(render_pdf(html), content_type="application/pdf")
    answer.headers["Content-Disposition"] = f'attachment; filename="charter-{number}.pdf"'
    return answer
