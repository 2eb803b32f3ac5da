"""The TE engine: intents become paths, paths become segment lists."""
