"""Runtime: API Gateway events, telemetry, settings and clients, shared by the functions."""
