"""Documents for customers: the statement of account and the formal notice, as PDF or spreadsheet.

`view` formats a message's facts once, `labels` holds the fixed words of each language, `statement` and
`notice` lay them out, `rendering` makes the PDF in a process of its own. Nothing is ever fetched.
"""

from ctypes.util import find_library

from django.utils.translation import gettext as _

_LIBRARIES = ("pango-1.0", "pangoft2-1.0")


def engine_problem() -> str:
    """Return why PDF is off on this machine, empty when it works; loads nothing."""
    missing = [name for name in _LIBRARIES if find_library(name) is None]
    if not missing:
        return ""
    return _(
        "PDF is off: %(libraries)s not found. Install libpango-1.0-0 and libpangoft2-1.0-0."
    ) % {
        "libraries": ", ".join(missing),
    }
