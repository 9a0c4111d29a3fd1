"""One turn of a conversation: values in, values out. Pure; the campaign is handed in."""
