"""The learner of a running Firstline: which strategy answers, what is observed of it, and what is made of that."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from aws_lambda_powertools.metrics import MetricUnit

from firstline.domain.arm_guard import Bounds
from firstline.domain.errors import InvalidPosteriorError, StoreError
from firstline.domain.learning_context import N_FEATURES
from firstline.domain.policies.registry import make_policy
from firstline.domain.turn import Strategy
from firstline.observability import count, logger
from firstline.ports import Ports
from firstline.repositories.arm_controls import ArmControl, ArmControlRepository
from firstline.repositories.arms import ArmRepository
from firstline.repositories.asked_questions import AskedQuestions
from firstline.repositories.conversations import ConversationRepository
from firstline.repositories.customers import CustomerRepository
from firstline.repositories.decisions import DecisionRepository
from firstline.repositories.effects import EffectRepository
from firstline.repositories.experiments import ExperimentRepository
from firstline.repositories.learning_hours import LearningHours
from firstline.repositories.q_values import QValueRepository
from firstline.repositories.ratings import Rating, RatingRepository
from firstline.repositories.receipts import ReceiptRepository
from firstline.services.choose_strategy import ChooseStrategy, LearningOptions
from firstline.services.guard_arms import DEFAULT_ARM, GuardArms
from firstline.services.learning_policies import LearningPolicies
from firstline.services.manage_experiments import ManageExperiments
from firstline.services.read_evidence import ReadEvidence
from firstline.services.read_experiment import ReadExperiment
from firstline.services.report_learning import ReportLearning
from firstline.services.reweigh_rewards import ReweighRewards
from firstline.services.settle_rewards import SettleRewards
from firstline.services.value_policy import ValuePolicy
from firstline.settings import Settings

if TYPE_CHECKING:
    from firstline.repositories.tickets import TicketRepository


@dataclass(frozen=True)
class Learning:
    """What learns."""

    options: LearningOptions
    decisions: DecisionRepository
    arms: ArmRepository
    effects: EffectRepository
    hours: LearningHours
    asked: AskedQuestions
    policies: LearningPolicies
    guard: GuardArms
    choose: ChooseStrategy
    settle: SettleRewards
    report: ReportLearning
    experiments: ManageExperiments
    read_experiment: ReadExperiment
    value: ValuePolicy
    reweigh: ReweighRewards

    def rated(self, conversation_id: str, rating: Rating) -> None:
        """Learn from a rating; where that fails now, the nightly run reads it."""
        try:
            self.settle.of_rating(conversation_id, rating)
        except StoreError as error:
            logger.warning("rating not learned from yet", extra={"error": type(error).__name__})


def assemble_learning(
    settings: Settings,
    ports: Ports,
    *,
    conversations: ConversationRepository,
    customers: CustomerRepository,
    ratings: RatingRepository,
    tickets: TicketRepository,
) -> Learning:
    """Build the learner by the settings."""
    table, days = ports.table, settings.retention_days
    decisions, arms = DecisionRepository(table, retention_days=days), ArmRepository(table, retention_days=days)
    effects, hours = EffectRepository(table), LearningHours(table, retention_days=days)
    options = LearningOptions(
        policy=settings.rl_policy,
        snapshot_s=settings.rl_snapshot_s,
        holdout_share=settings.rl_holdout_share,
        cautious_topics=frozenset(topic.strip() for topic in settings.rl_cautious_topics.split(",") if topic.strip()),
        weights=settings.reward_weights,
    )
    make = partial(
        make_policy,
        n_arms=len(Strategy),
        n_features=N_FEATURES,
        learning_rate=settings.rl_learning_rate,
        exploration_rate=settings.rl_exploration_rate,
        discount_factor=settings.rl_discount_factor,
        fixed_arm=tuple(Strategy).index(DEFAULT_ARM),
    )
    policies = LearningPolicies(arms, QValueRepository(table), make)
    guard = GuardArms(
        ArmControlRepository(table),
        arms,
        clock=ports.clock,
        bounds=Bounds(least_rating=settings.rl_freeze_rating, most_reopened=settings.rl_freeze_reopened),
        on_freeze=_told,
    )
    settle = SettleRewards(
        decisions,
        arms,
        effects,
        customers,
        ReadEvidence(conversations, ratings, tickets).of,
        policies,
        clock=ports.clock,
        normalise=settings.reward_normalization,
    )
    return Learning(
        options=options,
        decisions=decisions,
        arms=arms,
        effects=effects,
        hours=hours,
        asked=AskedQuestions(table),
        policies=policies,
        guard=guard,
        choose=ChooseStrategy(policies, guard, ports.random, ports.clock, options, on_unreadable=_unreadable),
        settle=settle,
        report=ReportLearning(hours, decisions, arms, effects, guard, policies, clock=ports.clock),
        experiments=ManageExperiments(ExperimentRepository(table), clock=ports.clock),
        read_experiment=ReadExperiment(ReceiptRepository(table, retention_days=days), decisions, clock=ports.clock),
        value=ValuePolicy(decisions, make, clock=ports.clock),
        reweigh=ReweighRewards(
            decisions, arms, policies, options, clock=ports.clock, normalise=settings.reward_normalization
        ),
    )


def _unreadable(version: str, segment: str, error: InvalidPosteriorError) -> None:
    told = {"learner": version, "segment": segment, "error": type(error).__name__}
    logger.error("arms cannot be read; the fixed default answers", extra=told)


def _told(control: ArmControl) -> None:
    frozen = {"segment": control.segment, "arm": control.arm.value, "reason": control.reason}
    logger.error("an arm was frozen", extra=frozen)
    count({"ArmsFrozen": (MetricUnit.Count, 1)})
