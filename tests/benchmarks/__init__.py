"""What the program must reach, measured: `python -m tests.benchmarks [--json FILE] [NAME…]`.

A module measures one family of figures and exports it as `FAMILY`; `__main__` lists the families.
"""
