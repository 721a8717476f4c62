"""Release: the stages of a build, from sources to artifacts that S3 can hold."""
