"""The routes of ledger, in page order."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
