"""The routes of portal, in page order."""

from django.urls import URLPattern, path

from portal import clarity, stopping, views, votes

urlpatterns: list[URLPattern] = [
    path("r/<str:token>", views.page, name="portal"),
    path("r/<str:token>/statement.pdf", views.statement_as_pdf, name="portal_statement_pdf"),
    path("r/<str:token>/statement.xlsx", views.statement_as_sheet, name="portal_statement_sheet"),
    path("r/<str:token>/copies/<uuid:file_id>", views.invoice_copy, name="portal_copy"),
    path("stop/<str:token>", stopping.stop, name="stop_reminders"),
    path("v/<str:token>", votes.vote_by_link, name="vote_by_link"),
    path("clear/<str:token>", clarity.clarity, name="clarity"),
]
