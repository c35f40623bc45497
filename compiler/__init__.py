"""From syntax tree to plan: a row of pure functions, one stage a file."""
