"""Pipeline: takes a commit to dev and, once a person has approved the change, to prod.

Source, build, then for each environment a plan and its execution. Shaped like any layer, and deployed by
itself into the tooling account; `pipeline/delivery/` holds its parts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from awacs import codebuild as builds
from awacs import codeconnections, codestar_connections, kms, s3
from awacs.aws import Statement
from troposphere import AWSHelperFn, Ref, Sub, Template, codebuild, codepipeline, iam

from pipeline.delivery import (
    access,
    approvers,
    boundary,
    buildspecs,
    execution,
    names,
    notices,
    own_stack,
    projects,
    stages,
)
from pipeline.delivery.artifact_store_stack import Store
from pipeline.delivery.projects import Duty, Platform
from pipeline.delivery.settings import (
    Branch,
    ConnectionArn,
    DevAccount,
    DevCustomer,
    ExternalId,
    PipelineName,
    ProdAccount,
    ProdCustomer,
    ReleaseEmail,
    Repository,
    TopicArn,
)
from templates import grants
from templates.settings import LogRetentionDays
from templates.wires import BucketName, KeyArn

TEST_PAYMENT = "TestPayment"
RESTARTS = "Executing this ends the run; the newest commit starts again. "
BUILD_MINUTES, PLAN_MINUTES, SMOKE_MINUTES = 60, 60, 20
# A Multi-AZ database takes half an hour to make or to change; a canary takes its time too.
EXECUTE_MINUTES = 240


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """What the pipeline is told of repository, accounts and people."""

    connection_arn: ConnectionArn
    repository: Repository
    branch: Branch
    dev_account: DevAccount
    prod_account: ProdAccount
    external_id: ExternalId
    release_email: ReleaseEmail
    dev_customer: DevCustomer
    prod_customer: ProdCustomer
    artifact_bucket: BucketName
    artifact_key_arn: KeyArn
    log_retention_days: LogRetentionDays


@dataclass(frozen=True, kw_only=True)
class Outputs:
    """What the pipeline offers to people who look for it."""

    pipeline_name: PipelineName
    release_topic_arn: TopicArn


def build(template: Template, given: Inputs) -> Outputs:
    """Add what the pipeline stands on, then its builds, then the pipeline, then who is told of it."""
    accounts: dict[str, DevAccount | ProdAccount] = {"dev": given.dev_account, "prod": given.prod_account}
    bounds = template.add_resource(boundary.of_pipeline())
    kept = Store(given.artifact_bucket, given.artifact_key_arn)
    own_stack.add_execution_role(template, bounds, kept, given.connection_arn)
    topic = notices.add(template, kept.key, given.release_email)
    template.add_resource(approvers.policy(kept))

    platform = Platform(
        store=kept,
        bounds=bounds,
        external_id=given.external_id,
        log_retention_days=given.log_retention_days,
    )
    made = {each.title: projects.add(template, platform, each) for each in duties(given, platform, accounts)}
    role = add_pipeline_role(template, given, platform, made)
    pipeline = template.add_resource(release_pipeline(given, role, kept, made))
    template.add_resource(notices.rule(pipeline, topic))
    return Outputs(pipeline_name=PipelineName(Ref(pipeline)), release_topic_arn=TopicArn(Ref(topic)))


def duties(given: Inputs, platform: Platform, accounts: Mapping[str, DevAccount | ProdAccount]) -> list[Duty]:
    """Every build of the pipeline: the one that builds, and for each stack those that plan and execute."""
    customers = {"dev": given.dev_customer, "prod": given.prod_customer}
    # Risks that nobody accepted end a run in dev. In prod the approver sees them on top; `execute` refuses.
    options = {"dev": [], "prod": ['--for-approval --ran "$RAN"']}
    found = [building(platform, accounts), *own_stack.duties(platform, PLAN_MINUTES, EXECUTE_MINUTES)]
    for environment, account in accounts.items():
        title = environment.capitalize()
        own = environment_of(given, environment, account)
        found += [
            Duty(
                title=f"{title}Plan",
                name=names.project(names.PLAN, environment),
                purpose=f"Plan what a release changes in {environment}",
                buildspec=buildspecs.plan(environment, *options[environment], buildspecs.AS_TARGET_ROLE),
                minutes=PLAN_MINUTES,
                may=[
                    assume(names.PLAN, environment, account),
                    projects.write_reviews(platform.store),
                ],
                environment={**own, "ROLE": role_arn(names.PLAN, environment, account)},
            ),
            Duty(
                title=f"{title}Execute",
                name=names.project(names.EXECUTE, environment),
                purpose=f"Execute what was planned for {environment}",
                buildspec=buildspecs.execute(f"{title}Plan", buildspecs.AS_TARGET_ROLE),
                minutes=EXECUTE_MINUTES,
                may=[assume(names.EXECUTE, environment, account)],
                environment={**own, "ROLE": role_arn(names.EXECUTE, environment, account)},
            ),
            Duty(
                title=f"{title}Smoke",
                name=names.project(names.SMOKE, environment),
                purpose=f"See whether {environment} takes payments",
                buildspec=buildspecs.smoke(),
                minutes=SMOKE_MINUTES,
                may=[assume(names.SMOKE, environment, account)],
                environment={
                    **own,
                    "ROLE": role_arn(names.SMOKE, environment, account),
                    "CUSTOMER": customers[environment],
                },
            ),
        ]
    return found


def building(platform: Platform, accounts: Mapping[str, AWSHelperFn]) -> Duty:
    """The build that checks, builds and publishes; it knows what bounds the roles of each environment."""
    return Duty(
        title="Build",
        name=f"{names.PIPELINE_STACK}-build",
        purpose="Check, build and publish a release",
        buildspec=buildspecs.release(),
        minutes=BUILD_MINUTES,
        may=projects.publish(platform.store),
        environment={
            f"{name.upper()}_BOUNDARY": names.policy_arn(names.stack_boundary(name), account)
            for name, account in accounts.items()
        },
        compute="BUILD_GENERAL1_MEDIUM",
    )


def environment_of(given: Inputs, environment: str, account: AWSHelperFn) -> dict[str, AWSHelperFn | str]:
    """What a build is told of the environment that it works on."""
    return {
        "STACK": names.stack(environment),
        "EXTERNAL_ID": given.external_id,
        "EXECUTION_ROLE": role_arn(names.EXECUTION, environment, account),
    }


def role_arn(task: str, environment: str, account: AWSHelperFn) -> Sub:
    """ARN of the role of `task` in an environment's account."""
    return names.role_arn(account, names.target_role(task, environment))


