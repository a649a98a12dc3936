"""Liquid with limits: what a tenant writes can read the published fields and do nothing else.

The context is a plain dict of strings, so there is no object to climb from. Everything that multiplies
work or text is bounded or absent: loops, output, variables, nesting, time, and the filters that grow a
string. Source: RELIABILITY D12; the attacks are in `tests/dunning/messages/test_attacks.py`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from functools import lru_cache, wraps
from typing import Any, ClassVar, TextIO

from django.utils.translation import gettext as _
from liquid import BoundTemplate, Environment, RenderContext, StrictUndefined, TokenStream
from liquid.ast import BlockNode, Node
from liquid.builtin.tags.for_tag import ForLoop, ForNode, ForTag
from liquid.builtin.tags.tablerow_tag import TableRow
from liquid.exceptions import LiquidError, LoopIterationLimitError, ResourceLimitError

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


class _TimedForTag(ForTag):
    def parse(self, stream: TokenStream) -> Node:
        node = super().parse(stream)
        if isinstance(node, ForNode):
            node.block = _TimedBlock(node.block.token, node.block.nodes)
        return node


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


def fields_used(source: str) -> set[str]:
    """Return the dotted paths `source` reads from the context, without the names it sets itself."""
    found = parsed(source).analyze(include_partials=False).globals
    return {_dotted(variable.segments) for places in found.values() for variable in places}


def filters_used(source: str) -> set[str]:
    """Return the filters `source` names, also those of branches that a sample does not reach."""
    return set(parsed(source).analyze(include_partials=False).filters)


def known_filters() -> frozenset[str]:
    return _FILTERS


def _dotted(segments: list[Any]) -> str:
    """Return a path without its indexes: `items[0].number` reads `items.number`."""
    return ".".join(segment for segment in segments if isinstance(segment, str))


def _refusal(fault: Exception) -> TemplateRefused:
    token = getattr(fault, "token", None)
    source = getattr(token, "source", "") or ""
    line = source[: getattr(token, "start_index", 0) or 0].count("\n") + 1 if source else None
    reason = str(getattr(fault, "message", "") or fault).strip().rstrip(".")
    return TemplateRefused(
        _("Line %(line)s of the text cannot be used: %(reason)s. Use the published fields only.")
        % {"line": line or 1, "reason": reason},
        line=line,
        reason=reason,
    )
