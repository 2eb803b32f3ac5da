"""Makes container images from this machine's programs, or loads them from files: no registry."""
