"""A lab's life: up, down, repair. Composes the rooms below it."""
