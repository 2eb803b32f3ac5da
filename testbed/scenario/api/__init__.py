"""The Testbed that a scenario file is given, its parts, and checks."""
