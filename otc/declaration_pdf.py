"""A declaration to an insurer as a PDF. It stands here since only this package may import credit and the PDF engine."""

from uuid import UUID

from django.http import HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import override

from credit.models import InsurerPolicy
from credit.permissions import SEE_OPINIONS
from credit.views.insurance import seen_declaration
from dunning.documents.rendering import render_pdf
from kernel.downloads import download
from kernel.http import TenantRequest, reads
from kernel.money import Money


@reads(SEE_OPINIONS)
def declaration(request: TenantRequest, declaration_id: UUID) -> HttpResponse:
    """Return what an insurer was told, in the language in which its file was made, with that file's digest."""
    made = seen_declaration(request, declaration_id)
    rows = [
        (one, Money(one.open_amount, one.currency))
        for one in made.invoices.select_related("document", "customer")
    ]
    totals: dict[str, Money] = {}
    for _one, amount in rows:
        totals[amount.currency] = totals.get(amount.currency, Money.zero(amount.currency)) + amount
    policy = InsurerPolicy.objects.filter(
        number=made.policy_number, confirmed_by__isnull=False, confirmed_at__lte=made.made_at
    ).first()
    with override(made.language):
        html = render_to_string(
            "credit/declaration_pdf.html",
            {
                "made": made,
                "policy": policy,
                "rows": rows,
                "totals": list(totals.values()),
                "tenant_name": request.tenant.name,
                "language": made.language,
            },
        )
    return download(render_pdf(html), f"{made.number}.pdf")
