"""SAM: the transform AWS::Serverless-2016-10-31, applied by aws-sam-translator where that is installed.

What only a deployment knows has a placeholder while the translator runs. Nothing here calls AWS: managed
policies that the translator does not ship keep their names, and applications of the repository an address.
"""

from __future__ import annotations

import copy
import importlib.util
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

PACKAGE = "samtranslator"
HOW_TO_HAVE_IT = "pip install -r requirements/sam.txt"
TYPES = "AWS::Serverless::"
# The resource that has the logical id of the SAM resource after the transform.
BECOMES = {
    "AWS::Serverless::Api": "AWS::ApiGateway::RestApi",
    "AWS::Serverless::Application": "AWS::CloudFormation::Stack",
    "AWS::Serverless::Function": "AWS::Lambda::Function",
    "AWS::Serverless::GraphQLApi": "AWS::AppSync::GraphQLApi",
    "AWS::Serverless::HttpApi": "AWS::ApiGatewayV2::Api",
    "AWS::Serverless::LayerVersion": "AWS::Lambda::LayerVersion",
    "AWS::Serverless::SimpleTable": "AWS::DynamoDB::Table",
    "AWS::Serverless::StateMachine": "AWS::StepFunctions::StateMachine",
    "AWS::Serverless::WebSocketApi": "AWS::ApiGatewayV2::Api",
}
# Properties that name a local file until `aws cloudformation package` uploads it, and where they may stand.
LOCAL = ("CodeUri", "ContentUri", "DefinitionUri", "SchemaUri")
# The bucket of local files in what the translator makes.
PLACEHOLDER = "s3://local-files/"
# An image that is still to be built.
IMAGE = "local-image"
# What the translator takes for the Region, where none is given; it never appears in what it makes.
ANY_REGION = "us-east-1"
# Stand for the pseudo parameters that nobody gave, in whatever the translator makes of them.
OPEN = {"AWS::Region": "region-not-given", "AWS::Partition": "partition-not-given"}


class TranslatorError(Exception):
    """A template that the translator rejects; the message is its first one."""


@dataclass(frozen=True)
class Translation:
    """A template after the transform, and the local files in it, whose content nobody compares."""

    template: dict[str, object]
    local: tuple[str, ...] = ()


def is_installed() -> bool:
    """Return whether the translator can be imported."""
    return importlib.util.find_spec(PACKAGE) is not None


def translated(
    template: Mapping[str, object], parameters: Mapping[str, str], pseudo: Mapping[str, str]
) -> Translation:
    """Return what the transform makes of a template; raise TranslatorError where it rejects it.

    `parameters` are those whose values are known, `pseudo` the pseudo parameters that are.
    """
    # It takes a second to import, which a template without SAM does not pay.
    from boto3 import Session  # noqa: PLC0415
    from samtranslator.parser.parser import Parser  # noqa: PLC0415
    from samtranslator.plugins.application.serverless_app_plugin import ServerlessAppPlugin  # noqa: PLC0415
    from samtranslator.translator.translator import Translator  # noqa: PLC0415
    from samtranslator.utils.py27hash_fix import (  # noqa: PLC0415
        to_py27_compatible_template,
        undo_mark_unicode_str_in_template,
    )

    logging.getLogger(PACKAGE).setLevel(logging.CRITICAL)
    source = copy.deepcopy(dict(template))
    local = tuple(dict.fromkeys(replace_local_files(source)))
    declared = without_defaults(source)
    region = pseudo.get("AWS::Region", ANY_REGION)
    values: dict[str, object] = {**OPEN, **parameters, **pseudo}
    try:
        to_py27_compatible_template(source, values)
        applications = ServerlessAppPlugin(
            sar_client_creator=Repository,  # type: ignore[arg-type] # it has the one method that is called
            parameters=values,
        )
        translator = Translator(
            None,
            Parser(),
            plugins=[applications],
            boto_session=Session(region_name=region),
        )
        made = translator.translate(source, values, get_managed_policy_map=dict)
        made = undo_mark_unicode_str_in_template(made)
    except Exception as fault:  # the translator also fails by KeyError and TypeError, on anybody's template
        raise TranslatorError(first_message(fault)) from fault
    if declared is not None:
        made["Parameters"] = declared
    made["Resources"] = in_order(made["Resources"], template["Resources"])
    return Translation({name: opened(section) for name, section in made.items()}, local)


class Repository:
    """Stands for the Serverless Application Repository: an application's template has an address."""

    def create_cloud_formation_template(self, **names: str) -> dict[str, str]:
        """Return the address of an application's template, as if it were there already."""
        address = "/".join(names[name] for name in ("ApplicationId", "SemanticVersion"))
        return {"Status": "ACTIVE", "TemplateUrl": f"serverlessrepo:{address}", **names}


def first_message(fault: Exception) -> str:
    """Return the first line of the first cause of an error of the translator."""
    causes = getattr(fault, "causes", None)
    first = causes[0] if causes else fault
    message = str(getattr(first, "message", "") or first) or type(first).__name__
    return message.splitlines()[0]


def in_order(made: Mapping[str, object], declared: object) -> dict[str, object]:
    """The resources that were made in the order of those that they were made of, by their names."""
    places = {name: place for place, name in enumerate(declared)} if isinstance(declared, dict) else {}

    def place(name: str) -> int:
        lengths = range(len(name), 0, -1)
        return next((places[name[:length]] for length in lengths if name[:length] in places), len(places))

    return {name: made[name] for name in sorted(made, key=place)}


def without_defaults(source: dict[str, object]) -> object:
    """Take the defaults out of the parameters, whose values are given; return what was declared."""
    declared = source.get("Parameters")
    if isinstance(declared, dict):
        source["Parameters"] = {
            name: {key: value for key, value in parameter.items() if key != "Default"}
            if isinstance(parameter, dict)
            else parameter
            for name, parameter in declared.items()
        }
    return declared


def replace_local_files(source: Mapping[str, object]) -> Iterator[str]:
    """Put a placeholder for each local file, which the translator would reject, and yield its path."""
    for properties in described(source):
        for name in LOCAL:
            path = properties.get(name)
            if isinstance(path, str) and not path.startswith(("s3://", "{{")):
                properties[name] = f"{PLACEHOLDER}{path}"
                yield path
        if properties.get("PackageType") == "Image" and "ImageUri" not in properties:
            properties["ImageUri"] = IMAGE
            yield IMAGE


def described(source: Mapping[str, object]) -> Iterator[dict[str, object]]:
    """Yield the properties of SAM resources, and those that they share."""
    shared = source.get("Globals")
    if isinstance(shared, dict):
        yield from (each for each in shared.values() if isinstance(each, dict))
    resources = source.get("Resources")
    for resource in resources.values() if isinstance(resources, dict) else ():
        if isinstance(resource, dict) and str(resource.get("Type")).startswith(TYPES):
            properties = resource.get("Properties")
            if isinstance(properties, dict):
                yield properties


def opened(node: object, *, substituted: bool = False) -> object:
    """Return what the translator made, with the pseudo parameters that nobody gave in the place of words."""
    if isinstance(node, dict):
        return {
            str(name): opened(member, substituted=name == "Fn::Sub" and len(node) == 1)
            for name, member in node.items()
        }
    if isinstance(node, list):
        return [opened(item, substituted=substituted and index == 0) for index, item in enumerate(node)]
    if isinstance(node, str) and any(word in node for word in OPEN.values()):
        text = node if substituted else node.replace("${", "${!")
        for name, word in OPEN.items():
            text = text.replace(word, f"${{{name}}}")
        return text if substituted else {"Fn::Sub": text}
    return node
