"""Orchestrators: what runs the pods. One folder per orchestrator, chosen by the registry."""
