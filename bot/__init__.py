"""Tabayyan: curated answers about recruitment into the Russia-Ukraine war, in Arabic and English."""

__version__ = "0.1.0"
