"""The fault matrix: every API call that a stack makes, and every change of state it waits for, times every fault.

Nothing is picked by hand. `record` runs each operation of `scenarios` once without faults and writes down its calls;
`cases` multiplies them with the table in `kinds`; `batch` runs the cases side by side with the real engine, each in a
project of its own; `checks` holds the cloud's ledger against Pulumi's state. `python -m tests.faults.matrix` runs it.
"""
