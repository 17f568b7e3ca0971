"""The deployment on this machine: an AWS emulator, a search node, the real CDK, and the checks of scripts/rehearse."""
