"""The command `headgate`: a thin host that reads files, calls the same functions as everyone, and prints."""
