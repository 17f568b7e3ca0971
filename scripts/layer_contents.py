"""What of the locked packages goes into which layer, and what of a package is left behind."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

# What some functions do not need has a layer of its own; all other packages are in ``dependencies``.
PACKAGES = {
    "documents": ("pypdfium2", "selectolax"),
    "embedding": ("onnxruntime", "tokenizers"),
    "language_model": (
        "anthropic",
        "docstring-parser",
        "h11",
        "httpcore2",
        "httpx2",
        "jiter",
        "sniffio",
        "truststore",
    ),
    # A function has five layers at most, and the API has them: "web" has what is in here.
    "tools": ("jsonschema-rs",),
    "web": ("fastapi", "fastapi-offline", "jsonschema-rs", "mangum", "python-multipart", "starlette"),
}
# Locked because another package asks for it, or for the laptop; never imported in a function.
LEFT_OUT = {
    "aiosmtpd": "the laptop's mail port",
    "atpublic": "of the laptop's mail port",
    "attrs": "of the laptop's mail port",
    "click": "of uvicorn and the hub's client",
    "colorama": "for Windows",
    "editables": "builds the project",
    "filelock": "of the hub's client",
    "flatbuffers": "of onnxruntime's tools",
    "fsspec": "of the hub's client",
    "grpcio": "opensearch-py's other transport",
    "hatchling": "builds the project",
    "hf-xet": "of the hub's client",
    "huggingface-hub": "of tokenizers: models come with the layer, nothing is fetched",
    "opensearch-protobufs": "opensearch-py's other transport",
    "packaging": "of builds and tests",
    "pathspec": "builds the project",
    "pluggy": "builds the project",
    "protobuf": "of onnxruntime's tools and opensearch-py's other transport",
    "pycparser": "builds cffi's modules",
    "tomlkit": "builds the project",
    "tqdm": "of the hub's client and the scripts",
    "trove-classifiers": "builds the project",
    "uvicorn": "the laptop's server",
    "watchfiles": "the laptop's watcher",
    "websockets": "the laptop's server and client",
}
# The AWS services that the package calls; botocore brings the descriptions of some four hundred.
AWS_SERVICES = (
    "apigatewaymanagementapi",
    # Of this one, only how its event streams look.
    "bedrock-runtime",
    "dynamodb",
    "s3",
    "secretsmanager",
    "sesv2",
    "sqs",
    "stepfunctions",
    "sts",
)
_UNUSED_PATHS = (
    "aws_lambda_powertools/event_handler/openapi/swagger_ui",
    "bin",
    "numpy/_core/include",
    "numpy/_core/lib",
    "numpy/_pyinstaller",
    "numpy/distutils",
    "numpy/doc",
    "numpy/f2py",
    "numpy/testing",
    "onnxruntime/datasets",
    "onnxruntime/quantization",
    "onnxruntime/tools",
    "onnxruntime/transformers",
    "pypdfium2_cli",
)
# The C library beside onnxruntime's Python module, which has all of it inside; numpy's own tests; the fast half of
# PyYAML, of which safe_load makes no use.
_UNUSED_FILES = ("libonnxruntime.so*", "_simd.*.so", "_yaml.*.so")
# Lists of what a wheel was built from: for those who examine the wheels, which are locked by hash.
_UNUSED_FOLDERS = {"tests", "__pycache__", "sboms"}
_UNUSED_SUFFIXES = {".a", ".c", ".h", ".pxd", ".pyi", ".pyx"}
# Written by the installer about itself: they differ between two installations of the same wheels.
_INSTALLER_FILES = {"INSTALLER", "RECORD", "REQUESTED", "direct_url.json", "uv_cache.json"}
# Of the package, what only the laptop and the developer's scripts use.
_LAPTOP_FOLDERS = {"evaluation", "local"}
_MODEL_FILES = ("model.int8.onnx", "tokenizer.json")


def strip(python: Path) -> None:
    """Remove tests, sources of compiled parts and what no function imports from installed packages."""
    for unused in _UNUSED_PATHS:
        shutil.rmtree(python / unused, ignore_errors=True)
    for folder in [path for path in python.rglob("*") if path.is_dir() and path.name in _UNUSED_FOLDERS]:
        shutil.rmtree(folder, ignore_errors=True)
    for path in [path for path in python.rglob("*") if path.is_file()]:
        of_installer = path.name in _INSTALLER_FILES and path.parent.name.endswith(".dist-info")
        if path.suffix in _UNUSED_SUFFIXES or of_installer or path.name == ".lock":
            path.unlink()
    for pattern in _UNUSED_FILES:
        for path in list(python.rglob(pattern)):
            path.unlink()
    descriptions = python / "botocore" / "data"
    if descriptions.is_dir():
        for service in [path for path in descriptions.iterdir() if path.is_dir() and path.name not in AWS_SERVICES]:
            shutil.rmtree(service)


def package_files(package: Path) -> Iterator[Path]:
    """Yield our package's files that functions may use, in order."""
    for path in sorted(package.rglob("*")):
        parts = path.relative_to(package).parts
        # A tool may leave a cache beside the sources: .mypy_cache, .ruff_cache.
        hidden = any(part == "__pycache__" or part.startswith(".") for part in parts)
        if path.is_file() and not hidden and parts[0] not in _LAPTOP_FOLDERS:
            yield path


def copy_package(package: Path, target: Path) -> None:
    """Copy our package without the laptop's parts."""
    for path in package_files(package):
        copy = target / path.relative_to(package)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)


def copy_model(folder: Path, target: Path) -> None:
    """Copy the embedding model's files."""
    target.mkdir(parents=True)
    for name in _MODEL_FILES:
        shutil.copyfile(folder / name, target / name)
