"""Pages of credit: request, one service or query, response."""
