"""The routes of kpis, in page order."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
