"""A cluster's authorities, keys and certificates."""
