"""The orchestrator `none`: agents alone, pods are network namespaces."""
