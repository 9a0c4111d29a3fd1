"""SQL: tables, databases, what is read and written there. Knows nothing of the bot."""
