"""Takes samples: pods, steering, proofs of path and iperf3 in a running lab."""
