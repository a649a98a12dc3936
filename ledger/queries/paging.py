"""One page of a list, cut in SQL, with what its pager shows."""

from dataclasses import dataclass
from typing import Generic, TypeVar

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """A page of rows: `number` counts from 1, `count` is every row of the filter."""

    rows: list[Row]
    number: int
    size: int
    count: int

    @property
    def pages(self) -> int:
        """Return how many pages there are, at least one."""
        return max(1, -(-self.count // self.size))

    @property
    def first(self) -> int:
        """Return the rank of the first row shown, from 1; 0 when there is none."""
        return (self.number - 1) * self.size + 1 if self.rows else 0

    @property
    def last(self) -> int:
        """Return the rank of the last row shown."""
        return self.first + len(self.rows) - 1 if self.rows else 0

    @property
    def has_previous(self) -> bool:
        """Return whether there is a page before this one."""
        return self.number > 1

    @property
    def has_next(self) -> bool:
        """Return whether there is a page after this one."""
        return self.number < self.pages

    @property
    def previous_number(self) -> int:
        """Return the number of the page before."""
        return self.number - 1

    @property
    def next_number(self) -> int:
        """Return the number of the page after."""
        return self.number + 1


def bounds(asked: int, size: int, count: int) -> tuple[int, slice]:
    """Return the page that is shown for the one asked, the nearest that exists, and the rows it holds."""
    pages = max(1, -(-count // size))
    number = min(max(1, asked), pages)
    return number, slice((number - 1) * size, number * size)
