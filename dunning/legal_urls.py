"""The routes of the legal pack and of agencies, in page order."""

from django.urls import URLPattern, path

from dunning.views import agency, legal, legal_customer, residuals

urlpatterns: list[URLPattern] = [
    path("agenda/<uuid:reminder_id>/notice", legal_customer.issue, name="issue_notice"),
    path("legal", legal.legal, name="legal"),
    path("legal/parameters", legal.parameters, name="legal_parameters"),
    path("legal/parameters/rate", legal.save_rate, name="save_half_year_rate"),
    path("legal/parameters/waivers", legal.save_waiver_limit, name="save_waiver_limit"),
    path("legal/parameters/mandate", legal.save_mandate, name="save_mandate"),
    path("legal/deadlines/<uuid:deadline_id>", legal.finish, name="finish_deadline"),
    path("legal/notices/<uuid:notice_id>.pdf", legal_customer.notice_pdf, name="formal_notice"),
    path("legal/files/<uuid:hand_over_id>", legal_customer.decide, name="decide_hand_over"),
    path("legal/files/<uuid:hand_over_id>/end", legal_customer.take_back, name="end_hand_over"),
    path("legal/files/<uuid:hand_over_id>/order", legal_customer.order, name="payment_order"),
    path("legal/files/<uuid:hand_over_id>/file.zip", legal_customer.download, name="file_zip"),
    path(
        "legal/customers/<uuid:customer_id>", legal_customer.customer_legal, name="customer_legal"
    ),
    path(
        "legal/customers/<uuid:customer_id>/compute",
        legal_customer.compute,
        name="compute_penalties",
    ),
    path(
        "legal/customers/<uuid:customer_id>/sheet.pdf", legal_customer.sheet, name="penalty_sheet"
    ),
    path(
        "legal/customers/<uuid:customer_id>/claims/<uuid:claim_id>",
        legal_customer.waive,
        name="waive_penalty",
    ),
    path(
        "legal/customers/<uuid:customer_id>/penalties",
        legal_customer.penalties,
        name="customer_penalties",
    ),
    path("legal/waivers/<uuid:waiver_id>", legal_customer.decide_waiver, name="decide_waiver"),
    path(
        "legal/waivers/<uuid:waiver_id>/back",
        legal_customer.withdraw_waiver,
        name="withdraw_waiver",
    ),
    path("legal/customers/<uuid:customer_id>/pay", legal_customer.pay, name="pay_penalties"),
    path("legal/customers/<uuid:customer_id>/file", legal_customer.propose, name="propose_file"),
    path(
        "legal/customers/<uuid:customer_id>/insolvency",
        legal_customer.declare_insolvency,
        name="declare_insolvency",
    ),
    path(
        "legal/customers/<uuid:customer_id>/insolvency/end",
        legal_customer.lift_insolvency,
        name="lift_insolvency",
    ),
    path(
        "legal/customers/<uuid:customer_id>/deadline", legal_customer.start, name="start_deadline"
    ),
    path(
        "legal/customers/<uuid:customer_id>/rate",
        legal_customer.save_contract_rate,
        name="save_contract_rate",
    ),
    path("write-offs", residuals.residuals, name="residuals"),
    path("write-offs/decide", residuals.decide, name="decide_residuals"),
    path("write-offs/export", residuals.export, name="export_residuals"),
    path("write-offs/<uuid:residual_id>/withdraw", residuals.withdraw, name="withdraw_residual"),
    path("write-offs/files/<uuid:export_id>.csv", residuals.download, name="residual_file"),
    path("agency", agency.agency_files, name="agency"),
    path("agency/<uuid:hand_over_id>", agency.agency_file, name="agency_file"),
    path("agency/<uuid:hand_over_id>/report", agency.agency_report, name="agency_report"),
    path("agency/<uuid:hand_over_id>/letter.pdf", agency.agency_letter, name="agency_letter"),
]
