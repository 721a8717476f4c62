"""The names that the payment stack gives to resources are known to be unique, or known not to be."""

from __future__ import annotations

from tests.aws.cloudformation.physical import PROTECTIONS, name_property
from tests.templates.rendered import every_resource

# Names that are unique within something smaller than an account, or need not be unique.
SHARED = {
    ("AWS::ApiGateway::ApiKey", "Name"),
    ("AWS::ApiGateway::Model", "Name"),
    ("AWS::ApiGateway::RequestValidator", "Name"),
    ("AWS::ApiGateway::RestApi", "Name"),
    ("AWS::ApiGateway::Stage", "StageName"),
    ("AWS::ApiGateway::UsagePlan", "UsagePlanName"),
    ("AWS::EC2::SecurityGroup", "GroupName"),
    ("AWS::Lambda::Alias", "Name"),
    ("AWS::Lambda::LayerVersion", "LayerName"),
    ("AWS::SSM::Association", "AssociationName"),
}
# Names of something else: what the resource refers to, or what people read.
FOREIGN = {
    ("AWS::ApiGateway::Method", "OperationName"),
    ("AWS::CloudWatch::Alarm", "MetricName"),
    ("AWS::CodeDeploy::DeploymentGroup", "ApplicationName"),
    ("AWS::CodeDeploy::DeploymentGroup", "DeploymentConfigName"),
    ("AWS::EC2::FlowLog", "LogGroupName"),
    ("AWS::EC2::VPCEndpoint", "ServiceName"),
    ("AWS::Lambda::Alias", "FunctionName"),
    ("AWS::Lambda::EventInvokeConfig", "FunctionName"),
    ("AWS::Lambda::EventSourceMapping", "FunctionName"),
    ("AWS::Lambda::Permission", "FunctionName"),
    ("AWS::Lambda::Version", "FunctionName"),
    ("AWS::RDS::DBInstance", "CACertificateIdentifier"),
    ("AWS::RDS::DBInstance", "DBName"),
    ("AWS::RDS::DBInstance", "DBParameterGroupName"),
    ("AWS::RDS::DBInstance", "DBSubnetGroupName"),
    ("AWS::SNS::Topic", "DisplayName"),
    ("AWS::SSM::Association", "AutomationTargetParameterName"),
    ("AWS::SSM::Association", "Name"),
}


def test_every_name_of_the_templates_is_known() -> None:
    given = {
        (resource["Type"], name)
        for _, _, resource in every_resource()
        for name in resource.get("Properties", {})
        if name == "Name" or name.endswith(("Name", "Identifier"))
    }
    unknown = {(kind, name) for kind, name in given if name_property(kind) != name}

    assert unknown - SHARED - FOREIGN == set()


def test_every_protection_of_the_templates_is_known() -> None:
    given = {
        (resource["Type"], name)
        for _, _, resource in every_resource()
        for name in resource.get("Properties", {})
        if name.startswith("DeletionProtection")
    }

    assert given == set(PROTECTIONS.items())
