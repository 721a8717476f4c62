"""Templates: the payment stack, one module for each layer."""
