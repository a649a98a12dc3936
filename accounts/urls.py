"""The routes of accounts, in page order."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
