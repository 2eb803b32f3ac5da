"""Where an agent reads objects, claims blocks and writes its report."""
