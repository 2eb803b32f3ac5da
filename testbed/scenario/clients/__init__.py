"""Clients that scenarios send from inside the lab: DNS and HTTP."""
