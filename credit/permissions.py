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

# Rows 14 and 15 of the matrix speak of policies: circuits are such. Their names were given by dunning, which credit
# does not import.
WRITE_CIRCUITS = "dunning.write_policy"
PUBLISH_CIRCUITS = "dunning.publish_policy"
