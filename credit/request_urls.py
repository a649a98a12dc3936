"""The routes of requests, circuits and authority, in page order."""

from django.urls import URLPattern, path

from credit.views import authority, circuits, dossier, request, requests

urlpatterns: list[URLPattern] = [
    path("credit/requests", requests.requests, name="credit_requests"),
    path("credit/requests/new", requests.new, name="new_credit_request"),
    path("credit/requests/quote", requests.quote, name="quote_charter"),
    path("credit/requests/raise/<path:code>", requests.raise_for_a_while, name="raise_limit"),
    path("credit/requests/<slug:number>", request.page, name="credit_request"),
    path("credit/requests/<slug:number>/change", requests.change, name="change_request"),
    path("credit/requests/<slug:number>/send", request.send, name="send_request"),
    path(
        "credit/requests/<slug:number>/steps/<int:position>",
        request.end_step,
        name="end_request_step",
    ),
    path(
        "credit/requests/<slug:number>/steps/<int:position>/reroute",
        request.reroute,
        name="reroute_step",
    ),
    path("credit/requests/<slug:number>/dossier.pdf", dossier.dossier, name="request_dossier"),
    path("credit/requests/<slug:number>/undo", request.undo_request, name="undo_request"),
    path("credit/requests/<slug:number>/say", request.say, name="say_in_request"),
    path("credit/requests/<slug:number>/withdraw", request.withdraw, name="withdraw_request"),
    path("credit/requests/<slug:number>/continue", request.go_on, name="continue_request"),
    path("credit/requests/<slug:number>/files", request.add_paper, name="add_request_file"),
    path("credit/requests/<slug:number>/files/<uuid:file_id>", request.paper, name="request_file"),
    path(
        "credit/requests/<slug:number>/exports/<uuid:export_id>",
        request.export,
        name="request_export",
    ),
    path("credit/circuits", circuits.circuits, name="circuits"),
    path("credit/circuits/install", circuits.install, name="install_circuits"),
    path("credit/circuits/new", circuits.new, name="new_circuit"),
    path("credit/circuits/<slug:code>", circuits.circuit, name="circuit"),
    path("credit/circuits/<slug:code>/draft", circuits.open_draft, name="open_circuit_draft"),
    path("credit/circuits/<slug:code>/steps", circuits.write_step, name="write_circuit_step"),
    path(
        "credit/circuits/<slug:code>/steps/<int:position>/delete",
        circuits.remove_step,
        name="remove_circuit_step",
    ),
    path(
        "credit/circuits/<slug:code>/steps/<int:position>/move",
        circuits.move_step,
        name="move_circuit_step",
    ),
    path(
        "credit/circuits/<slug:code>/standing",
        circuits.propose_standing,
        name="propose_circuit_standing",
    ),
    path("credit/circuits/<slug:code>/discard", circuits.discard, name="discard_circuit_draft"),
    path("credit/circuits/<slug:code>/publish", circuits.publish, name="publish_circuit"),
    path("credit/authority", authority.authority, name="credit_authority"),
    path("credit/authority/ceilings", authority.set_ceiling, name="set_ceiling"),
    path(
        "credit/authority/ceilings/<uuid:ceiling_id>/remove",
        authority.remove_ceiling,
        name="remove_ceiling",
    ),
    path("credit/authority/delegations", authority.delegate, name="delegate"),
    path(
        "credit/authority/delegations/<uuid:delegation_id>/revoke",
        authority.revoke,
        name="revoke_delegation",
    ),
    path("credit/authority/countries", authority.tag_country, name="tag_country"),
    path(
        "credit/authority/countries/<uuid:tag_id>/remove",
        authority.untag_country,
        name="untag_country",
    ),
    path("credit/authority/settings", authority.save_settings, name="save_credit_settings"),
]
