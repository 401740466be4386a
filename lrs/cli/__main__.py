"""`python -m lrs.cli`: the same as `jejak`."""

from lrs.cli.main import main

main()
