"""Twins outside of the engine: models of many devices integrated at once, shadows, history, what-ifs."""
