"""`up` and `down`: the steps that make a lab, and their progress."""
