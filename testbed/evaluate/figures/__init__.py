"""What is read off counters and off the output of tools: pure functions, and thresholds."""
