"""Telegram: updates -> conversation -> messages, by polling or webhook, acknowledged only after the answer."""

import os

# python-telegram-bot otherwise warns on standard error, past our log, each time Telegram asks to wait.
os.environ.setdefault("PTB_TIMEDELTA", "1")
