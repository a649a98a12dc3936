"""Who acts: tenants, users, memberships with roles on a tree of scopes, API tokens and the audit trail.

What a role may do is on one page, `otc/roles.py`. What is owed, and by whom, is in `ledger`.
"""
