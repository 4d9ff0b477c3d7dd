"""Mutated inputs for every public reader, one kind of input a file; see `benchmarks/fuzz.py`."""
