"""Address management: the blocks of a node and the addresses of its pods."""
