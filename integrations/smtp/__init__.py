"""The relay that carries reminders: `client` hands messages over in phases, `evidence` tells what became of one."""
