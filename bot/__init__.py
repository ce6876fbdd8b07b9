"""The bot that verifies claims about robust pruned networks: everything that touches issues, Drive and the board."""
