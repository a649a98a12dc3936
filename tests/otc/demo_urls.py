"""The application's addresses with those of the demo, whatever the environment of the tests says."""

from django.urls import include, path

from otc.urls import handler400, handler403, handler404, handler500
from otc.urls import urlpatterns as of_the_application

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]

urlpatterns = [*of_the_application, path("", include("otc.mailbox"))]
