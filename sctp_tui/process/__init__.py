"""What a program needs of its process, whatever it does there: a terminal, signals, small files.

No SCTP and nothing else of this program is known here.
"""
