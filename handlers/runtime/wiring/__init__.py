"""The only place that constructs adapters, each once in a process, from the function's environment.

A module for each adapter: an archive holds only what its function imports, and a cold start loads no more.
"""
