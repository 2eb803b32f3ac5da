"""Stock boxes: online ones, which know nothing of us and are given what our own has."""
