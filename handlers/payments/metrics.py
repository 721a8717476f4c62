"""Names of the metrics that the functions count; alarms watch some of them."""

VALIDATED = "PaymentValidated"
PROCESSED = "PaymentProcessed"
DECLINED = "PaymentDeclined"
RETRIED = "PaymentRetried"
FAILED = "PaymentFailed"
REQUEUED = "PaymentRequeued"
STUCK = "PaymentStuck"
LIVE_KEY = "GatewayKeyLive"  # 1 where the gateway's key is of live mode, 0 where it is of test mode
AUDITED = "AuditRecorded"
HANDLED_FAILURE = "HandledFailure"
