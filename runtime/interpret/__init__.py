"""The reference interpreter: the meaning of a plan, one event at a time, written for clarity."""
