"""Names that `make lint`'s search for dead code does not see used: called by a framework, or by users."""
