"""Encodes and decodes SR Policies in BGP (AFI 2, SAFI 73; RFC 9830)."""
