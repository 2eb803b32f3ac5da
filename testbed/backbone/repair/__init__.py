"""Local repair in a running lab: a program that keeps the routers' backups as they should be."""
