"""Records of runs: what was run, on what, with which outcome, and the store that holds them."""
