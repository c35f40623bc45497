"""Tests of programs: scenarios under virtual time, what runs and judges them, timelines, coverage, pytest's plugin."""
