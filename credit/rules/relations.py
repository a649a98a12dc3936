"""Which entries of a customer's history are of the sales half, whoever wrote them."""

VISIT, SENSITIVE = "credit.visit", "credit.sensitive_comment"
OF_SALES = (
    VISIT,
    SENSITIVE,
    "credit.request_submitted",
    "credit.account_opened",
    "credit.ask_release",
    "credit.ask_release_order",
    "credit.withdraw_release",
    "credit.withdraw_release_order",
)
