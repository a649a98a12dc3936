"""Words of accounts in templates: `{% load accounts %}`."""

from django import template
from django.utils.translation import gettext as _

from accounts import permissions
from accounts.ports import role_label
from kernel.permissions import Actor, Reach

register = template.Library()


@register.filter
def role_name(role: str) -> str:
    return role_label(role)


@register.filter
def reach_name(reach: str) -> str:
    names = {
        Reach.ALL: _("all customers there"),
        Reach.TEAM: _("own and team's customers"),
        Reach.OWN: _("own customers"),
    }
    return names[Reach(reach)]


@register.filter
def may_read_audit(actor: Actor) -> bool:
    return actor.can(permissions.READ_AUDIT)


@register.filter
def steps(depth: int) -> range:
    """Return something to loop over `depth` times."""
    return range(depth)
