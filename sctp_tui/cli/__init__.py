"""The command line: the screen, `serve`, `send`, `doctor`, `lab`, `help`, their options, what they print.

Start at `main`, which chooses the command. Anything of the program may be imported here, and nothing imports
this. What a command needs is imported once it is chosen, as half of a start is imports.
"""
