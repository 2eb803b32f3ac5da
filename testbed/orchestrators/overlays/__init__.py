"""What carries pods' packets between nodes: the testbed's agents, or Calico-VPP."""
