"""Figures that tests of searches share."""

CHANCE = 0.2
