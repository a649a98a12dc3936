"""Calls to a tenant's accounting system: what credit opened or changed, signed."""
