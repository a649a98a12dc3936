"""How the bytes of an upload come in: counted while they arrive, on disk and never in memory, and none left behind."""

import errno
from collections.abc import Callable
from functools import wraps
from typing import Any, Final

from django.core.files.uploadhandler import SkipFile, TemporaryFileUploadHandler
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from kernel.errors import Refused
from kernel.http import AnyView, refusal
from ledger.imports.gate import MOST_BYTES
from ledger.imports.messages import FileRefused
from ledger.services.batches import StorageFull

REST_OF_FORM: Final = 1_000_000  # bytes: the other fields and the boundaries of the form
FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class CountedFileHandler(TemporaryFileUploadHandler):
    """Lets a file onto the disk up to the limit; what stops it is left on the request as `upload_problem`."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Open the temporary file."""
        self._on_disk(lambda: super(CountedFileHandler, self).new_file(*args, **kwargs))

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Take a piece of the file, unless it is one too many or the disk is full."""
        size = start + len(raw_data)
        if size > MOST_BYTES:
            self._stop(too_large(self.file_name or "", size))
        self._on_disk(lambda: super(CountedFileHandler, self).receive_data_chunk(raw_data, start))

    def _on_disk(self, work: Callable[[], object]) -> None:
        try:
            work()
        except OSError as error:
            if error.errno not in FULL:
                raise
            self._stop(StorageFull(self.file_name or ""))

    def _stop(self, problem: Refused) -> None:
        if hasattr(self, "file"):
            self.file.close()  # which removes it
        self.request.upload_problem = problem  # type: ignore[union-attr]
        raise SkipFile


def too_large(name: str, size: int) -> FileRefused:
    """Return the refusal of a file of `size` bytes."""
    return FileRefused("file_too_large", name=name, bytes=size, limit=MOST_BYTES)


def announced_too_large(request: HttpRequest) -> FileRefused | None:
    """Return the refusal of a request that says beforehand that it is too long; its body is not read."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    size = int(length) if length.isdigit() else 0
    return too_large(_("The file"), size) if size > MOST_BYTES + REST_OF_FORM else None


def upload_problem(request: HttpRequest) -> Refused | None:
    """Return what stopped the upload while it came in, if anything did."""
    problem: Refused | None = getattr(request, "upload_problem", None)
    return problem


def takes_upload(view: AnyView) -> AnyView:
    """Let a guarded view take a file: its body is read before its transaction opens, by the counting handler.

    The check against forged requests reads the form, so it runs here, after the handler is in place; who may not
    open the view is answered before a byte of the body is read.
    """
    protected = csrf_protect(view)

    @csrf_exempt
    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method != "POST" or not _may_open(request, view):
            return view(request, *args, **kwargs)
        announced = announced_too_large(request)
        if announced is not None:
            return refusal(request, announced)
        request.upload_handlers = [CountedFileHandler(request)]
        return protected(request, *args, **kwargs)

    return wrapped


def _may_open(request: HttpRequest, view: AnyView) -> bool:
    actor = getattr(request, "actor", None)
    return actor is not None and actor.can(
        view.permission,  # type: ignore[attr-defined]
        *view.verbs,  # type: ignore[attr-defined]
    )
