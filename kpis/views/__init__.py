"""The pages of indicators and of customers, one module each."""
