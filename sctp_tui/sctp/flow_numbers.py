"""The numbers of flows, unique over all stacks of this program and all captures that it makes."""

from itertools import count

new_flow = count(1).__next__
"""Returns a number that no flow has had; from any thread."""
