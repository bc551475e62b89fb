"""The generator of quern: specifications in YAML become kernels, tables, tests and documentation."""
