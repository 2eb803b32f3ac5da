"""Builds and changes the links and FRR routers of a lab, inside its namespaces."""
