"""The edge: a plan cut into parts that run in different places, and the links between them."""
