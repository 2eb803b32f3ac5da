"""A running guest: SSH, systemd services, its files and its status."""
