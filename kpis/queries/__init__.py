"""Questions about how well it goes; every figure comes with its steps, and with the lines that add up to it."""
