"""Commands and procedures at work: from what rules ask for to what devices are told and answer.

All of it is a state machine without clock, input or output: `orchestrator.Orchestrator`.
"""
