"""Local repair: what a router does by itself while the others still forward as before a failure."""
