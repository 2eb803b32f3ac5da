"""Image archives that users bring: checked, read, copied."""
