"""The routes of credit, one module for each thing."""

from django.urls import URLPattern

from credit import (
    charter_urls,
    committee_urls,
    exposure_urls,
    insurance_urls,
    relation_urls,
    request_urls,
    score_urls,
    training_urls,
)

urlpatterns: list[URLPattern] = [
    *charter_urls.urlpatterns,
    *request_urls.urlpatterns,
    *exposure_urls.urlpatterns,
    *insurance_urls.urlpatterns,
    *committee_urls.urlpatterns,
    *training_urls.urlpatterns,
    *relation_urls.urlpatterns,
    *score_urls.urlpatterns,
]
