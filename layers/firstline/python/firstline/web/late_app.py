"""The part of the REST API that no visitor waits for: people's accounts, agents, administrators, figures."""

from __future__ import annotations

from fastapi import FastAPI

from firstline.container import Container
from firstline.web import (
    answer_drafts_admin,
    answers_admin,
    approvals,
    auth,
    conversations_admin,
    experiments_admin,
    intents_admin,
    learning_admin,
    mail_admin,
    memory,
    metrics,
    sites_admin,
    tickets,
    webhooks_admin,
)
from firstline.web.access import administrator
from firstline.web.knowledge_admin import KnowledgeAdmin, create_knowledge_admin_router


def add_late_routes(app: FastAPI, container: Container) -> None:
    """Add the routes to the app."""
    for part in (
        auth,
        answer_drafts_admin,
        answers_admin,
        approvals,
        metrics,
        conversations_admin,
        experiments_admin,
        intents_admin,
        learning_admin,
        mail_admin,
        memory,
        sites_admin,
        tickets,
        webhooks_admin,
    ):
        app.include_router(part.router)
    app.include_router(mail_admin.of_tickets)
    knowledge = KnowledgeAdmin(
        gaps=container.report_gaps,
        drafts=container.manage_drafts,
        transfer=container.transfer_knowledge,
        status=container.knowledge_status.report,
    )
    app.include_router(create_knowledge_admin_router(knowledge, administrator))
