"""The node agent: sources and RIB → pure decision → wanted forwarding state → data plane."""
