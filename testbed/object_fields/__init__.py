"""Every field of the objects that agents read: honoured, refused, or reported. Pure data."""
