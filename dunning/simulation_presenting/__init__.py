"""What the pages of a simulation are handed: sums beside one another, charts, changes and dates as rows of words."""
