"""The orchestrator `kubernetes`: keys, programs, API objects, pods, health."""
