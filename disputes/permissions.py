"""What may be allowed in disputes."""

OPEN_DISPUTE = "disputes.open_dispute"
RESOLVE_DISPUTE = "disputes.resolve_dispute"
