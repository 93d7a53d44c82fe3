"""The registry proves itself: `checks` finds what is wrong with a file, `prove` finds rules no example defends.

Outside the engine: it imports the engine, never the other way round. `findings.Finding` is the one result; `report`
turns results into text, JSON, GitHub annotations or SARIF.
"""
