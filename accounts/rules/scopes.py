"""The scope tree: group › country › entity › portfolio, each node named by its path."""

import re

LEVELS = ("group", "country", "entity", "portfolio")
_CODE = re.compile(r"[A-Z0-9][A-Z0-9_.-]{0,39}")
ROOT = "/"


def can_contain(parent_kind: str, kind: str) -> bool:
    """Return whether a node of `kind` may lie below one of `parent_kind`: a higher level.

    A shared service centre holds its portfolios directly below the group or a country (R16).
    """
    return LEVELS.index(parent_kind) < LEVELS.index(kind)


def is_code(text: str) -> bool:
    """Return whether `text` can name a node: capital letters, digits, `-`, `_` and `.`, 40 at most."""
    return _CODE.fullmatch(text) is not None


def path_below(parent_path: str, code: str) -> str:
    """Return the path of a node: `/FR/` and `ALO` give `/FR/ALO/`."""
    return f"{parent_path}{code}/"


def is_within(path: str, ancestor: str) -> bool:
    """Return whether `path` is `ancestor` or lies below it."""
    return path.startswith(ancestor)


def moved_path(path: str, *, from_path: str, to_path: str) -> str:
    """Return where a node at `path` lies once its ancestor (or itself) moved from `from_path` to `to_path`."""
    return to_path + path.removeprefix(from_path)
