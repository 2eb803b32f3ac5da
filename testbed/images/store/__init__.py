"""A node's image store, and images loaded into a running lab."""
