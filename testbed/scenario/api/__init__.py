"""What a scenario file can say: nodes, paths, steering, pools, workloads, checks."""
