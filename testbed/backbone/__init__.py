"""Networks, links and FRR routers of a lab, built inside its namespaces."""
