"""Intents and a network become paths, segment lists and SR Policies; pure."""
