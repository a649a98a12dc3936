"""The routes of kpis, in page order."""

from django.urls import URLPattern, path

from kpis.views import home, indicators

urlpatterns: list[URLPattern] = [
    path("home", home.home, name="home"),
    path("kpi/<slug:slug>", indicators.indicator, name="indicator"),
]
