"""The CDK app: reads the context, makes the stacks, tells what they cost."""

from __future__ import annotations

import sys
from pathlib import Path

from aws_cdk import App, Environment, Tags

from infra_cdk.app_constructs.layers import LayersNotBuiltError, built_layers
from infra_cdk.bill import Bill
from infra_cdk.configuration import Configuration, InvalidContextError, refuse_unknown
from infra_cdk.stacks.application import ApplicationStack
from infra_cdk.stacks.data import DataStack
from infra_cdk.stacks.edge import EdgeStack
from infra_cdk.stacks.firewall import FirewallStack
from infra_cdk.stacks.mail import MailStack
from infra_cdk.stacks.observability import ObservabilityStack
from infra_cdk.stacks.search import SearchStack


def build(app: App, configuration: Configuration, *, layers: Path) -> None:
    """Make every stack that the configuration asks for.

    Parameters
    ----------
    layers : Path
        Folder of the built layers.
    """
    where = Environment(region=configuration.region)
    prefix = configuration.prefix
    data = DataStack(app, f"{prefix}-Data", configuration=configuration, env=where)
    search = SearchStack(app, f"{prefix}-Search", configuration=configuration, env=where)
    search.add_stack_dependency(data)
    application = ApplicationStack(
        app,
        f"{prefix}-Application",
        configuration=configuration,
        data=data,
        search=search,
        layers=layers,
        env=where,
    )
    ObservabilityStack(
        app,
        f"{prefix}-Observability",
        configuration=configuration,
        data=data,
        application=application,
        env=where,
    )
    if configuration.mail_domain:
        MailStack(app, f"{prefix}-Mail", configuration=configuration, intake=data.mail, env=where)
    if configuration.edge:
        firewall = (
            FirewallStack(app, f"{prefix}-Firewall", configuration=configuration, env=where)
            if configuration.waf
            else None
        )
        EdgeStack(
            app,
            f"{prefix}-Edge",
            configuration=configuration,
            api_host=application.rest.host,
            firewall_arn=firewall.acl.attr_arn if firewall else None,
            env=where,
        )
    Tags.of(app).add("firstline:stage", configuration.stage)


def main() -> None:
    """Synthesise; a context that does not fit ends with its name and no trace."""
    app = App()
    try:
        refuse_unknown(app.node.get_all_context())
        configuration = Configuration.from_context(app.node.try_get_context)
        layers = built_layers(configuration)
    except (InvalidContextError, LayersNotBuiltError) as error:
        sys.exit(f"Not synthesised: {error}")
    build(app, configuration, layers=layers)
    app.synth()
    print(Bill.of(configuration).text(), file=sys.stderr)


if __name__ == "__main__":
    main()
