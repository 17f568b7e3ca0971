"""Experiments: make, start, stop and read them, and how many answers one needs."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, Field

from firstline.domain.experiments import Experiment, ExperimentContent, ExperimentId, sample_size
from firstline.services.read_experiment import ExperimentReport
from firstline.services.value_policy import PolicyValue
from firstline.web.access import Admin, ContainerOfApp
from firstline.web.idempotency import MaybeRepeated
from firstline.web.replies import json_response

PREFIX = "/admin/experiments"
router = APIRouter(prefix="/admin", tags=["experiments"])


class NewExperiment(ExperimentContent):
    """An experiment to make; it does not run before it is started."""

    experiment_id: ExperimentId


class ExperimentList(BaseModel):
    """Every experiment, by id."""

    experiments: list[Experiment]


class SampleSize(BaseModel):
    """Rewarded answers that both sides together need."""

    one_look: int = Field(description="For one test at the end, by the normal approximation")
    always: int = Field(description="For the interval that experiments are read with, valid whenever one looks")


Known = Annotated[ExperimentId, Path(description="Id of the experiment")]


@router.post("/experiments", status_code=HTTPStatus.CREATED, response_model=Experiment)
def create_experiment(body: NewExperiment, container: ContainerOfApp, by: Admin, repeated: MaybeRepeated) -> Response:
    """Make an experiment; 409 where the id is taken."""

    def create() -> Response:
        made = container.learning.experiments.create(body.experiment_id, body, by=by.user_id)
        return json_response(made, HTTPStatus.CREATED, {"Location": f"{PREFIX}/{made.experiment_id}"})

    return repeated.once(by.user_id, body, create)


@router.get("/experiments")
def list_experiments(container: ContainerOfApp, by: Admin) -> ExperimentList:
    """Every experiment."""
    return ExperimentList(experiments=container.learning.experiments.all())


@router.get("/experiments/{experiment_id}")
def get_experiment(experiment_id: Known, container: ContainerOfApp, by: Admin) -> Experiment:
    """One experiment."""
    return container.learning.experiments.get(experiment_id)


@router.post("/experiments/{experiment_id}/start")
def start_experiment(experiment_id: Known, container: ContainerOfApp, by: Admin) -> Experiment:
    """Begin to assign customers; 409 where it was stopped, or another that runs changes the same thing."""
    return container.learning.experiments.start(experiment_id)


@router.post("/experiments/{experiment_id}/stop")
def stop_experiment(experiment_id: Known, container: ContainerOfApp, by: Admin) -> Experiment:
    """End it for good; everybody is answered as before."""
    return container.learning.experiments.stop(experiment_id)


@router.get("/experiments/{experiment_id}/results")
def experiment_results(experiment_id: Known, container: ContainerOfApp, by: Admin) -> ExperimentReport:
    """What it has found so far; the intervals are valid however often one looks."""
    return container.learning.read_experiment.read(container.learning.experiments.get(experiment_id))


@router.get("/policy-value")
def policy_value(
    container: ContainerOfApp,
    by: Admin,
    policy: Annotated[str, Query(max_length=40, description="A policy, as RL_POLICY names them")],
    days: Annotated[int, Query(ge=1, le=92, description="Days of decisions, today included")] = 30,
) -> PolicyValue:
    """What another policy would have earned on the logged decisions, or why the logs cannot tell."""
    return container.learning.value.value(policy, days=days)


@router.get("/experiment-size")
def experiment_size(
    by: Admin,
    baseline: Annotated[float, Query(gt=0, lt=1, description="Mean reward of the control")],
    effect: Annotated[float, Query(gt=-1, lt=1, description="Smallest difference worth finding, not 0")],
    share: Annotated[float, Query(ge=0.01, le=0.99, description="The variant's share")] = 0.5,
    alpha: Annotated[float, Query(ge=0.001, le=0.2, description="Error rate")] = 0.05,
    power: Annotated[float, Query(ge=0.5, le=0.99, description="Probability of finding the effect")] = 0.8,
) -> SampleSize:
    """How many rewarded answers an experiment needs."""
    one_look, always = sample_size(baseline, effect, share=share, alpha=alpha, power=power)
    return SampleSize(one_look=one_look, always=always)
