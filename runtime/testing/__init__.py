"""What tests of programs need: sources in memory, virtual time, comparison of results."""
