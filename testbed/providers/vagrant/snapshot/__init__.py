"""Snapshots of virtual machines: memory, disks, lab data."""
