"""The routes of kpis, in page order."""

from django.urls import URLPattern, path

from kpis.views import customer, customers, home, indicators

urlpatterns: list[URLPattern] = [
    path("home", home.home, name="home"),
    path("kpi/<slug:slug>", indicators.indicator, name="indicator"),
    path("customers", customers.customers, name="customers"),
    path("customers/<uuid:customer_id>/statement", customer.statement, name="customer_statement"),
    path("customers/<uuid:customer_id>/note", customer.add_note, name="add_note"),
    path("customers/<uuid:customer_id>/contact", customer.save_contact, name="save_contact"),
    path("customers/<uuid:customer_id>/terms", customer.save_terms, name="save_terms"),
    path("customers/<uuid:customer_id>/owners", customer.save_owners, name="save_owners"),
    path("customers/<uuid:customer_id>/disputes", customer.contest, name="contest"),
    path(
        "customers/<uuid:customer_id>/disputes/<uuid:dispute_id>",
        customer.decide,
        name="decide_dispute",
    ),
    path("customers/<path:code>", customer.customer, name="customer"),
]
