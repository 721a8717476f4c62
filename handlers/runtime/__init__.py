"""The runtime that functions share: events, clients, settings, logs, and the construction of adapters."""
