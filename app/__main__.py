"""`python -m app` is `postgrad`."""

from app.cli import main

main()
