"""Reads the files that hold SR Policies: injector YAML, TE ConfigMap, and the native form."""
