"""Forms of the customer's page, one module per part of it."""
