"""Segment lists: the fewest segments that lead packets as wanted, and what a list really does."""
