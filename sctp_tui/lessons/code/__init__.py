"""The code of a lesson: the calls of RFC 6458 that make happen what its steps do, in C and in Python.

Start at `program`. `c` and `python` have for each command the calls in their language, and what a program has
around them.
"""
