"""A stand-in for api.telegram.org on loopback: the Bot API over real HTTP, and the people who use it."""
