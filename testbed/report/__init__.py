"""Tables, plots, drawings and pages made from a plan or from observations."""
