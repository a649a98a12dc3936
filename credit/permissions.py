"""What may be allowed in credit."""

SEE_OPINIONS = "credit.see_opinions"
PROPOSE_LIMIT = "credit.propose_limit"
APPROVE_LIMIT = "credit.approve_limit"
PUT_ON_HOLD = "credit.put_on_hold"
RELEASE_ORDER = "credit.release_order"
HAND_OVER = "credit.hand_over"
