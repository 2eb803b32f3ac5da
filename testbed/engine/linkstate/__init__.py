"""What IS-IS says now: LSPs as types, the network that they describe, what differs from a plan."""
