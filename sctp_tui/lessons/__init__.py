"""Lessons: scenes on live associations, each a TOML file that also says what must come of it.

Start at `lesson`, what a file holds. `actions` are the sentences of what its ends do, `claims` those of what
is so then. A `player.Player` plays it step by step, for a class on the screen or for `check`, which also
leaves out what a step is about: then its claims must fail, or they prove nothing. `handout` has it on paper;
`sheet` has `questions` on the packets of a `variation` of it, and `grading` compares answers with its key.
"""
