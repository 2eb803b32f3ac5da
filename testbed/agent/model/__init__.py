"""What an agent knows, as immutable types: the API's objects and the attached pods. Pure."""
