"""Where messages come from and where results go, one connector a file."""
