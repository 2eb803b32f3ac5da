"""Observation inside virtual machines: the exchange with a program in the guest."""
