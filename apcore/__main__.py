"""`python -m apcore` is `apcore`."""

from apcore.cli import run

run()
