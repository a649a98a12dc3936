"""What Django does at the start of every process: the broker is named, static files are chosen."""

from django.apps import AppConfig
from django.contrib.staticfiles.apps import StaticFilesConfig


class Wiring(AppConfig):
    """The application that joins the others."""

    name = "otc"
    default = True

    def ready(self) -> None:
        """Make our Celery application the current one: pages, commands and tests ring workers through it."""
        import otc.celery  # noqa: F401


class StaticFiles(StaticFilesConfig):
    """Django's application for static files, less what no page of ours loads."""

    ignore_patterns = [
        *StaticFilesConfig.ignore_patterns,
        "rest_framework",
        "django_htmx",
    ]
