"""GitHub: the only room that speaks to it; frozen values in and out."""
