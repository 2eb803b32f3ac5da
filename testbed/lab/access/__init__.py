"""Ways into a running lab: nodes, guests, pods, kubectl."""
