"""Deployments: which devices and gateways there are, and for each of a program's places a signed part of its plan.

`docs/deployment.md` says what is in a part, and which ones are refused.
"""
