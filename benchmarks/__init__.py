"""Benchmarks: what a validated, signed call costs beside bare requests. Run `python -m benchmarks`; see README.md.

__main__    the command: runs the selected groups, prints the table
groups      what is measured, the baselines, and the bars
report      rows and the table, and how to read the numbers
checkouts   this checkout and optionally another one, each in its own folder
workers     child processes that measure on demand, so that two checkouts take turns
timing      contenders taken in turns
calls       cost of one call (once with the extra `fast`, once without)
batches     throughput of `call_many`
cliffs      costs that must stay linear: a null, a large answer, many violations, much to mask
pushers     several `ocreg push` on one PostgreSQL journal
slow        the server they push to: it takes 20 ms per request, and counts
contenders  the libraries to compare
fresh       fresh interpreters: cold start, many endpoint files, memory
linting     `ocreg lint`
server      the loopback server, in its own process
payloads    requests and answers
"""
