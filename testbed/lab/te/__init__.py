"""The TE engine at work in a lab: intents that are kept, the network now, policies delivered."""