def assume(task: str, environment: str, account: AWSHelperFn) -> Statement:
    """Be the role of `task` in an environment's account."""
    return access.assume(role_arn(task, environment, account))


def add_pipeline_role(
    template: Template, given: Inputs, platform: Platform, made: Mapping[str, codebuild.Project]
) -> iam.Role:
    """Add the role that the pipeline itself runs under: it fetches sources and starts builds."""
    own = grants.within(platform.store.bucket_arn, f"/{names.PIPELINE}/*")
    policy = iam.ManagedPolicy(
        "PipelinePolicy",
        PolicyDocument=grants.policy(
            grants.allow(
                "UseConnection",
                # The service had another name, which older connections still go by.
                [codeconnections.UseConnection, codestar_connections.UseConnection],
                given.connection_arn,
            ),
            grants.allow("ReadAndWriteArtifacts", [s3.GetObject, s3.GetObjectVersion, s3.PutObject], own),
            grants.allow(
                "ReadBucketSettings",
                [s3.GetBucketLocation, s3.GetBucketVersioning],
                platform.store.bucket_arn,
            ),
            grants.through(
                ["s3"],
                grants.allow("UseArtifactKey", [kms.Decrypt, kms.GenerateDataKey], platform.store.key),
            ),
            grants.allow(
                "RunBuilds",
                [builds.BatchGetBuilds, builds.StartBuild],
                *[each.get_att("Arn") for each in made.values()],
            ),
        ),
    )
    return template.add_resource(
        iam.Role(
            "PipelineRole",
            AssumeRolePolicyDocument=execution.for_this_account("codepipeline"),
            ManagedPolicyArns=[Ref(template.add_resource(policy))],
            PermissionsBoundary=Ref(platform.bounds),
        )
    )


def release_pipeline(
    given: Inputs, role: iam.Role, kept: Store, made: Mapping[str, codebuild.Project]
) -> codepipeline.Pipeline:
    """The pipeline itself."""
    return codepipeline.Pipeline(
        "ReleasePipeline",
        Name=names.PIPELINE,
        PipelineType="V2",
        # A newer run takes the place of one that waits: a queue would have people approve what is out of
        # date, one commit after the other. A run within a stage is left alone.
        ExecutionMode="SUPERSEDED",
        RoleArn=role.get_att("Arn"),
        # A run that updates the pipeline ends there, and is started again under the new one.
        RestartExecutionOnUpdate=True,
        ArtifactStore=codepipeline.ArtifactStore(
            Type="S3",
            Location=kept.bucket,
            EncryptionKey=codepipeline.EncryptionKey(Type="KMS", Id=kept.key),
        ),
        Triggers=stages.triggers(given.branch),
        Variables=[
            codepipeline.VariableDeclaration(
                Name=TEST_PAYMENT,
                DefaultValue="no",
                Description="yes to charge ProdCustomer a tagged test payment after a release",
            )
        ],
        Stages=run_of_stages(given, made),
    )


def run_of_stages(given: Inputs, made: Mapping[str, codebuild.Project]) -> list[codepipeline.Stages]:
    """The stages in order; a change of the pipeline itself comes first, for the rest runs under it."""
    return [
        stages.source(given.connection_arn, given.repository, given.branch),
        stages.build(made["Build"]),
        stages.plan("Pipeline", made["PipelinePlan"], {}),
        stages.stage(
            "Pipeline",
            stages.approve("Pipeline", run_order=1, said_first=RESTARTS),
            stages.execute("Pipeline", made["PipelineExecute"], run_order=2),
            BeforeEntry=stages.unless_unchanged("Pipeline"),
        ),
        stages.plan("Dev", made["DevPlan"], {}),
        stages.stage(
            "Dev",
            stages.execute("Dev", made["DevExecute"]),
            stages.smoke(made["DevSmoke"], "yes"),
            OnFailure=stages.rollback(),
        ),
        stages.plan("Prod", made["ProdPlan"], {"RAN": "#{DevRun.DIGEST}"}, stages.approve("Prod")),
        stages.stage(
            "Prod",
            stages.execute("Prod", made["ProdExecute"]),
            stages.smoke(made["ProdSmoke"], f"#{{variables.{TEST_PAYMENT}}}"),
            BeforeEntry=stages.unless_unchanged("Prod"),
            OnFailure=stages.rollback(),
        ),
    ]
