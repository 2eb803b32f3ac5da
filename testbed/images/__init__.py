"""Container images without a registry: made from this machine's programs, or loaded from files."""
