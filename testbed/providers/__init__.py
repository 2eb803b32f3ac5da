"""Providers: what a cluster node is made of. One folder per provider, chosen by the registry."""
