"""A simulated world: virtual devices, the engine and the orchestrator under one virtual clock, in one process."""
