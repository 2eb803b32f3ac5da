"""Files and command batches of a lab, as pure text rendered from the plan."""
