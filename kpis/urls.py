"""The routes of kpis, in page order."""

from django.urls import URLPattern, path

from kpis.views import (
    customer,
    customer_changes,
    customer_pauses,
    customer_promises,
    customers,
    home,
    indicators,
)

urlpatterns: list[URLPattern] = [
    path("home", home.home, name="home"),
    path("kpi/<slug:slug>", indicators.indicator, name="indicator"),
    path("customers", customers.customers, name="customers"),
    path("customers/<uuid:customer_id>/statement", customer.statement, name="customer_statement"),
    path("customers/<uuid:customer_id>/note", customer_changes.add_note, name="add_note"),
    path(
        "customers/<uuid:customer_id>/contact", customer_changes.save_contact, name="save_contact"
    ),
    path("customers/<uuid:customer_id>/terms", customer_changes.save_terms, name="save_terms"),
    path("customers/<uuid:customer_id>/owners", customer_changes.save_owners, name="save_owners"),
    path(
        "customers/<uuid:customer_id>/classification",
        customer_changes.save_classification,
        name="save_classification",
    ),
    path(
        "customers/<uuid:customer_id>/scenario",
        customer_changes.choose_scenario,
        name="choose_scenario",
    ),
    path(
        "customers/<uuid:customer_id>/scenario/leave",
        customer_changes.leave_scenario,
        name="leave_scenario",
    ),
    path(
        "customers/<uuid:customer_id>/items/scenario",
        customer_changes.choose_line_scenario,
        name="choose_line_scenario",
    ),
    path(
        "customers/<uuid:customer_id>/items/scenario/<uuid:override_id>/leave",
        customer_changes.leave_line_scenario,
        name="leave_line_scenario",
    ),
    path("customers/<uuid:customer_id>/disputes", customer_changes.contest, name="contest"),
    path(
        "customers/<uuid:customer_id>/disputes/<uuid:dispute_id>",
        customer_changes.decide,
        name="decide_dispute",
    ),
    path("customers/<uuid:customer_id>/pause", customer_pauses.pause, name="pause_customer"),
    path(
        "customers/<uuid:customer_id>/pause/<uuid:pause_id>/end",
        customer_pauses.end,
        name="end_pause",
    ),
    path("customers/<uuid:customer_id>/promises", customer_promises.promise, name="record_promise"),
    path(
        "customers/<uuid:customer_id>/promises/<uuid:promise_id>/withdraw",
        customer_promises.withdraw,
        name="withdraw_promise",
    ),
    path(
        "customers/<uuid:customer_id>/promises/<uuid:promise_id>/rule",
        customer_promises.rule,
        name="rule_promise",
    ),
    path("customers/<uuid:customer_id>/plans", customer_promises.propose, name="propose_plan"),
    path(
        "customers/<uuid:customer_id>/plans/<uuid:plan_id>/rule",
        customer_promises.decide,
        name="rule_plan",
    ),
    path(
        "customers/<uuid:customer_id>/plans/<uuid:plan_id>/call-off",
        customer_promises.call_off,
        name="call_off_plan",
    ),
    path("customers/<path:code>", customer.customer, name="customer"),
]
