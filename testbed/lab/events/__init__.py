"""What the programs of a lab report, as it happens: from their logs, and from Kubernetes' API."""
