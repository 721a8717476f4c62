"""Approvers: what a person needs in order to read a review and to answer; attached to people by hand."""

from __future__ import annotations

from awacs import codepipeline, kms, s3
from troposphere import Sub, iam

from pipeline.delivery import names
from pipeline.delivery.artifact_store_stack import Store
from templates import grants

APPROVALS = ("Pipeline/Approve", "ProdPlan/Approve")


def policy(kept: Store) -> iam.ManagedPolicy:
    """See how runs go, read the reviews, and approve or reject; execute nothing."""
    pipeline = f"arn:${{AWS::Partition}}:codepipeline:${{AWS::Region}}:${{AWS::AccountId}}:{names.PIPELINE}"
    return iam.ManagedPolicy(
        "ApproverPolicy",
        ManagedPolicyName=f"{names.PIPELINE_STACK}-approver",
        Description="Read the reviews of releases, and approve or reject them",
        PolicyDocument=grants.policy(
            grants.allow(
                "ReadRuns",
                [
                    codepipeline.GetPipeline,
                    codepipeline.GetPipelineExecution,
                    codepipeline.GetPipelineState,
                    codepipeline.ListActionExecutions,
                    codepipeline.ListPipelineExecutions,
                ],
                Sub(pipeline),
            ),
            grants.allow(
                "Approve",
                [codepipeline.PutApprovalResult],
                *[Sub(f"{pipeline}/{each}") for each in APPROVALS],
            ),
            grants.allow(
                "ReadReviews",
                [s3.GetObject, s3.GetObjectVersion],
                grants.within(kept.bucket_arn, f"/{names.REVIEWS}/*"),
            ),
            grants.through(["s3"], grants.allow("DecryptReviews", [kms.Decrypt], kept.key)),
        ),
    )
