"""Certificates of results: where they stand, what they say, and whether a file is what was certified."""
