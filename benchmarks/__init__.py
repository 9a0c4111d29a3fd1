"""Measurements, each printed beside a baseline in the same run."""

import bot as bot  # before numpy: it says how many threads numpy may use
