"""Change sets as CloudFormation describes them, fetched or from files, read into the review's model."""
