"""Release: the stages of a build, from sources to artifacts that S3 can hold."""


class BuildError(Exception):
    """What keeps a build from being made; each fault is one line for the person who asked for it."""

    def __init__(self, *faults: str) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults
