"""Kubernetes on cluster nodes: keys, programs, what the API server holds from the start."""
