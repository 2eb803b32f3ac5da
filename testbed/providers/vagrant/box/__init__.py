"""The box that virtual machines start from."""
