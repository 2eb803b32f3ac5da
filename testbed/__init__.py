"""The reference testbed for SRv6 in Kubernetes networking (arXiv 2301.01178)."""

__version__ = "0.1.0"
