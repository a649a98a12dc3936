"""Forms of credit: they parse and clean, and save nothing."""
