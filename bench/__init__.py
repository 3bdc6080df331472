"""Benchmarks: ours and peers side by side in one run (`python -m bench.run`)."""
