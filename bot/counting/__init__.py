"""Counting without people: noise first, fixed ticks, one release per closed window."""
