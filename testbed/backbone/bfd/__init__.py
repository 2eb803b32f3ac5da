"""BFD in a running lab: which sessions are up."""
