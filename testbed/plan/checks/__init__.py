"""Checks of a resolved plan, by what they are about; each yields problems."""
