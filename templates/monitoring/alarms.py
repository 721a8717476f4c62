"""Alarms: who is told when a watch finds something, and what is taken back for it."""

from __future__ import annotations

from collections.abc import Sequence

from troposphere import AWSHelperFn, Join, Ref, Sub
from troposphere.cloudwatch import Alarm, CompositeAlarm, MetricDimension

from templates import names
from templates.monitoring.watches import Watch


def alarm(watch: Watch, topic: AWSHelperFn) -> Alarm:
    """Tells `topic` when what is watched turns bad, what to do, and when it is well again."""
    raised = Alarm(
        f"{watch.title}Alarm",
        AlarmName=names.named(watch.name),
        AlarmDescription=watch.advice,
        Namespace=watch.metric.namespace,
        MetricName=watch.metric.name,
        Dimensions=[
            MetricDimension(Name=name, Value=value) for name, value in watch.metric.dimensions.items()
        ],
        Period=watch.metric.period,
        EvaluationPeriods=watch.periods,
        DatapointsToAlarm=watch.of_which or watch.periods,
        ComparisonOperator="GreaterThanThreshold" if watch.above else "LessThanThreshold",
        Threshold=watch.threshold,
        TreatMissingData=watch.no_data,
        AlarmActions=[topic],
        OKActions=[topic],
    )
    if watch.metric.statistic.startswith("p"):
        raised.ExtendedStatistic = watch.metric.statistic
    else:
        raised.Statistic = watch.metric.statistic
    return raised


def rollback_alarm(failing: Sequence[Alarm], topic: AWSHelperFn) -> CompositeAlarm:
    """One alarm over `failing`, for whoever deploys: raised while it goes on, it takes the change back."""
    return CompositeAlarm(
        "RollbackAlarm",
        AlarmName=names.named("payment-rollback"),
        AlarmDescription="Payments suffer; a deployment that is under way is taken back. First: see which "
        "of the alarms that it is made of is raised, and do what that one says.",
        AlarmRule=Join(" OR ", [Sub('ALARM("${Name}")', Name=Ref(each)) for each in failing]),
        AlarmActions=[topic],
        OKActions=[topic],
    )
