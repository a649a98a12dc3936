"""What is behind a link and without a password: a customer's statement, and a committee member's vote."""
