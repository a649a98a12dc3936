"""The routes of what sales add to a customer's page, in page order."""

from django.urls import URLPattern, path

from credit.views import relations

urlpatterns: list[URLPattern] = [
    path("relations/margins", relations.margins, name="margins"),
    path("relations/<uuid:customer_id>/visit", relations.visit, name="note_visit"),
    path("relations/<uuid:customer_id>/margin", relations.margin, name="enter_margin"),
    path("relations/comments/<uuid:entry_id>", relations.comment, name="sensitive_comment"),
]
