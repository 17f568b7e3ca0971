"""The AWS deployment, by CDK."""
