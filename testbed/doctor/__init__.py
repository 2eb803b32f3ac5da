"""Is this machine fit? Every check says what it saw and what to do."""
