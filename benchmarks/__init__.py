"""Benchmarks: what a validated, signed call costs beside bare requests. Run `python -m benchmarks`; see README.md.

__main__    the command: runs the groups that are asked for, prints the table
groups      what is measured, beside what, and the bars
report      rows and the table: how to read the numbers
checkouts   this checkout, and perhaps another one, each where its children run
workers     child processes that measure on demand, so that two checkouts take turns
timing      contenders taken in turns
calls       cost of one call (once with the extra `fast`, once without)
batches     throughput of `call_many`
cliffs      what must not fall off: a null, a large answer, many broken rules, much to mask
pushers     several `ocreg push` on one PostgreSQL journal
slow        the server they push to: 20 ms a request, and it counts
contenders  the libraries that are compared
fresh       fresh interpreters: cold start, many endpoint files, memory
linting     `ocreg lint`
server      the loopback server, a process of its own
payloads    what is sent and answered
"""
