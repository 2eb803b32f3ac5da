"""What an agent knows: Kubernetes-shaped objects as immutable types. Pure."""
