"""The routes of the charter, in page order."""

from django.urls import URLPattern, path

from credit.views import charter, charter_draft, charter_reports

urlpatterns: list[URLPattern] = [
    path("charter", charter.charter, name="charter"),
    path("charter/sign", charter.sign, name="charter_sign"),
    path("charter/remind", charter.remind, name="charter_remind"),
    path("charter/draft", charter_draft.editor, name="charter_draft"),
    path("charter/draft/open", charter_draft.open_draft, name="charter_open"),
    path("charter/draft/article", charter_draft.write, name="charter_write"),
    path("charter/draft/<int:number>/remove", charter_draft.remove, name="charter_remove"),
    path("charter/draft/discard", charter_draft.discard, name="charter_discard"),
    path("charter/draft/changes", charter_draft.compare, name="charter_changes"),
    path("charter/draft/publish", charter_draft.publish, name="charter_publish"),
    path("charter/compliance", charter_reports.charter_compliance, name="charter_compliance"),
    path("charter/back-test", charter_reports.charter_back_test, name="charter_back_test"),
]
