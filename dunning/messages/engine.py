"""Liquid with limits: what a tenant writes can read the published fields and do nothing else.

The context is a plain dict of strings, so there is no object to climb from. Everything that multiplies
work or text is bounded or absent: loops, output, variables, nesting, time, and the filters that grow a
string. Source: RELIABILITY D12; the attacks are in `tests/dunning/messages/test_attacks.py`.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache, wraps
from typing import Any, ClassVar, TextIO

from django.utils.translation import gettext as _
from liquid import BoundTemplate, Environment, RenderContext, StrictUndefined, TokenStream
from liquid.ast import BlockNode, Node
from liquid.builtin.tags.for_tag import ForLoop, ForNode, ForTag
from liquid.builtin.tags.tablerow_tag import TableRow
from liquid.exceptions import (
    LiquidError,
    LoopIterationLimitError,
    OutputStreamLimitError,
    ResourceLimitError,
)

from kernel.errors import Refused

LOOP_ITERATIONS = 10_000
OUTPUT_BYTES = 200_000
VARIABLE_BYTES = 200_000
DEPTH = 10
SECONDS = 1.0
SOURCE_LENGTH = 50_000

Fields = Mapping[str, Any]

_TAGS = frozenset(
    {"assign", "break", "capture", "case", "comment", "continue", "echo", "for", "if", "unless"},
)
# Filters that read or trim. Those that repeat or glue text (append, replace, times, join of a split)
# let one line of template build gigabytes, and no message needs them: values come formatted.
_FILTERS = frozenset(
    {"capitalize", "default", "downcase", "escape", "first", "last", "size", "strip", "truncate"}
    | {"upcase"},
)


_LOOP_OVER_LINES = re.compile(r"{%-?\s*for\s+(\w+)\s+in\s+items\b")
_UNEXPECTED_TAG = re.compile(r"unexpected tag '(\w+)'")


class TemplateRefused(Refused):
    """A message template cannot be used; the sentence says where and what is expected."""

    code = "template_refused"


class _TimeLimitError(ResourceLimitError):
    """The render took longer than a template may."""


class _LimitedContext(RenderContext):
    """A render that counts every loop of the template together and watches its time."""

    __slots__ = ("deadline", "iterations")

    def __init__(self, template: BoundTemplate, **options: Any) -> None:
        super().__init__(template, **options)
        self.deadline = time.monotonic() + SECONDS
        self.iterations = 0

    def check_time(self) -> None:
        if time.monotonic() > self.deadline:
            raise _TimeLimitError(f"rendering took more than {SECONDS:g} s", token=None)

    def loop(self, namespace: Mapping[str, object], forloop: ForLoop | TableRow) -> Any:  # noqa: ANN401
        """Enter a loop, counting its rounds with those of every other, nested or not."""
        self.iterations += forloop.length
        if self.iterations > LOOP_ITERATIONS:
            raise LoopIterationLimitError(f"more than {LOOP_ITERATIONS} loop rounds", token=None)
        return super().loop(namespace, forloop)

    def filter(self, name: str, token: Any) -> Callable[..., object]:  # noqa: ANN401
        self.check_time()
        return super().filter(name, token)


class _TimedBlock(BlockNode):
    """The body of a loop; each round looks at the clock, even one that prints nothing."""

    __slots__ = ()

    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        if isinstance(context, _LimitedContext):
            context.check_time()
        return super().render_to_output(context, buffer)


class _PlacedForNode(ForNode):
    """A loop that says where it stands when it goes past a limit."""

    __slots__ = ()

    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        try:
            return super().render_to_output(context, buffer)
        except ResourceLimitError as fault:
            fault.token = fault.token or self.token
            raise


class _TimedForTag(ForTag):
    def parse(self, stream: TokenStream) -> Node:
        node = super().parse(stream)
        if not isinstance(node, ForNode):
            return node
        block = _TimedBlock(node.block.token, node.block.nodes)
        return _PlacedForNode(node.token, node.expression, block, node.default)


class _LimitedTemplate(BoundTemplate):
    context_class = _LimitedContext


class _LimitedEnvironment(Environment):
    block_nesting_limit: ClassVar[int] = DEPTH
    context_depth_limit: ClassVar[int] = DEPTH
    loop_iteration_limit: ClassVar[int | None] = LOOP_ITERATIONS
    local_namespace_limit: ClassVar[int | None] = VARIABLE_BYTES
    output_stream_limit: ClassVar[int | None] = OUTPUT_BYTES
    template_class = _LimitedTemplate

    def setup_tags_and_filters(self, *, extra: bool = False) -> None:
        """Register what a message needs and nothing that reads files or multiplies text."""
        super().setup_tags_and_filters(extra=extra)
        self.add_tag(_TimedForTag)
        # Output, literal and illegal are pseudo tags of the engine itself, in no user's vocabulary.
        engine_own = {"#", "content", "illegal", "output"}
        self.tags = {
            name: tag
            for name, tag in self.tags.items()
            if name in _TAGS or name.lower() in engine_own
        }
        self.filters = {name: _bounded(self.filters[name]) for name in sorted(_FILTERS)}


def _bounded(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the filter, refusing to hand on a text longer than a message may be."""

    @wraps(function)
    def bounded(*args: object, **options: object) -> object:
        result = function(*args, **options)
        if isinstance(result, str) and len(result) > OUTPUT_BYTES:
            raise ResourceLimitError(f"a text of more than {OUTPUT_BYTES} characters", token=None)
        return result

    return bounded


