"""Secrets concealed in the values of a review."""

from __future__ import annotations

import re

from pipeline.evaluation.values import NoValue, Text, Value, at, plain
from pipeline.review.model import Change

HIDDEN = "••••••"
SECRET = re.compile(
    r"passw(or)?d|passphrase|secret|token|credential|private_?key|api_?key|access_?key|auth_?key|signing_?key",
    re.IGNORECASE,
)
# Words after which a name is about a secret rather than holds it.
ABOUT_IT = re.compile(
    r"(arns?|name|names|ids?|identifier|policy|length|enabled|days|hours|type|version|source|rotation|rules?|required|template"
    r"|prefix|path|url|uri|table|seconds|characters|punctuation|lowercase|uppercase|numbers|space|stringkey|key(id|arn)"
    r"|validity\w*|unit\w*|manage\w*)$",
    re.IGNORECASE,
)
DYNAMIC = re.compile(r"\{\{resolve:(secretsmanager|ssm-secure):[^}]*\}\}")
VALUES_OF = {
    "AWS::ApiGateway::ApiKey": ("Value",),
    "AWS::SecretsManager::Secret": ("SecretString", "GenerateSecretString/SecretStringTemplate"),
}
LABELS = ("Name", "Key", "ParameterKey", "OptionName")


def concealed(change: Change, path: str, value: Value | NoValue) -> Value | NoValue:
    """A value at a place of a resource, with every secret in it hidden."""
    secret = path in VALUES_OF.get(change.type, ()) or any(
        is_secret(each) for each in (*path.split("/"), *labels(change, path))
    )
    return masked(value, secret=secret)


def labels(change: Change, path: str) -> list[str]:
    """What stands beside a Value in a list of names and values."""
    above, _, last = path.rpartition("/")
    if last not in ("Value", "ParameterValue"):
        return []
    beside = (plain(at(side, f"{above}/{name}")) for side in (change.old(), change.new()) for name in LABELS)
    return [each for each in beside if each]


def is_secret(name: str) -> bool:
    """Tell whether something by this name holds a secret."""
    return SECRET.search(name) is not None and ABOUT_IT.search(name) is None


def masked(value: Value | NoValue, *, secret: bool = False) -> Value | NoValue:
    """A value with its secrets hidden; all of it where it is a secret itself."""
    if isinstance(value, dict):
        labelled = any(is_secret(plain(value.get(name)) or "") for name in LABELS)
        return {
            name: _kept(masked(member, secret=secret or is_secret(name) or (labelled and name == "Value")))
            for name, member in value.items()
        }
    if isinstance(value, list):
        return [_kept(masked(item, secret=secret)) for item in value]
    if isinstance(value, str):
        if secret and value.lower() not in ("", "true", "false"):
            return HIDDEN
        return DYNAMIC.sub(lambda found: f"{{{{resolve:{found[1]}:{HIDDEN}}}}}", value)
    if isinstance(value, Text):
        return HIDDEN if secret else Text(tuple(_part(part) for part in value.parts))
    return HIDDEN if secret and isinstance(value, int | float) and not isinstance(value, bool) else value


def _part(part: object) -> str:
    hidden = masked(part if isinstance(part, str) else "")
    return hidden if isinstance(part, str) and isinstance(hidden, str) else part  # type: ignore[return-value] # a symbol holds no secret


def _kept(value: Value | NoValue) -> Value:
    return None if isinstance(value, NoValue) else value
