"""Root: the payment stack, its layers nested in order of dependence."""

from __future__ import annotations

from troposphere import And, Equals, Not, Or, Output, Template

from templates import api, compute, data, monitoring, network, security
from templates.artifacts import Code
from templates.settings import Settings
from templates.stack import Nest, declare, first_line
from templates.wires import Wire


def build(template: Template, code: Code) -> Nest:
    """Nest every layer in `template`, and offer what the original stack offered."""
    given = declare(template, Settings)
    template.add_rule("AuditReplicaIsWhole", audit_replica_is_whole(given))
    nest = Nest(template)

    keys = nest.add(
        "Security",
        security.build,
        security.Inputs(environment_suffix=given.environment_suffix),
    )
    net = nest.add(
        "Network",
        network.build,
        network.Inputs(
            environment_suffix=given.environment_suffix,
            permissions_boundary_arn=given.permissions_boundary_arn,
            availability_zones=given.availability_zones,
            nat_gateways=given.nat_gateways,
            interface_endpoints=given.interface_endpoints,
            s3_prefix_list_id=given.s3_prefix_list_id,
            dynamodb_prefix_list_id=given.dynamodb_prefix_list_id,
            log_retention_days=given.log_retention_days,
            logs_key_arn=keys.logs_key_arn,
        ),
    )
    store = nest.add(
        "Data",
        data.build,
        data.Inputs(
            environment_suffix=given.environment_suffix,
            permissions_boundary_arn=given.permissions_boundary_arn,
            database_class=given.database_class,
            database_storage_gib=given.database_storage_gib,
            database_max_storage_gib=given.database_max_storage_gib,
            database_backup_days=given.database_backup_days,
            audit_lock_days=given.audit_lock_days,
            audit_lock_mode=given.audit_lock_mode,
            audit_replica_bucket_arn=given.audit_replica_bucket_arn,
            audit_replica_key_arn=given.audit_replica_key_arn,
            log_retention_days=given.log_retention_days,
            database_subnet_ids=net.database_subnet_ids,
            database_security_group_id=net.database_security_group_id,
            database_key_arn=keys.database_key_arn,
            audit_key_arn=keys.audit_key_arn,
            data_key_arn=keys.data_key_arn,
            logs_key_arn=keys.logs_key_arn,
        ),
    )
    functions = nest.add(
        "Compute",
        compute.build,
        compute.Inputs(
            environment_suffix=given.environment_suffix,
            permissions_boundary_arn=given.permissions_boundary_arn,
            artifact_bucket=given.artifact_bucket,
            function_memory_mb=given.function_memory_mb,
            function_concurrency=given.function_concurrency,
            canary_deployment=given.canary_deployment,
            accepted_currencies=given.accepted_currencies,
            payment_gateway_url=given.payment_gateway_url,
            log_retention_days=given.log_retention_days,
            private_subnet_ids=net.private_subnet_ids,
            function_security_group_id=net.function_security_group_id,
            gateway_security_group_id=net.gateway_security_group_id,
            data_key_arn=keys.data_key_arn,
            audit_key_arn=keys.audit_key_arn,
            logs_key_arn=keys.logs_key_arn,
            payments_table_name=store.payments_table_name,
            payments_table_arn=store.payments_table_arn,
            payments_stream_arn=store.payments_stream_arn,
            audit_bucket_name=store.audit_bucket_name,
            audit_bucket_arn=store.audit_bucket_arn,
            retry_queue_url=store.retry_queue_url,
            retry_queue_arn=store.retry_queue_arn,
            dead_letter_queue_url=store.dead_letter_queue_url,
            dead_letter_queue_arn=store.dead_letter_queue_arn,
            database_host=store.database_host,
            database_port=store.database_port,
            database_resource_id=store.database_resource_id,
            database_secret_arn=store.database_secret_arn,
            gateway_secret_arn=store.gateway_secret_arn,
        ),
        code=code,
    )
    front = nest.add(
        "Api",
        api.build,
        api.Inputs(
            environment_suffix=given.environment_suffix,
            api_authorization=given.api_authorization,
            api_rate_limit=given.api_rate_limit,
            api_burst_limit=given.api_burst_limit,
            api_monthly_quota=given.api_monthly_quota,
            waf_rate_limit=given.waf_rate_limit,
            log_retention_days=given.log_retention_days,
            logs_key_arn=keys.logs_key_arn,
            validator_alias_arn=functions.validator_alias_arn,
            processor_alias_arn=functions.processor_alias_arn,
            audit_logger_alias_arn=functions.audit_logger_alias_arn,
        ),
    )
    watch = nest.add(
        "Monitoring",
        monitoring.build,
        monitoring.Inputs(
            environment_suffix=given.environment_suffix,
            alert_email=given.alert_email,
            client_errors_threshold=given.client_errors_threshold,
            server_errors_threshold=given.server_errors_threshold,
            blocked_requests_threshold=given.blocked_requests_threshold,
            retry_backlog_threshold=given.retry_backlog_threshold,
            function_errors_threshold=given.function_errors_threshold,
            database_cpu_threshold=given.database_cpu_threshold,
            database_connections_threshold=given.database_connections_threshold,
            latency_threshold_ms=given.latency_threshold_ms,
            data_key_arn=keys.data_key_arn,
            api_name=front.api_name,
            web_acl_name=front.web_acl_name,
            validator_name=functions.validator_name,
            processor_name=functions.processor_name,
            audit_logger_name=functions.audit_logger_name,
            retrier_name=functions.retrier_name,
            sweeper_name=functions.sweeper_name,
            payments_table_name=store.payments_table_name,
            retry_queue_name=store.retry_queue_name,
            dead_letter_queue_name=store.dead_letter_queue_name,
            audit_dead_letter_queue_name=functions.audit_dead_letter_queue_name,
            undelivered_events_queue_name=functions.undelivered_events_queue_name,
            database_id=store.database_id,
        ),
    )

    offered: dict[str, Wire] = {
        "VPCId": net.vpc_id,
        "APIEndpoint": front.api_url,
        "RDSEndpoint": store.database_host,
        "DynamoDBTable": store.payments_table_name,
        "S3AuditBucket": store.audit_bucket_name,
        "SQSRetryQueue": store.retry_queue_url,
        "SNSAlertTopic": watch.alerts_topic_arn,
        "ApiKeyId": front.api_key_id,
        "GatewaySecretArn": store.gateway_secret_arn,
        "RollbackAlarmArn": watch.rollback_alarm_arn,
    }
    for name, wire in offered.items():
        template.add_output(Output(name, Description=first_line(type(wire)), Value=wire))
    return nest


def audit_replica_is_whole(given: Settings) -> dict[str, object]:
    """Audit objects are copied to a bucket under a key, or not at all: CloudFormation refuses half of it."""
    no_bucket = Equals(given.audit_replica_bucket_arn, "")
    no_key = Equals(given.audit_replica_key_arn, "")
    return {
        "Assertions": [
            {
                "Assert": Or(And(no_bucket, no_key), And(Not(no_bucket), Not(no_key))),
                "AssertDescription": "AuditReplicaBucketArn and AuditReplicaKeyArn: give both, or neither",
            }
        ]
    }
