"""Intents: what somebody wants of the paths between cluster nodes; read, checked, as types."""
