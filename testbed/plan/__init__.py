"""The resolved, immutable model of a lab: what is wanted, as plain data. No Mininet, no root."""
