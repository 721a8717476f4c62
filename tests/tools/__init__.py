"""Tools that check the whole product, each in an environment of tox of its own."""
