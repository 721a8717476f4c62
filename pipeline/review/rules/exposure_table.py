"""Table of settings that open something to the internet, or write what is private to a log."""

from __future__ import annotations

from pipeline.review.rules.comparisons import Loss, becomes, off, on, was

ANY = r".*"
BUCKET = "AWS::S3::Bucket"

EXPOSURES = (
    # What should stay private
    Loss(
        "DISCLOSURE",
        r"AWS::ApiGateway.*::Stage",
        r"(MethodSettings/\d+|DefaultRouteSettings)/DataTraceEnabled",
        on,
        "whole requests and answers are written to the log",
    ),
    # Open to the internet
    Loss(
        "PUBLIC_EXPOSURE",
        ANY,
        r"(PubliclyAccessible|MapPublicIpOnLaunch)",
        on,
        "gets an address on the internet",
    ),
    Loss(
        "PUBLIC_EXPOSURE",
        ANY,
        r"(PublicAccessBlockConfiguration/)?"
        r"(BlockPublicAcls|BlockPublicPolicy|IgnorePublicAcls|RestrictPublicBuckets)",
        off,
        "public access is no longer blocked",
    ),
    Loss(
        "PUBLIC_EXPOSURE",
        BUCKET,
        r"AccessControl",
        becomes("PublicRead", "PublicReadWrite", "AuthenticatedRead"),
        "anyone may read the bucket",
    ),
    Loss(
        "PUBLIC_EXPOSURE",
        "AWS::Lambda::Url",
        r"AuthType",
        becomes("NONE"),
        "anyone may call it",
    ),
    Loss(
        "PUBLIC_EXPOSURE",
        "AWS::ECS::Service",
        r"NetworkConfiguration/AwsvpcConfiguration/AssignPublicIp",
        becomes("ENABLED"),
        "its tasks get addresses on the internet",
    ),
    Loss("PUBLIC_EXPOSURE", "AWS::ApiGateway::Method", r"ApiKeyRequired", off, "callers need no key"),
    Loss(
        "PUBLIC_EXPOSURE",
        "AWS::ApiGateway::RestApi",
        r"EndpointConfiguration/Types/\d+",
        was("PRIVATE"),
        "the API is on the internet",
    ),
    Loss(
        "PUBLIC_EXPOSURE",
        r"AWS::ElasticLoadBalancing.*",
        r"Scheme",
        becomes("internet-facing"),
        "is on the internet",
    ),
    Loss(
        "PUBLIC_EXPOSURE",
        "AWS::AppSync::GraphQLApi",
        r"(AdditionalAuthenticationProviders/\d+/)?AuthenticationType",
        becomes("API_KEY"),
        "whoever has the key of the API may call it, and clients carry it around",
    ),
    Loss(
        "PUBLIC_EXPOSURE",
        "AWS::Cognito::IdentityPool",
        r"AllowUnauthenticatedIdentities",
        on,
        "anyone gets credentials of the role for guests",
    ),
    Loss(
        "PUBLIC_EXPOSURE",
        "AWS::EKS::Cluster",
        r"ResourcesVpcConfig/EndpointPublicAccess",
        on,
        "the endpoint of the cluster is on the internet",
    ),
)
