"""Lessons: that they prove what they claim, and that mistakes in one are named."""
