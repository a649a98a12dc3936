"""The addresses that outside systems call."""

from django.urls import URLPattern, path

from integrations.mailgun import views as mailgun
from integrations.sinch import views as sinch

urlpatterns: list[URLPattern] = [
    path("hooks/mailgun/events", mailgun.events, name="mailgun_events"),
    # A raw message is posted only to an address that ends with "mime".
    path("hooks/mailgun/inbound/mime", mailgun.inbound, name="mailgun_inbound"),
    path("hooks/sinch/reports", sinch.reports, name="sinch_reports"),
]
