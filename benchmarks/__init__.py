"""Benchmarks: what a validated, signed call costs beside bare requests. Run `python -m benchmarks`; see README.md.

__main__    the command: runs everything, prints the table
report      rows, bars and the table: how to read the numbers
timing      contenders taken in turns
calls       cost of one call (a worker process: once with the extra `fast`, once without)
contenders  the libraries that are compared
fresh       fresh interpreters: cold start, many endpoint files, memory
server      the loopback server, a process of its own
payloads    what is sent and answered
"""
