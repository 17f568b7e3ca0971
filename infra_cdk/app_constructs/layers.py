"""The layers that scripts/build_layers has built."""

from __future__ import annotations

from pathlib import Path

from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra_cdk.app_constructs.lifetime import removal_policy
from infra_cdk.app_constructs.python_function import architecture, runtime
from infra_cdk.configuration import Configuration

NAMES = ("firstline", "dependencies", "documents", "embedding", "language_model", "tools", "web")
BUILT = Path(__file__).resolve().parents[2] / "build" / "layers"


class LayersNotBuiltError(FileNotFoundError):
    """The layers for this processor and Python are not there; the message tells how to build them."""


def built_layers(configuration: Configuration) -> Path:
    """Return the folder of the built layers. Raises ``LayersNotBuiltError``."""
    folder = BUILT / f"{configuration.architecture}-python{configuration.python}"
    if not all((folder / name).is_dir() for name in NAMES):
        command = f"scripts/build_layers --architecture {configuration.architecture} --python {configuration.python}"
        raise LayersNotBuiltError(f"the layers are not built; run {command}")
    return folder


class Layers(Construct):
    """One layer version each; those of the version before stay until nothing can be rolled back to them."""

    def __init__(self, scope: Construct, id: str, *, configuration: Configuration, folder: Path) -> None:
        super().__init__(scope, id)
        self.versions: dict[str, lambda_.ILayerVersion] = {
            name: lambda_.LayerVersion(
                self,
                name.title().replace("_", ""),
                code=lambda_.Code.from_asset(str(folder / name)),
                compatible_runtimes=[runtime(configuration.python)],
                compatible_architectures=[architecture(configuration.architecture)],
                description=f"Firstline: {name}",
                removal_policy=removal_policy(configuration),
            )
            for name in NAMES
        }
