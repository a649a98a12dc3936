"""What the customer sees: his statement, how to pay and whom to call, behind a link and without a password."""
