"""Functions: how many of them may run at once, how often they are called, and how long they take."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from pipeline.capacity.limit import Limit, executions
from pipeline.capacity.load import Load
from pipeline.evaluation.resolved import Deployed, Resource
from pipeline.release.contradictions import API_SECONDS, queue_of
from templates import names

# What Lambda keeps for functions that reserve nothing, and how many calls an execution environment takes a
# second: "Lambda quotas".
UNRESERVED = 100
CALLS_AN_EXECUTION = 10


@dataclass(frozen=True)
class Work:
    """What the API asks of a function for each payment."""

    calls: float
    seconds: float
    p99: float


def works(load: Load) -> Mapping[str, Work]:
    """The work of each function that answers the API, by the part that its name plays."""
    return {
        names.VALIDATOR: Work(1, load["validator_seconds"], load["validator_p99"]),
        names.PROCESSOR: Work(1, load["processor_seconds"], load["processor_p99"]),
        names.AUDIT_LOGGER: Work(load["reads"], load["reader_seconds"], load["reader_p99"]),
    }


def role(deployed: Deployed, function: Resource) -> str:
    """The part that the name of `function` plays, without the environment's suffix."""
    name = function.text("FunctionName") or ""
    return name.removesuffix(f"-{deployed.parameters.get('EnvironmentSuffix', '')}")


def limits(deployed: Deployed, load: Load) -> Iterator[Limit]:
    """Of each function, and of all of them together."""
    needs: list[Callable[[float], float]] = []
    reserved = 0.0
    for function in deployed.all("AWS::Lambda::Function"):
        own = function.number("ReservedConcurrentExecutions") or 0
        reserved += own
        work = works(load).get(role(deployed, function))
        if work:
            need = at_once(deployed, load, function, work)
            needs.append(need)
            yield from of_function(function, work, own, need, role(deployed, function))
    yield from of_queues(deployed, load)
    yield from of_stream(deployed, load)
    yield Limit(
        what="executions at once, all functions",
        place="account",
        limit=load["lambda_concurrency"],
        need=lambda rate: UNRESERVED + max(reserved, sum(need(rate) for need in needs)),
        turn="the account's quota (lambda_concurrency)",
        source="Lambda quotas",
    )


def at_once(deployed: Deployed, load: Load, function: Resource, work: Work) -> Callable[[float], float]:
    """How many executions of `function` a rate of payments needs: for the API, and for the stream."""
    streams = [each for each in streamed(deployed) if deployed.behind(each, "FunctionName") == function]

    def need(rate: float) -> float:
        batches = stream_batches(load, rate) if streams else 0.0
        return executions(rate * work.calls, work.seconds) + batches

    return need


def of_function(
    function: Resource, work: Work, reserved: float, need: Callable[[float], float], name: str
) -> Iterator[Limit]:
    """What one function that answers the API can take."""
    if reserved:
        yield Limit(
            what=f"executions of {name} at once",
            place=function.place,
            limit=reserved,
            need=need,
            turn="FunctionConcurrency",
            source="Lambda: Understanding function scaling (Little's law), Erlang's loss formula",
        )
        yield Limit(
            what=f"calls of {name} a second",
            place=function.place,
            limit=reserved * CALLS_AN_EXECUTION,
            need=lambda rate: rate * work.calls,
            turn="FunctionConcurrency",
            source="Lambda quotas",
        )
    yield Limit(
        what=f"99th percentile of {name}, seconds",
        place=function.place,
        limit=min(function.number("Timeout") or 3.0, API_SECONDS),
        need=lambda rate: work.p99,  # noqa: ARG005 # whatever the rate
        turn="FunctionMemoryMb; the timeout is at the API's own already",
        source="Amazon API Gateway quotas: integration timeout",
    )


def of_queues(deployed: Deployed, load: Load) -> Iterator[Limit]:
    """What the retry queue can be worked off at."""
    for source in deployed.all("AWS::Lambda::EventSourceMapping"):
        function = deployed.behind(source, "FunctionName")
        most = source.number("ScalingConfig/MaximumConcurrency")
        if function and most is not None and queue_of(deployed, source):
            yield Limit(
                what="messages retried at once",
                place=source.place,
                limit=most,
                # A message waits for its turn: no room for peaks is needed.
                need=lambda rate: rate * load["retried"] * load["retrier_seconds"],
                turn="RETRIES_AT_ONCE of templates/compute",
                source="Lambda: Configuring scaling behavior for SQS event source mappings",
            )


def of_stream(deployed: Deployed, load: Load) -> Iterator[Limit]:
    """What the table's stream can be worked off at: one batch of each shard at a time, times the factor."""
    for source in streamed(deployed):
        factor = source.number("ParallelizationFactor") or 1
        yield Limit(
            what="batches of the table's stream at once",
            place=source.place,
            limit=factor * load["table_partitions"],
            need=lambda rate: stream_batches(load, rate),
            turn="ParallelizationFactor in templates/compute/triggers.py; shards grow with the table",
            source="Lambda: Parameters for DynamoDB event source mappings",
        )


def streamed(deployed: Deployed) -> list[Resource]:
    """The mappings that hand over the stream of a table."""
    tables = {each.target for each in deployed.all("AWS::DynamoDB::Table")}
    sources = deployed.all("AWS::Lambda::EventSourceMapping")
    return [each for each in sources if tables.intersection(each.refers_to("EventSourceArn"))]


def stream_batches(load: Load, rate: float) -> float:
    """How many batches are in the works at once: a batch's objects are written one after the other."""
    return rate * load["transitions"] * load["object_seconds"]
