"""The overlays that a pool can choose: srv6, vxlan, ipip. Pure."""
