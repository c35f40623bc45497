"""The operators of a plan as columnar code, one family a file."""
