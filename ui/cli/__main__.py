"""`python -m ui.cli`: the command line of this very installation."""

from ui.cli import main

main()
