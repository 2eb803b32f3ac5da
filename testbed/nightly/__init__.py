"""A night of a CI: all scenarios, conformance, a quick evaluation, and one report of them."""
