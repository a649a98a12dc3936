"""The routes of dunning, in page order."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
