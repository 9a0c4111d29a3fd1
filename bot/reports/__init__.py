"""Released counts -> tables, charts, digest."""
