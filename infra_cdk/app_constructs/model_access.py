"""What a role needs to have the models answer that Bedrock runs: these models, by their streams, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator

from aws_cdk import Stack
from aws_cdk import aws_iam as iam

from infra_cdk.configuration import Configuration

ACTION = "bedrock:InvokeModelWithResponseStream"


def model_statements(configuration: Configuration, stack: Stack) -> Iterator[iam.PolicyStatement]:
    """Yield what lets a role ask each model, be it named by an id, an inference profile or an ARN."""
    for name in configuration.bedrock_models:
        area, dot, model = name.partition(".anthropic.")
        if name.startswith("arn:"):
            yield iam.PolicyStatement(actions=[ACTION], resources=[name])
        elif not dot:
            yield iam.PolicyStatement(actions=[ACTION], resources=[_model(configuration.bedrock_region, name)])
        else:
            profile = f"arn:aws:bedrock:{configuration.bedrock_region}:{stack.account}:inference-profile/{name}"
            yield iam.PolicyStatement(actions=[ACTION], resources=[profile])
            # The global profile also asks for the model of no region.
            regions = ("*", "") if area == "global" else ("*",)
            yield iam.PolicyStatement(
                actions=[ACTION],
                resources=[_model(region, f"anthropic.{model}") for region in regions],
                conditions={"StringEquals": {"bedrock:InferenceProfileArn": profile}},
            )


def wildcards(configuration: Configuration) -> dict[str, str]:
    """Return the resources with an asterisk among them, and its reason."""
    named = [name.partition(".anthropic.")[2] for name in configuration.bedrock_models if not name.startswith("arn:")]
    return {
        _model("*", f"anthropic.{model}"): "An inference profile takes whichever of its regions has room; only by it."
        for model in named
        if model
    }


def _model(region: str, model: str) -> str:
    return f"arn:aws:bedrock:{region}::foundation-model/{model}"
