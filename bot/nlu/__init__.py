"""Reading what people write: text, spelling, classification. Knows no campaign and does no I/O."""
