"""Campaigns, classifiers and conversations for tests: built here and nowhere else."""
