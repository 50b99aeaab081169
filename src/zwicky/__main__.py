"""``python -m zwicky``: the command line."""

from zwicky.cli import main

main()
