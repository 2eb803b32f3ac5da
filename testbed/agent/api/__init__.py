"""The API as an agent uses it: it reads objects, claims blocks and reports its state there."""
