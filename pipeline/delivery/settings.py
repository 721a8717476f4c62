"""Settings: what the pipeline is told of repository, accounts and people; `parameters/tooling/` gives it."""

from __future__ import annotations

from templates.wires import Wire, arn, number, text

ACCOUNT = text(r"^[0-9]{12}$", "an account id of 12 digits")
CUSTOMER = text(r"^(cus_[A-Za-z0-9]{1,64})?$", "a customer of the payment gateway (cus_...), or nothing")


class ConnectionArn(Wire):
    """ARN of the connection to the source repository, made and confirmed in the console."""

    admits = text(
        r"^arn:aws[a-z-]*:(codestar-connections|codeconnections):[a-z0-9-]+:[0-9]{12}:connection/[a-f0-9-]+$",
        "an ARN of a connection",
    )


class Repository(Wire):
    """Source repository, as its host calls it: owner/name."""

    admits = text(r"^[\w.-]+/[\w./-]+$", "owner/name")


class Branch(Wire):
    """Branch whose commits are released."""

    admits = text(r"^[\w./-]{1,255}$", "a branch")


class DevAccount(Wire):
    """Account of the environment dev."""

    admits = ACCOUNT


class ProdAccount(Wire):
    """Account of the environment prod."""

    admits = ACCOUNT


class ToolingAccount(Wire):
    """Account of the pipeline."""

    admits = ACCOUNT


class ExternalId(Wire):
    """What whoever assumes a role of another account has to know besides its name."""

    admits = text(r"^[\w+=,.@:/-]{16,128}$", "16 to 128 letters, digits or _+=,.@:/-")


class ReleaseEmail(Wire):
    """E-mail address that is asked for approvals, and told of failures."""

    admits = text(r"^[^@\s]+@[^@\s]+\.[^@\s]+$", "an e-mail address")


class DevCustomer(Wire):
    """Test customer whom the synthetic payment in dev is charged to."""

    admits = CUSTOMER


class ProdCustomer(Wire):
    """Customer whom a tagged test payment in prod is charged to; without one there is no such payment."""

    admits = CUSTOMER


class ReviewDays(Wire):
    """Days that reviews and plans are kept; an approval waits for 7."""

    admits = number(30, 3653)


class ArtifactBucketArn(Wire):
    """ARN of the pipeline's artifact bucket."""

    admits = arn("s3", "[^/]+")


class RoleArn(Wire):
    """ARN of a role."""

    admits = arn("iam", "role/.+")


class PipelineName(Wire):
    """Name of the pipeline."""

    admits = text(r"^[A-Za-z0-9.@_-]{1,100}$", "the name of a pipeline")


class TopicArn(Wire):
    """ARN of the topic that approvals and failures are told on."""

    admits = arn("sns", ".+")
