"""What the templates of the customer's page look up."""

from collections.abc import Mapping
from uuid import UUID

from django import template

from portal.queries import PortalCopy, PortalLine

register = template.Library()


@register.filter
def copies_of(line: PortalLine, copies: Mapping[UUID, list[PortalCopy]]) -> list[PortalCopy]:
    """Return the copies of the document a line belongs to."""
    return copies.get(line.id, [])
