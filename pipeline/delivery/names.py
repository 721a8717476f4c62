"""Names: what the pipeline's templates, and the accounts that trust one another, know each other's parts by.

Roles have names here, for a policy in another account has nothing else to go by.
"""

from __future__ import annotations

from troposphere import AccountId, AWSHelperFn, Sub, encode_to_dict

PIPELINE = "payments"
# The pipeline's own stack, and those of a payment environment and of its roles.
PIPELINE_STACK = "payments-pipeline"
ENVIRONMENTS = ("dev", "prod")

# What assumes and what is assumed, by its task.
PLAN = "plan"
EXECUTE = "execute"
SMOKE = "smoke"
EXECUTION = "execution"
BOUNDARY = "boundary"
STACK_BOUNDARY = "stack-boundary"
TASKS = (PLAN, EXECUTE, SMOKE)
# What an environment cannot be called: names of roles and policies begin so that are not its stack's.
TAKEN = (*TASKS, EXECUTION, BOUNDARY, "account", "artifacts", "pipeline", "stack", "target")

# Where things lie in the artifact bucket; CodePipeline's own artifacts lie under the pipeline's name.
RELEASES = ("functions", "libraries", "templates")
REVIEWS = "reviews"


def stack(environment: str) -> str:
    """The payment stack of an environment."""
    return f"payments-{environment}"


def target_role(task: str, environment: str) -> str:
    """The role in an environment's account that does `task` there."""
    return f"payments-{task}-{environment}"


def project(task: str, environment: str) -> str:
    """The CodeBuild project of `task`, and its role."""
    return f"{PIPELINE_STACK}-{task}-{environment}"


def stack_boundary(environment: str) -> str:
    """The policy in an environment's account that bounds the roles of the payment stack."""
    return f"payments-{STACK_BOUNDARY}-{environment}"


def inline(text: str, **parameters: AWSHelperFn) -> Sub:
    """Return `text` with references to parameters spelt in it: half as long as Fn::Sub with a mapping."""
    for name, parameter in parameters.items():
        text = text.replace(f"${{{name}}}", f"${{{encode_to_dict(parameter)['Ref']}}}")
    return Sub(text)


def policy_arn(name: str, account: AWSHelperFn = AccountId) -> Sub:
    """Return the ARN of the policy `name` in `account`."""
    if account is AccountId:
        return Sub(f"arn:${{AWS::Partition}}:iam::${{AWS::AccountId}}:policy/{name}")
    return Sub(f"arn:${{AWS::Partition}}:iam::${{Account}}:policy/{name}", Account=account)


def role_arn(account: AWSHelperFn | str, name: str) -> Sub:
    """ARN of the role `name` in `account`."""
    return Sub(f"arn:${{AWS::Partition}}:iam::${{Account}}:role/{name}", Account=account)
