"""What is contested: disputes of a part of a due line, their reasons and how they ended."""
