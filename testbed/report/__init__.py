"""Tables and drawings of a plan or of the state of a lab."""
