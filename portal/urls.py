"""The routes of portal, in page order."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
