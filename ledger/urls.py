"""The routes of the ledger, in page order."""

from django.urls import URLPattern, path

from ledger.views import document_files, imports, items, saved

urlpatterns: list[URLPattern] = [
    path("items", items.items, name="items"),
    path("items/files", document_files.many, name="document_files"),
    path("items/files/<uuid:file_id>", document_files.hand_out, name="document_file"),
    path("items/files/<uuid:file_id>/remove", document_files.remove, name="remove_document_file"),
    path("items/<uuid:document_id>", items.item, name="item"),
    path("items/<uuid:document_id>/files", document_files.add, name="add_document_file"),
    path("imports", imports.imports, name="imports"),
    path("imports/<uuid:batch_id>", imports.import_page, name="import"),
    path("imports/<uuid:batch_id>/columns", imports.import_columns, name="import_columns"),
    path("imports/<uuid:batch_id>/progress", imports.import_progress, name="import_progress"),
    path("imports/<uuid:batch_id>/apply", imports.import_apply, name="import_apply"),
    path("imports/<uuid:batch_id>/undo", imports.import_undo, name="import_undo"),
    path("imports/<uuid:batch_id>/drop", imports.import_drop, name="import_drop"),
    path("imports/<uuid:batch_id>/rejected.csv", imports.import_rejected, name="import_rejected"),
    path("views/<slug:page>", saved.save, name="save_view"),
]
