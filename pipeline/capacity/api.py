"""Front: what the API and its firewall let in."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from pipeline.capacity.limit import Limit
from pipeline.capacity.load import Load
from pipeline.evaluation.resolved import Deployed

ACCOUNT_REQUESTS = 10_000
SECONDS_A_MONTH = 730 * 3600


def limits(deployed: Deployed, load: Load) -> Iterator[Limit]:
    """Throttles, quota and rate limit."""
    stage, plan = deployed.only("AWS::ApiGateway::Stage"), deployed.only("AWS::ApiGateway::UsagePlan")
    throttled = stage.number("MethodSettings/0/ThrottlingRateLimit") if stage else None
    if stage and throttled is not None:
        yield Limit(
            what="requests a second, all callers",
            place=stage.place,
            limit=throttled,
            need=lambda rate: rate * load.requests,
            turn="ApiRateLimit",
            source="API Gateway: Throttle requests to your REST APIs",
        )
    yield Limit(
        what="requests a second, all APIs of the account",
        place="account",
        limit=ACCOUNT_REQUESTS,
        need=lambda rate: rate * load.requests,
        turn="the account's quota",
        source="Amazon API Gateway quotas",
    )
    if plan:
        yield from of_callers(deployed, load)
    yield from of_addresses(deployed, load)


def of_callers(deployed: Deployed, load: Load) -> Iterator[Limit]:
    """What the usage plan lets each key do."""
    for plan in deployed.all("AWS::ApiGateway::UsagePlan"):
        share, quota = plan.number("Throttle/RateLimit"), plan.number("Quota/Limit")
        if share is not None:
            yield Limit(
                what="requests a second, each key",
                place=plan.place,
                limit=share * load["clients"],
                need=lambda rate: rate * load.requests,
                turn="ApiRateLimit, or more keys",
                source="API Gateway: Usage plans and API keys",
            )
        if quota is not None and plan.text("Quota/Period") == "MONTH":
            yield Limit(
                what="requests a month, each key",
                place=plan.place,
                limit=quota * load["clients"],
                need=lambda rate: rate * load.requests * load["average_share"] * SECONDS_A_MONTH,
                turn="ApiMonthlyQuota, or more keys",
                source="API Gateway: Usage plans and API keys",
            )


def of_addresses(deployed: Deployed, load: Load) -> Iterator[Limit]:
    """What the firewall lets each address do."""
    for acl in deployed.all("AWS::WAFv2::WebACL"):
        for place in range(acl.size("Rules")):
            at = f"Rules/{place}/Statement/RateBasedStatement"
            most, window = acl.number(f"{at}/Limit"), acl.number(f"{at}/EvaluationWindowSec") or 300
            if most is not None:
                yield Limit(
                    what=f"requests in {window:.0f} s, each address",
                    place=acl.place,
                    limit=most * load["clients"],
                    need=partial(of_window, load.requests * window),
                    turn="WafRateLimit",
                    source="AWS WAF: Rate-based rule statement",
                )


def of_window(each: float, rate: float) -> float:
    """How many requests `rate` payments a second make in the firewall's window, `each` of them so many."""
    return rate * each
