"""The routes of exposure and holds, in page order."""

from django.urls import URLPattern, path

from credit.views import exposure, holds, secured

urlpatterns: list[URLPattern] = [
    path("credit/limits", exposure.limits, name="credit_limits"),
    path("credit/ahead", exposure.ahead, name="credit_ahead"),
    path("credit/holds", holds.holds, name="credit_holds"),
    path("credit/holds/place/<uuid:customer_id>", holds.place, name="place_hold"),
    path("credit/holds/<uuid:hold_id>/confirm", holds.confirm, name="confirm_hold"),
    path("credit/holds/<uuid:hold_id>/release", holds.ask, name="ask_release"),
    path("credit/releases/<uuid:release_id>", holds.decide, name="decide_release"),
    path(
        "credit/guarantees/<uuid:guarantee_id>/accept",
        holds.accept_guarantee,
        name="accept_guarantee",
    ),
    path(
        "credit/guarantees/<uuid:guarantee_id>/release",
        secured.release_guarantee,
        name="release_guarantee",
    ),
    path("credit/guarantees/of/<path:code>", secured.guarantees, name="guarantees"),
    path("credit/groups/<uuid:group_id>", secured.group, name="credit_group"),
    path(
        "credit/group-limits/<uuid:limit_id>/grant",
        secured.grant_group_limit,
        name="grant_group_limit",
    ),
    path("credit/order-checks", secured.order_checks, name="order_checks"),
    path(
        "credit/order-checks/<uuid:policy_id>/approve",
        secured.approve_order_checks,
        name="approve_order_checks",
    ),
]
