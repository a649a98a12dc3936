"""The web application, for a WSGI server."""

import os

from django.core.wsgi import get_wsgi_application

from otc.celery import app as celery  # pages ring workers through the app that is current

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "otc.settings")

__all__ = ["application", "celery"]

application = get_wsgi_application()
