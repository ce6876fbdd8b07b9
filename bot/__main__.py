"""`python -m bot` is `apbot`."""

from bot.cli import run

run()
