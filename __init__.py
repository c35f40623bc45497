"""Headgate: a compiled, declarative rule language for the Internet of Things."""
