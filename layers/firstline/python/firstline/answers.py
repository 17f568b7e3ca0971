"""How answers come about: model, budget, checks, tools, caches and receipts, put together from the settings."""

from __future__ import annotations

from dataclasses import dataclass

from aws_lambda_powertools.metrics import MetricUnit

from firstline.domain.errors import DeliveryError, StoreError
from firstline.domain.injection import THRESHOLD, data_risk
from firstline.domain.model_spend import BudgetAlert, BudgetLimits
from firstline.observability import count, logger
from firstline.people import notice_settings
from firstline.ports import Ports
from firstline.repositories.budget_alerts import BudgetAlertRepository
from firstline.repositories.cache_entries import CacheEntryRepository
from firstline.repositories.conversations import ConversationRepository
from firstline.repositories.ingestion_reports import IngestionReportRepository
from firstline.repositories.model_spend import ModelSpendRepository
from firstline.repositories.summaries import SummaryRepository
from firstline.services.answer_cache import AnswerCache
from firstline.services.answer_from_articles import AnswerFromArticles
from firstline.services.answer_ports import Checks, Tools, ToolsWithoutModel
from firstline.services.answer_with_model import AnswerWithModel
from firstline.services.booked_question import BookedQuestion
from firstline.services.cache import Cache
from firstline.services.cached_search import CachedSearch
from firstline.services.choose_strategy import ChooseStrategy
from firstline.services.files_for_model import FilesForModel
from firstline.services.model_budget import ModelBudget
from firstline.services.personal_data import PersonalData
from firstline.services.read_attachment import ReadAttachment
from firstline.services.search_knowledge import SearchKnowledge
from firstline.services.summarise_conversation import SummariseConversation
from firstline.services.tell_budget import TellBudget
from firstline.services.translate_query import TranslateQuery
from firstline.services.write_answer import WriteAnswer
from firstline.settings import Settings


@dataclass(frozen=True)
class Caches:
    """What is kept of searches and answers."""

    search: CachedSearch
    answers: AnswerCache


@dataclass(frozen=True)
class Answers:
    """Services that write answers."""

    write: WriteAnswer
    choose_strategy: ChooseStrategy
    summarise: SummariseConversation
    budget: ModelBudget
    tell_budget: TellBudget
    search: CachedSearch
    translate_query: TranslateQuery | None
    """None without a model."""

    def sweep(self) -> None:
        """Deliver the budget alerts that are due. Raises ``StoreUnavailableError``."""
        report = self.tell_budget.deliver_due()
        if report.dead:
            logger.error("budget alerts given up", extra={"dead": list(report.dead)})


def assemble_caches(settings: Settings, ports: Ports, reports: IngestionReportRepository) -> Caches:
    """Build the caches; with ``CACHE_TTL=0`` they keep nothing."""
    entries = CacheEntryRepository(ports.table)

    def cache(kind: str) -> Cache:
        return Cache(kind, entries, seconds=settings.cache_ttl, clock=ports.clock, on_failure=_log_uncached)

    search = CachedSearch(
        SearchKnowledge(ports.index, ports.embedder),
        cache("search"),
        knowledge_version=reports.knowledge_version,
        model_id=ports.embedder.model_id,
        on_failure=_log_uncached,
    )
    answers = AnswerCache(
        cache("answer"),
        knowledge_version=reports.knowledge_version,
        settings={
            "model": [settings.llm_provider, settings.llm_model],
            "temperature": settings.llm_temperature,
            "max_tokens": settings.max_tokens,
            "audiences": sorted(settings.audiences),
        },
        on_failure=_log_uncached,
    )
    return Caches(search, answers)


def assemble_answers(
    settings: Settings,
    ports: Ports,
    *,
    choose_strategy: ChooseStrategy,
    conversations: ConversationRepository,
    read_attachment: ReadAttachment,
    caches: Caches,
    checks: Checks,
    tools: Tools | None,
    without_model: ToolsWithoutModel | None,
) -> Answers:
    """Build what writes answers."""
    tell_budget = TellBudget(
        BudgetAlertRepository(ports.table),
        ports.mailer,
        ports.webhooks,
        notice_settings(settings),
        clock=ports.clock,
        on_failure=_log_undelivered,
    )
    budget = ModelBudget(
        ModelSpendRepository(ports.table),
        BudgetLimits(settings.daily_budget_usd, settings.monthly_budget_usd),
        max_usd=settings.max_anonymous_session_cost_usd,
        clock=ports.clock,
        notices=tell_budget.operations,
        on_alert=_log_alert,
        on_failure=_log_unaccounted,
    )
    with_model = None
    if ports.language_model is not None:
        with_model = AnswerWithModel(
            ports.language_model,
            budget,
            checks,
            tools,
            clock=ports.clock,
            max_tokens=settings.max_tokens,
            temperature=settings.llm_temperature,
            max_rounds=settings.max_tool_rounds,
            is_safe=is_safe,
        )
    write = WriteAnswer(
        with_model,
        without_model,
        AnswerFromArticles(checks),
        caches.answers,
        ports.index,
        FilesForModel(read_attachment, attachment_tokens=settings.attachment_tokens),
        is_safe=is_safe,
        personal_data=lambda: PersonalData(is_on=settings.mask_model_input),
        injection_threshold=THRESHOLD,
        context_tokens=settings.context_tokens,
    )
    return Answers(
        write=write,
        choose_strategy=choose_strategy,
        summarise=SummariseConversation(
            conversations,
            SummaryRepository(ports.table),
            ports.language_model,
            budget,
            window=settings.max_conversation_history,
            mask_model_input=settings.mask_model_input,
        ),
        budget=budget,
        tell_budget=tell_budget,
        search=caches.search,
        translate_query=TranslateQuery(
            BookedQuestion(ports.language_model, budget, mask_model_input=settings.mask_model_input)
        )
        if ports.language_model is not None
        else None,
    )


def is_safe(text: str) -> bool:
    """Tell whether a chunk may be given to a model, or carries orders to it."""
    return data_risk(text) < THRESHOLD


def _log_uncached(error: StoreError) -> None:
    logger.warning("not cached", extra={"error": type(error).__name__})


def _log_unaccounted(error: StoreError) -> None:
    logger.error("model spending not accounted for", extra={"error": type(error).__name__})


def _log_alert(alert: BudgetAlert) -> None:
    told = {"period": alert.period, "percent": alert.percent, "limit_usd": alert.limit_usd}
    logger.warning("language model budget", extra=told | {"spent_usd": round(alert.spent_usd, 4)})
    count({"ModelBudgetAlerts": (MetricUnit.Count, 1)})


def _log_undelivered(delivery_id: str, error: DeliveryError) -> None:
    logger.warning("budget alert not delivered", extra={"delivery_id": delivery_id, "reason": str(error)})
