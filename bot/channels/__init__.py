"""The outsides of a conversation: Telegram, the terminal."""
