"""Routes: what the API takes, and which function answers each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from troposphere import AWSObject, Ref, Sub, awslambda
from troposphere.apigateway import Integration, Method, Model, RequestValidator, Resource, RestApi

from handlers.payments import contract
from templates.api.models import body_model
from templates.settings import ApiAuthorization
from templates.wires import AliasArn

# The longest that API Gateway waits for a function.
INTEGRATION_TIMEOUT_MS = 29_000

# A model that every API has; it demands nothing.
NO_BODY: dict[str, Ref | str] = {"application/json": "Empty"}


@dataclass(frozen=True)
class Route:
    """A method on a path, the function that answers it, and what its body must be."""

    title: str
    method: str
    path: str
    function: AliasArn
    body: type[contract.Request] | None = None

    @property
    def segments(self) -> list[str]:
        """The parts of the path: `transactions`, `{transaction_id}`."""
        return self.path.strip("/").split("/")

    @property
    def variables(self) -> list[str]:
        """Names of the path's variable parts: `transaction_id`."""
        return [part[1:-1] for part in self.segments if is_variable(part)]


def resources(
    api: RestApi, routes: list[Route], authorization: ApiAuthorization
) -> tuple[list[AWSObject], list[Method]]:
    """What defines `routes`, and apart from it their methods, which a deployment waits for."""
    checks_body = body_validator(api)
    checks_parameters = parameters_validator(api)
    paths: dict[tuple[str, ...], Resource] = {}
    models: list[Model] = []
    methods: list[Method] = []
    for route in routes:
        for depth in range(1, len(route.segments) + 1):
            within = tuple(route.segments[:depth])
            if within not in paths:
                paths[within] = path_resource(api, paths.get(within[:-1]), within)
        if route.body is None:
            validator, bodies = checks_parameters, NO_BODY
        else:
            models.append(body_model(api, route.body))
            # `$default` stands for every other content type, which would pass unchecked without it.
            fits: Ref | str = Ref(models[-1])
            validator, bodies = checks_body, {"application/json": fits, "$default": fits}
        methods.append(
            method(
                api,
                route,
                target=paths[tuple(route.segments)],
                authorization=authorization,
                validator=validator,
                bodies=bodies,
            )
        )
    return [checks_body, checks_parameters, *paths.values(), *models], methods


def body_validator(api: RestApi) -> RequestValidator:
    """Refuses a body that does not fit its model, before a function runs."""
    return RequestValidator(
        "BodyValidator",
        RestApiId=Ref(api),
        Name="body",
        ValidateRequestBody=True,
        ValidateRequestParameters=True,
    )


def parameters_validator(api: RestApi) -> RequestValidator:
    """Refuses a request without the parameters that its path needs."""
    return RequestValidator(
        "ParametersValidator",
        RestApiId=Ref(api),
        Name="parameters",
        ValidateRequestBody=False,
        ValidateRequestParameters=True,
    )


def path_resource(api: RestApi, parent: Resource | None, within: tuple[str, ...]) -> Resource:
    """The last segment of `within`, under `parent` or the API's root."""
    part = within[-1]
    # A variable part names one of what stands before it: /transactions, /transactions/{transaction_id}.
    title = within[-2].removesuffix("s") if is_variable(part) else part
    return Resource(
        f"{title.capitalize()}Resource",
        RestApiId=Ref(api),
        ParentId=api.get_att("RootResourceId") if parent is None else Ref(parent),
        PathPart=part,
    )


def method(
    api: RestApi,
    route: Route,
    *,
    target: Resource,
    authorization: ApiAuthorization,
    validator: RequestValidator,
    bodies: Mapping[str, Ref | str],
) -> Method:
    """`route`, open to holders of an API key, answered by its function as it stands behind the alias."""
    answered = Method(
        f"{route.title}Method",
        RestApiId=Ref(api),
        ResourceId=Ref(target),
        HttpMethod=route.method,
        OperationName=route.title,
        ApiKeyRequired=True,
        AuthorizationType=authorization,
        RequestValidatorId=Ref(validator),
        RequestModels=bodies,
        Integration=Integration(
            Type="AWS_PROXY",
            # Lambda is invoked by POST, whatever the route's own method.
            IntegrationHttpMethod="POST",
            TimeoutInMillis=INTEGRATION_TIMEOUT_MS,
            Uri=Sub(
                "arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path"
                "/2015-03-31/functions/${Function}/invocations",
                Function=route.function,
            ),
        ),
    )
    if route.variables:
        answered.RequestParameters = {f"method.request.path.{name}": True for name in route.variables}
    return answered


def permission(api: RestApi, route: Route, stage: str) -> awslambda.Permission:
    """Let `route` of `stage`, and nothing else, invoke its function."""
    # In an ARN a variable part of the path is `*`.
    path = "/".join("*" if is_variable(part) else part for part in route.segments)
    return awslambda.Permission(
        f"{route.title}Permission",
        FunctionName=route.function,
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
        SourceArn=Sub(
            "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:"
            f"${{Api}}/{stage}/{route.method}/{path}",
            Api=Ref(api),
        ),
    )


def is_variable(part: str) -> bool:
    """Whether `part` of a path is a variable, as `{transaction_id}` is."""
    return part.startswith("{")
