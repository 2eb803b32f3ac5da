"""Stock boxes: online boxes that are prepared on first contact."""
