"""One file for each change of the released tables."""
