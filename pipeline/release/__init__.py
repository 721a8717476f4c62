"""Release: the stages of a build, from typed layers to artifacts in S3."""
