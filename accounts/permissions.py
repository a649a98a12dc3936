"""What may be allowed in accounts."""

PROPOSE_BANK_DETAILS = "accounts.propose_bank_details"
APPROVE_BANK_DETAILS = "accounts.approve_bank_details"
MANAGE_USERS = "accounts.manage_users"
MANAGE_KEYS = "accounts.manage_keys"
READ_AUDIT = "accounts.read_audit"
RETENTION = "accounts.retention"
