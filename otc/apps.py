"""What is collected as static files: ours and allauth's, not what libraries bring for pages nobody is served."""

from django.contrib.staticfiles.apps import StaticFilesConfig


class StaticFiles(StaticFilesConfig):
    """Django's application for static files, less what no page of ours loads."""

    ignore_patterns = [
        *StaticFilesConfig.ignore_patterns,
        "rest_framework",
        "django_htmx",
    ]
