"""SR Policies against a plan: lint, explanation, resolved names, and what must be seen."""
