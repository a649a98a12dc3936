"""The routes of the ledger, in page order."""

from django.urls import URLPattern, path

from ledger.views import items, saved

urlpatterns: list[URLPattern] = [
    path("items", items.items, name="items"),
    path("items/<uuid:document_id>", items.item, name="item"),
    path("views/<slug:page>", saved.save, name="save_view"),
]
