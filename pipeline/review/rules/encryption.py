"""Rules on data that was encrypted, or under a key of one's own, and no longer is."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.evaluation.values import ABSENT, NoValue, Unknown, Value, at, is_true, mapping, plain
from pipeline.review.model import Change, Risk
from pipeline.review.rules.context import Context, risk

# A property that turns encryption on: StorageEncrypted, SSEEnabled, EnforceHTTPS ...
SWITCH = re.compile(
    r"^(\w*Encrypted|\w*Encryption\w*Enabled|SSEEnabled|SqsManagedSseEnabled|Encrypted|EnforceHTTPS|RequireTLS|EncryptionDisabled"
    r"|EncryptAtRest|EnableEncryption|\w*EncryptionInTransit|InCluster)$"
)
OFF_SWITCH = re.compile(r"^(EncryptionDisabled|DisableEncryption)$")
# A property that names the key: KmsKeyId, KMSMasterKeyID, KmsKeyArn, EncryptionKey, VolumeEncryptionKey ...
KEY = re.compile(
    r"^(\w*(Kms|KMS)\w*Key(Id|ID|Arn|ARN|Identifier)?|(Kms|KMS)\w*(Id|Arn|ARN)|\w*EncryptionKey(Id|Arn|ARN)?|\w*CmkArn|Cmk\w*)$"
)
NOT_A_KEY = re.compile(r"Reuse|Rotation|Usage|Policy|Spec$|Enabled$", re.IGNORECASE)
ENCRYPTING = re.compile(r"encrypt|sse|kms", re.IGNORECASE)
KIND = re.compile(
    r"^(SSEAlgorithm|SSEType|EncryptionType|EncryptionMode|\w*EncryptionOption|KeyType|ClientBroker)$"
)

# What the service does where a template says nothing.
ON_BY_DEFAULT = ("SqsManagedSseEnabled",)
KIND_BY_DEFAULT = {"AWS::S3::Bucket": "AES256"}

STRENGTH = {
    "none": 0,
    "disabled": 0,
    "plaintext": 0,
    "tls_plaintext": 1,
    "tls": 2,
    "aes256": 1,
    "sse_s3": 1,
    "sse-s3": 1,
    "aws_owned_key": 1,
    "aws_owned_kms_key": 1,
    "aws_managed_kms_key": 2,
    "aws:kms": 2,
    "kms": 2,
    "sse_kms": 2,
    "sse-kms": 2,
    "aws:kms:dsse": 3,
    "kms_dsse": 3,
    "aws_owned_cmk": 1,
    "customer_managed_cmk": 3,
    "customer_managed_kms_key": 3,
    "customer_managed": 3,
}
# Properties and server parameters that name the oldest TLS to speak, and the minor version in their values.
OLDEST_TLS = re.compile(
    r"(^|/)(SecurityPolicy|SslPolicy|TLSSecurityPolicy|MinimumProtocolVersion|ssl_min_protocol_version)$"
)
MINOR_VERSION = re.compile(r"1[._-]([0-3])(?!\d)")
# Server parameters that make clients use TLS, by the values that do.
TLS_PARAMETERS = {
    "rds.force_ssl": ("1", "true"),
    "require_secure_transport": ("1", "on", "true"),
    "require_ssl": ("1", "true"),
    "tls": ("enabled",),
}


def switched_off(change: Change, context: Context) -> Iterator[Risk]:
    """Encryption that was on is off."""
    for path, old, new in context.places(change):
        name = path.rpartition("/")[2]
        if OFF_SWITCH.match(name):
            if not is_true(old) and is_true(new):
                yield loss(path, "encryption is turned off", old, new)
            continue
        switch = SWITCH.match(name) or encrypts_by_name(path)
        by_default = path in ON_BY_DEFAULT and isinstance(new, NoValue)
        if (
            switch
            and is_true(old)
            and is_off(new)
            and not (by_default or replaced_by_key(path, change, context))
        ):
            yield loss(path, "encryption is turned off", old, new)


def encrypts_by_name(path: str) -> bool:
    """Tell whether a path ends in the switch of encryption, such as .../EncryptionAtRestOptions/Enabled."""
    above, _, name = path.rpartition("/")
    return name == "Enabled" and bool(re.search(r"Encrypt|SSE", above))


def is_off(value: Value | NoValue) -> bool:
    """Tell whether a value is certainly not true."""
    return isinstance(value, NoValue) or (plain(value) or "true").lower() in ("false", "0", "no", "off")


def replaced_by_key(path: str, change: Change, context: Context) -> bool:
    """Tell whether a queue gives up its own encryption for that under a key."""
    new = context.sides(change)[1]
    return path.endswith("SqsManagedSseEnabled") and bool(new.get("KmsMasterKeyId"))


def default_refused(change: Change, context: Context) -> Iterator[Risk]:
    """A queue that was encrypted by default says that it will not be."""
    if change.type != "AWS::SQS::Queue" or not context.existed(change):
        return
    old, new = context.sides(change)
    refused = plain(new.get("SqsManagedSseEnabled")) == "false" and not new.get("KmsMasterKeyId")
    if refused and plain(old.get("SqsManagedSseEnabled")) != "false":
        before = old.get("SqsManagedSseEnabled", ABSENT)
        yield loss("SqsManagedSseEnabled", "encryption is turned off", before, new["SqsManagedSseEnabled"])


def key_given_up(change: Change, context: Context) -> Iterator[Risk]:
    """A key of one's own gives way to one of AWS's, or to none."""
    for path, old, new in context.places(change):
        name = path.rpartition("/")[2]
        if not KEY.match(name) or NOT_A_KEY.search(name) or not is_own_key(old):
            continue
        if isinstance(new, NoValue) and not still_there(path, change, context):
            continue
        if isinstance(new, NoValue) or new == "" or is_aws_key(new):
            yield loss(path, "no longer encrypted under a key of one's own", old, new)


def is_own_key(value: Value | NoValue) -> bool:
    """Tell whether a value names a key that is not AWS's."""
    present = not isinstance(value, NoValue) and value not in ("", None)
    return present and not is_aws_key(value)


