"""The functions that the language knows, one family a file."""
