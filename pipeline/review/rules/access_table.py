"""Table of settings that say who may do what, and with which credentials."""

from __future__ import annotations

from pipeline.review.rules.comparisons import Loss, any_change, gone, off, on, was

DATABASE = r"AWS::(RDS|DocDB|Neptune)::.*"

ACCESS = (
    # Who may do what
    Loss(
        "IAM_WIDENING",
        "AWS::RAM::ResourceShare",
        r"AllowExternalPrincipals",
        was("false"),
        "accounts outside of the organization may be given a share",
    ),
    Loss(
        "IAM_WIDENING",
        r"AWS::RolesAnywhere::(Profile|TrustAnchor)",
        r"Enabled",
        on,
        "holders of certificates may assume its roles",
    ),
    Loss(
        "IAM_WIDENING",
        "AWS::RolesAnywhere::TrustAnchor",
        r"Source(/.*)?",
        any_change,
        "holders of other certificates may assume roles",
    ),
    Loss(
        "IAM_WIDENING",
        "AWS::RolesAnywhere::Profile",
        r"SessionPolicy|ManagedPolicyArns",
        gone,
        "sessions may do all that the role may",
    ),
    # What costs callers their access
    Loss("CREDENTIAL_CHANGE", "AWS::ApiGateway::ApiKey", r"Enabled", off, "callers with the key are refused"),
    Loss("CREDENTIAL_CHANGE", DATABASE, r"MasterUserPassword", any_change, "clients need the new password"),
    Loss(
        "CREDENTIAL_CHANGE",
        "AWS::SecretsManager::Secret",
        r"(SecretString|GenerateSecretString)(/.*)?",
        any_change,
        "the secret gets another value",
    ),
    Loss(
        "CREDENTIAL_CHANGE",
        DATABASE,
        r"ManageMasterUserPassword",
        on,
        "RDS generates a new master password, and puts it into a secret of its own",
    ),
    Loss(
        "CREDENTIAL_CHANGE",
        r"AWS::(ElastiCache::ReplicationGroup|Redshift::Cluster|AmazonMQ::Broker|MemoryDB::User"
        r"|DirectoryService::\w+)",
        r"(AuthToken|MasterUserPassword|(Users/\d+/)?Password|AuthenticationMode/Passwords)",
        any_change,
        "clients need the new one",
    ),
    Loss(
        "CREDENTIAL_CHANGE",
        "AWS::IAM::AccessKey",
        r"(Serial|Status)",
        any_change,
        "its holder needs the new key",
    ),
)
