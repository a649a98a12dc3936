"""Pages of the chase, one module per page of the menu."""