@lru_cache(maxsize=2)
def _environment(*, autoescape: bool) -> _LimitedEnvironment:
    return _LimitedEnvironment(autoescape=autoescape, undefined=StrictUndefined)


@lru_cache(maxsize=256)
def parsed(source: str, *, autoescape: bool = True) -> BoundTemplate:
    """Return the template of `source`; raises TemplateRefused where it is no Liquid we allow."""
    if len(source) > SOURCE_LENGTH:
        raise TemplateRefused(
            _("The text has %(length)s characters; %(limit)s is the most. Shorten it.")
            % {"length": len(source), "limit": SOURCE_LENGTH},
            length=len(source),
            limit=SOURCE_LENGTH,
        )
    try:
        return _environment(autoescape=autoescape).from_string(source)
    except (LiquidError, RecursionError) as fault:
        raise _refusal(fault) from fault


def rendered(source: str, fields: Fields, *, autoescape: bool = True) -> str:
    """Return `source` filled with `fields`; raises TemplateRefused past a limit or at a gap."""
    template = parsed(source, autoescape=autoescape)
    try:
        return str(template.render(fields))
    except (LiquidError, RecursionError) as fault:
        raise _refusal(fault) from fault


def fields_used(source: str) -> dict[str, int]:
    """Return the dotted paths `source` reads from the context, each with the line it stands on first.

    The names it sets itself are not among them, but what it reads of a line in a loop over `items` is.
    """
    found = parsed(source).analyze(include_partials=False)
    loops = set(_LOOP_OVER_LINES.findall(source))
    places = [
        (variable.span.index, _dotted(variable.segments))
        for variables in found.globals.values()
        for variable in variables
    ]
    places += [
        (variable.span.index, _dotted(["items", *variable.segments[1:]]))
        for name, variables in found.variables.items()
        for variable in variables
        if name in loops and len(variable.segments) > 1
    ]
    return _first_lines(source, places)


def filters_used(source: str) -> dict[str, int]:
    """Return the filters `source` names with their lines, also those of branches that a sample does not reach."""
    found = parsed(source).analyze(include_partials=False).filters
    return _first_lines(
        source, [(span.index, name) for name, spans in found.items() for span in spans]
    )


def _first_lines(source: str, places: Iterable[tuple[int, str]]) -> dict[str, int]:
    lines: dict[str, int] = {}
    for index, name in sorted(places):
        lines.setdefault(name, _line_at(source, index))
    return lines


def _line_at(source: str, index: int) -> int:
    return source.count("\n", 0, max(index, 0)) + 1


def known_filters() -> frozenset[str]:
    return _FILTERS


def _dotted(segments: list[Any]) -> str:
    """Return a path without its indexes: `items[0].number` reads `items.number`."""
    return ".".join(segment for segment in segments if isinstance(segment, str))


def _refusal(fault: Exception) -> TemplateRefused:
    token = getattr(fault, "token", None)
    source = getattr(token, "source", "") or ""
    line = _line_at(source, getattr(token, "start_index", 0) or 0) if source else None
    reason = _reason(fault)
    sentence = (
        _("Line %(line)s of the text cannot be used: %(reason)s. Use the published fields only.")
        if line
        else _("The text cannot be used: %(reason)s. Use the published fields only.")
    )
    return TemplateRefused(sentence % {"line": line, "reason": reason}, line=line, reason=reason)


def _reason(fault: Exception) -> str:
    """Return what is wrong, in our words where the engine's own would not help an author."""
    said = str(getattr(fault, "message", "") or fault).strip().rstrip(".")
    if found := _UNEXPECTED_TAG.search(said):
        return _("there is no command named %(name)s; these can be used: %(known)s") % {
            "name": found.group(1),
            "known": ", ".join(sorted(_TAGS)),
        }
    if isinstance(fault, _TimeLimitError):
        return _("filling it in takes more than %(seconds)s s") % {"seconds": f"{SECONDS:g}"}
    if isinstance(fault, LoopIterationLimitError):
        return _("its loops run more than %(limit)s rounds together") % {"limit": LOOP_ITERATIONS}
    if isinstance(fault, OutputStreamLimitError):
        return _("it grows past %(limit)s bytes") % {"limit": OUTPUT_BYTES}
    return said
