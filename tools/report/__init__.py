"""The conformance report: what quern computes beside NumPy, measured in one process.

    PYTHONPATH=tools python -m report --build build/release --output build/report

`cli` runs the measurements of `measure/` one after another. Each compares the library (`library`)
with NumPy (`oracle`) or with itself, and enters every comparison in the ledger (`ledger`), which
weighs differences against the rules of tests/conformance/deliberate.yaml. `document` makes
report.json of what was entered and `page` makes index.html of that.
"""
