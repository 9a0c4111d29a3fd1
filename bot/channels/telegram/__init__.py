"""Updates -> conversation -> replies, acknowledged only when they have ended."""
