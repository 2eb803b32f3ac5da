"""Runs Kubernetes' network conformance tests on a lab of their own (`make conformance`)."""
