"""The conversation, pure: values in, values out. No file, clock, network or log in here."""
