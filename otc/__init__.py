"""Wiring only: settings, URLs, the API root, Celery, roles and navigation."""
