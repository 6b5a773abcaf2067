"""Price sources: one module per vendor or twin, chosen by `registry`."""
