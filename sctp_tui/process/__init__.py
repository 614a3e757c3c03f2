"""What any command needs of its process: a terminal, signals, small files, another program run.

Start at `signals`. It knows nothing of SCTP, nor of the rest of this program.
"""
