"""Drawing: values in, SVG and HTML out. Knows no chain, reads nothing, always draws the same."""
