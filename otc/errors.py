"""Pages for what went wrong: each says what happened and the way out."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from kernel.http import mark_refused


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001
    """Show that the request could not be read."""
    mark_refused(request)
    return render(request, "400.html", status=400)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001
    """Show that the actor's roles do not allow this page."""
    mark_refused(request)
    return render(request, "403.html", status=403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001
    """Show that there is nothing here: the same words whether it never existed or belongs to somebody else."""
    mark_refused(request)
    return render(request, "404.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Show that we failed, without touching anything that may have failed with us."""
    return render(request, "500.html", status=500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001
    """Show that the form was too old, and how to send it again."""
    mark_refused(request)
    return render(request, "403_csrf.html", status=403)
