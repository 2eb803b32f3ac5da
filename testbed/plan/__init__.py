"""The plan: an immutable description of a lab as plain data, without Mininet and without root."""
