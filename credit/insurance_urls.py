"""The routes of insurance and of information about companies, in page order."""

from django.urls import URLPattern, path

from credit.views import connectors, insurance

urlpatterns: list[URLPattern] = [
    path("insurance", insurance.insurance, name="insurance"),
    path("insurance/policies/new", insurance.new_policy, name="new_insurance_policy"),
    path(
        "insurance/policies/<uuid:policy_id>/confirm",
        insurance.confirm,
        name="confirm_insurance_policy",
    ),
    path("insurance/policies/<uuid:policy_id>/drop", insurance.drop, name="drop_insurance_policy"),
    path("insurance/files", insurance.receive, name="receive_covers"),
    path("insurance/files/<uuid:cover_import_id>", insurance.cover_import, name="cover_import"),
    path(
        "insurance/files/<uuid:cover_import_id>/columns",
        insurance.columns,
        name="name_cover_columns",
    ),
    path("insurance/files/<uuid:cover_import_id>/apply", insurance.apply, name="apply_covers"),
    path("insurance/files/<uuid:cover_import_id>/undo", insurance.undo, name="undo_covers"),
    path("insurance/declarations", insurance.declarations, name="insurance_declarations"),
    path(
        "insurance/declarations/make", insurance.make_declaration, name="make_insurance_declaration"
    ),
    path(
        "insurance/declarations/<uuid:declaration_id>.csv",
        insurance.declaration_csv,
        name="insurance_declaration_csv",
    ),
    path("connectors", connectors.connectors, name="connectors"),
    path("connectors/files", connectors.take_in, name="take_in_public_file"),
    path("connectors/<slug:source>", connectors.save_source, name="save_information_source"),
    path("connectors/<slug:source>/look-up", connectors.look_up, name="look_up_company"),
    path("companies/<str:siren>", connectors.company, name="company"),
]
