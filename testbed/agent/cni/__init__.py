"""The CNI plugin, its server in the agent, and what its commands do."""
