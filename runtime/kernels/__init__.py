"""The fixed set of loops over arrays, compiled when Numba is installed and plain Python when it is not."""
