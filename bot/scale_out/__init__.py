"""Several workers behind one socket: what they share, in what order they answer, which of them leads."""
