"""The Kubernetes API client that the agent and the testbed share."""
