"""Default security group: kept without rules, so that nothing is reachable by forgetting to choose a group.

CloudFormation has no property for the group that comes with a VPC. State Manager keeps it closed
by AWS's own runbook: no function of ours, and a rule that someone adds is gone within a day. A run that
fails reaches the alerts topic (`templates.monitoring.runbooks`).
"""

from __future__ import annotations

from troposphere import Ref, Sub, Template, ec2, iam, ssm

from templates import grants, names


def close(template: Template, network: ec2.VPC) -> None:
    """Remove the rules of the default security group of `network`, now and whenever some appear."""
    role = template.add_resource(closing_role())
    policy = template.add_resource(closing_policy(network, role))
    template.add_resource(closing_association(network, role, policy))


def closing_role() -> iam.Role:
    """What the runbook runs under."""
    runs = Sub("arn:${AWS::Partition}:ssm:${AWS::Region}:${AWS::AccountId}:automation-execution/*")
    return iam.Role(
        "DefaultSecurityGroupRole",
        AssumeRolePolicyDocument=grants.trust("ssm", grants.on_behalf_of(runs)),
    )


def closing_policy(network: ec2.VPC, role: iam.Role) -> iam.ManagedPolicy:
    """Empty that one group; run the runbook that does so, under the same role.

    It is put on the role from here, because it names the role.
    """
    return iam.ManagedPolicy(
        "DefaultSecurityGroupPolicy",
        PolicyDocument=grants.policy(
            grants.empty_security_group(network.get_att("DefaultSecurityGroup")),
            grants.describe_security_groups(),
            grants.run_aws_runbook(names.DEFAULT_GROUP_RUNBOOK),
            grants.read_runbook_runs(),
            grants.pass_role("ssm", role.get_att("Arn")),
        ),
        Roles=[Ref(role)],
    )


def closing_association(network: ec2.VPC, role: iam.Role, policy: iam.ManagedPolicy) -> ssm.Association:
    """Run the runbook when the group or this association is new, and every day."""
    return ssm.Association(
        "DefaultSecurityGroupAssociation",
        AssociationName=names.named("payment-default-security-group"),
        Name=names.DEFAULT_GROUP_RUNBOOK,
        AutomationTargetParameterName="GroupId",
        Targets=[ssm.Targets(Key="ParameterValues", Values=[network.get_att("DefaultSecurityGroup")])],
        Parameters={"AutomationAssumeRole": [role.get_att("Arn")]},
        # A rate, not a cron expression: State Manager repeats such a run when it was throttled.
        ScheduleExpression="rate(1 day)",
        ComplianceSeverity="HIGH",
        # The first run must not find a role that may do nothing yet.
        DependsOn=policy,
    )
