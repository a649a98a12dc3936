"""Decisions about people, scopes and proofs: pure functions on values."""
