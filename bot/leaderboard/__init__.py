"""The leaderboard: entries are the truth, tables and data files are built from them, a pull request proposes a change."""
