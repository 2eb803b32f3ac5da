"""From what an agent knows to the desired state. Pure."""
