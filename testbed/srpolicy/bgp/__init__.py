"""SR Policy as BGP bytes (AFI 2, SAFI 73; RFC 9830): encode, decode, TLV framing."""
