"""Proofs: of the path that packets take, of loss and of throughput."""
