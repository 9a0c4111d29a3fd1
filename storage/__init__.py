"""Counters and releases, nothing else."""
