"""The measurements, one module each: `measure(context)` enters the ledger and returns a section."""
