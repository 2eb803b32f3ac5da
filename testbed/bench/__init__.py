"""`make bench`: every performance figure of the docs, repeated, with the machine described."""
