"""Every template passes cfn-lint; the fixture ``assembly`` fails where cdk-nag finds what has no written reason."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.timeout(600)
# W3005: CDK writes dependencies that a reference implies already.
IGNORED = ["W3005"]
LINT = "import sys; from cfnlint.runner import main; sys.exit(main())"


def test_cloudformation_would_take_every_template(assembly):
    files = [str(path) for path in sorted(assembly.glob("*.template.json"))]
    assert len(files) >= 10
    command = [sys.executable, "-c", LINT, "--regions", "us-east-1", "--format", "parseable"]
    done = subprocess.run([*command, "--ignore-checks", *IGNORED, "--", *files], capture_output=True, text=True)
    assert done.stdout + done.stderr == ""
