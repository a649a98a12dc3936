"""What may be allowed in credit."""

SEE_OPINIONS = "credit.see_opinions"
PROPOSE_LIMIT = "credit.propose_limit"
APPROVE_LIMIT = "credit.approve_limit"
PUT_ON_HOLD = "credit.put_on_hold"
RELEASE_ORDER = "credit.release_order"
HAND_OVER = "credit.hand_over"

# The charter is policy: rows 14 and 15 of the matrix, declared in dunning, which this app may not import.
WRITE_CHARTER = "dunning.write_policy"
PUBLISH_CHARTER = "dunning.publish_policy"

WRITE_CIRCUITS = WRITE_CHARTER  # a circuit is policy too
PUBLISH_CIRCUITS = PUBLISH_CHARTER

WRITE_POLICIES = (
    WRITE_CHARTER  # insurance policies and the use of information sources are policy as well
)
PUBLISH_POLICIES = PUBLISH_CHARTER
