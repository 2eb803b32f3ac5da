"""How pods of one pool reach those of other nodes: one object per overlay. Pure."""
