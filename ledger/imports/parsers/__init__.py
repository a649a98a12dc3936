"""Readers of files, run inside the sandbox: bytes in, typed rows out; no Django, no database."""
