"""`make bench`: all figures, one measurement after the other."""

from . import screen_load

screen_load.main()
