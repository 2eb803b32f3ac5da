"""Drives gobgpd: its gRPC client, desired state and replay, and the injector program."""
