"""Whatever can die is killed at random while reminders leave; the sink says what arrived (RELIABILITY P1, P2)."""
