"""A stand-in RunComfy server over real HTTP on loopback, for trying things out and for tests.

Import `embedded` to run it in a thread, `runner` to run it alone, `faults` for its faults' names;
nothing is imported here, because the servers under it are slow to load and an optional extra.
"""
