"""Every address of the application, in the order of the menus. A URL that is not here is refused."""

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path
from drf_spectacular.views import SpectacularJSONAPIView

from kernel.http import public
from otc import api_docs, charter_pdf, declaration_pdf, health, home, palette

handler400 = "otc.errors.bad_request"
handler403 = "otc.errors.permission_denied"
handler404 = "otc.errors.not_found"
handler500 = "otc.errors.server_error"

urlpatterns: list[URLPattern | URLResolver] = [
    path("", home.front_door, name="front_door"),
    path("", include("accounts.urls")),
    path("", include("kpis.urls")),
    path("", include("ledger.urls")),
    path("", include("credit.urls")),
    path("charter/<int:number>.pdf", charter_pdf.signed_charter, name="charter_pdf"),
    path(
        "insurance/declarations/<uuid:declaration_id>.pdf",
        declaration_pdf.declaration,
        name="insurance_declaration_pdf",
    ),
    path("", include("dunning.urls")),
    path("", include("portal.urls")),
    path("", include("integrations.urls")),
    path("palette", palette.search, name="palette"),
    path("api/v1/", include("otc.api")),
    path(
        "api/v1/schema/",
        public(SpectacularJSONAPIView.as_view(authentication_classes=[], permission_classes=[])),
        name="schema",
    ),
    path("api/v1/docs/", api_docs.show, name="api_docs"),
    path("healthz", health.live, name="healthz"),
    path("readyz", health.ready, name="readyz"),
    path("metrics", health.metrics, name="metrics"),
]

if settings.OTC_DEMO:
    urlpatterns += [path("", include("otc.mailbox"))]
if settings.OTC_DEMO or settings.DEBUG:
    urlpatterns += [path("", include("otc.styleguide"))]