def is_aws_key(value: Value | NoValue) -> bool:
    """Tell whether a value names one of the keys that AWS manages, such as alias/aws/sqs."""
    name = plain(value) or ""
    return "alias/aws/" in name or name in ("AWS_OWNED_KMS_KEY", "AWS_OWNED_KEY")


def still_there(path: str, change: Change, context: Context) -> bool:
    """Tell whether what the key encrypted is still there: a key that goes with its feature is no loss."""
    above, _, _ = path.rpartition("/")
    if not above or ENCRYPTING.search(above):
        return True
    return not isinstance(at(dict(context.sides(change)[1]), above), NoValue)


def weaker_kind(change: Change, context: Context) -> Iterator[Risk]:
    """A kind of encryption gives way to a weaker one."""
    for path, old, new in context.places(change):
        if KIND.match(path.rpartition("/")[2]):
            before, after = (
                strength(KIND_BY_DEFAULT.get(change.type, each) if each is ABSENT else each)
                for each in (old, new)
            )
            gone = isinstance(new, NoValue) and not still_there(path, change, context)
            if before is not None and after is not None and after < before and not gone:
                yield loss(path, "a weaker kind of encryption", old, new)


def strength(value: Value | NoValue) -> int | None:
    """How strong a kind of encryption is, where it is one; nothing at all is 0."""
    return 0 if isinstance(value, NoValue) else STRENGTH.get((plain(value) or "").lower())


def plaintext_listener(change: Change, context: Context) -> Iterator[Risk]:
    """A listener, or what it forwards to, that spoke TLS speaks in the clear."""
    encrypted, clear = ("HTTPS", "TLS", "SSL"), ("HTTP", "TCP")
    for path, old, new in context.places(change):
        if path.rpartition("/")[2] in (
            "Protocol",
            "InstanceProtocol",
            "ViewerProtocolPolicy",
            "OriginProtocolPolicy",
        ):
            before, after = (plain(old) or "").upper(), (plain(new) or "").upper()
            opened = after == "ALLOW-ALL" and before in ("HTTPS-ONLY", "REDIRECT-TO-HTTPS")
            if (before in encrypted and after in clear) or opened:
                yield loss(path, "traffic is no longer encrypted", old, new)


def older_tls(change: Change, context: Context) -> Iterator[Risk]:
    """A TLS is spoken that was too old before."""
    for path, old, new in context.places(change):
        if not OLDEST_TLS.search(path):
            continue
        before, after = plain(old), plain(new)
        if before and after and oldest(after) < oldest(before):
            yield loss(path, "clients may speak an older TLS", before, after)


def oldest(policy: str) -> int:
    """The minor version of the oldest TLS that a policy takes, by its name; 0 where it says none."""
    found = MINOR_VERSION.search(policy)
    return int(found[1]) if found else 0


def tls_not_forced(change: Change, context: Context) -> Iterator[Risk]:
    """A database no longer insists on TLS."""
    if "ParameterGroup" not in change.type or not context.existed(change):
        return
    old, new = (mapping(side.get("Parameters")) for side in context.sides(change))
    for name, forcing in TLS_PARAMETERS.items():
        before, after = plain(old.get(name, ABSENT)), plain(new.get(name, ABSENT))
        unsure = isinstance(new.get(name), Unknown)
        if (before or "").lower() in forcing and (after or "").lower() not in forcing and not unsure:
            yield loss(
                f"Parameters/{name}", "clients may connect without TLS", before or ABSENT, after or ABSENT
            )


def loss(path: str, reason: str, before: Value | NoValue, after: Value | NoValue) -> Risk:
    """The risk, with the place that it is about."""
    return risk("ENCRYPTION_LOSS", f"{path}: {reason}", before, after)
