"""Compiled inner loops, one file per family; each has a plain numpy twin beside it that is its test oracle."""
