"""`make conformance`: Kubernetes' own network conformance tests, run on a lab of their own."""
