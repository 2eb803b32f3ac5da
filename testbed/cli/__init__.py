"""The `testbed` command: parse, call, print, nothing else."""
