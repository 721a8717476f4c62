"""How layers become templates, and what happens when they do not fit together."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from troposphere import GetAtt, Ref, Template, kms, sns, sqs

from templates.stack import Nest, WiringError, declare, standalone, synthesize
from templates.wires import KeyArn, QueueArn, QueueName, TopicArn


@dataclass(frozen=True, kw_only=True)
class Nothing:
    """A layer that comes first."""


@dataclass(frozen=True, kw_only=True)
class Queues:
    """What the layer of queues offers."""

    retry_queue_arn: QueueArn
    retry_queue_name: QueueName


@dataclass(frozen=True, kw_only=True)
class Topics:
    """What the layer of topics offers."""

    topic_arn: TopicArn


@dataclass(frozen=True, kw_only=True)
class NeedsQueue:
    """What the layer of topics needs."""

    retry_queue_arn: QueueArn


@dataclass(frozen=True, kw_only=True)
class NeedsKey:
    """What a template that uses a key needs."""

    key_arn: KeyArn


def queues(template: Template, given: Nothing) -> Queues:
    queue = template.add_resource(sqs.Queue("RetryQueue"))
    return Queues(
        retry_queue_arn=QueueArn(GetAtt(queue, "Arn")),
        retry_queue_name=QueueName(GetAtt(queue, "QueueName")),
    )


def topics(template: Template, given: NeedsQueue) -> Topics:
    topic = template.add_resource(
        sns.Topic("Topic", Subscription=[sns.Subscription(Endpoint=given.retry_queue_arn, Protocol="sqs")])
    )
    return Topics(topic_arn=TopicArn(Ref(topic)))


def test_an_input_is_a_parameter_of_its_kind() -> None:
    template, _ = synthesize(topics, NeedsQueue)

    parameter = template.to_dict()["Parameters"]["RetryQueueArn"]

    assert {"Description": "ARN of an SQS queue.", "Type": "String"} == parameter


def test_an_input_of_a_template_that_is_deployed_by_itself_is_constrained() -> None:
    def keys(template: Template, given: NeedsKey) -> Nothing:
        template.add_resource(kms.Alias("Alias", AliasName="alias/made-up", TargetKeyId=given.key_arn))
        return Nothing()

    template, _ = standalone(keys, NeedsKey)

    parameter = template.to_dict()["Parameters"]["KeyArn"]
    assert parameter["AllowedPattern"].startswith("^arn:aws[a-z-]*:kms:")


def test_an_input_is_read_by_reference_within_the_layer() -> None:
    template, _ = synthesize(topics, NeedsQueue)

    subscription = template.to_dict()["Resources"]["Topic"]["Properties"]["Subscription"][0]

    assert {"Ref": "RetryQueueArn"} == subscription["Endpoint"]


def test_what_a_layer_offers_is_an_output() -> None:
    template, offered = synthesize(queues, Nothing)

    assert {"Fn::GetAtt": ["RetryQueue", "Arn"]} == template.to_dict()["Outputs"]["RetryQueueArn"]["Value"]
    assert isinstance(offered.retry_queue_arn, QueueArn)


def test_the_root_hands_one_layers_output_to_the_next() -> None:
    nest = Nest(Template())

    offered = nest.add("Queues", queues, Nothing())
    nest.add("Topics", topics, NeedsQueue(retry_queue_arn=offered.retry_queue_arn))

    nested = nest.template.to_dict()["Resources"]["Topics"]
    assert {"Fn::GetAtt": ["Queues", "Outputs.RetryQueueArn"]} == nested["Properties"]["Parameters"][
        "RetryQueueArn"
    ]
    assert ["Queues", "Topics"] == list(nest.layers)


def test_a_wire_of_another_kind_is_refused_by_name() -> None:
    nest = Nest(Template())
    offered = nest.add("Queues", queues, Nothing())
    crossed = NeedsQueue(retry_queue_arn=offered.retry_queue_name)  # type: ignore[arg-type]  # mypy sees it too

    with pytest.raises(
        WiringError, match=r"Topics\.Inputs\.retry_queue_arn: found QueueName, expected QueueArn"
    ):
        nest.add("Topics", topics, crossed)


def test_an_output_of_another_kind_is_refused_by_name() -> None:
    def careless(template: Template, given: Nothing) -> Topics:
        queue = template.add_resource(sqs.Queue("RetryQueue"))
        return Topics(topic_arn=QueueArn(GetAtt(queue, "Arn")))  # type: ignore[arg-type]  # mypy sees it too

    with pytest.raises(WiringError, match=r"Careless\.Outputs\.topic_arn: found QueueArn, expected TopicArn"):
        Nest(Template()).add("Careless", careless, Nothing())


def test_declaring_inputs_adds_nothing_but_their_parameters() -> None:
    template = Template()

    given = declare(template, NeedsQueue)

    assert {"Ref": "RetryQueueArn"} == given.retry_queue_arn.to_dict()
    assert ["RetryQueueArn"] == list(template.to_dict()["Parameters"])
