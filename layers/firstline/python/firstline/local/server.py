"""The laptop's server: REST, pages, sockets, the watched knowledge folder and the sweep, in one process."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path

from starlette.types import ASGIApp

from firstline import bootstrap
from firstline.adapters.local.connections import LocalConnections
from firstline.adapters.local.table import SQLiteTable
from firstline.adapters.local.workflow_engine import Handler as WorkflowHandler
from firstline.adapters.local.workflow_engine import LocalWorkflowEngine
from firstline.container import Container
from firstline.domain.errors import FirstlineError
from firstline.local.boundary import Boundary
from firstline.local.data_files import check_databases, prepare_folder
from firstline.local.data_lock import DataLock
from firstline.local.gateway import Handler, SocketGateway
from firstline.local.http_server import LaptopServer
from firstline.local.mail_intake import MailIntake
from firstline.local.timers import Timer
from firstline.local.watcher import KnowledgeWatcher
from firstline.services.failed_mails import FailedMails
from firstline.services.ingest_knowledge import IngestionReport

DRAIN_S = 5.0
EXPIRY_INTERVAL_S = 3600.0
NIGHT_INTERVAL_S = 1_800.0
"""Seconds that running turns have to end when the server is told to stop."""


@dataclass(frozen=True)
class Handlers:
    """What is served: the handlers of ``functions/``."""

    api_app: ASGIApp
    websocket: Handler
    workflow: WorkflowHandler
    ingest: Handler
    sweep: Handler
    learn: Handler
    email_intake: Handler


def main(argv: Sequence[str], *, load_handlers: Callable[[], Handlers]) -> int:
    """Serve until SIGINT or SIGTERM; return the process's exit code.

    With an empty index the port opens after the knowledge has been read; otherwise at once, and the folder is
    compared in the background.

    Parameters
    ----------
    load_handlers : callable
        Imports the handlers. As in Lambda that opens the databases, so it is called once the data folder is locked.
    """
    options = _parse(argv)
    # What is stored is for this user alone.
    os.umask(0o077)
    try:
        if bootstrap.settings().runtime != "local":
            return _refuse("scripts/run serves the local adapters; unset RUNTIME")
        prepare_folder(options.data)
        with _listen(options.host, options.port) as listening, DataLock(options.data):
            for notice in check_databases(options.data):
                print(f"Firstline: {notice}", file=sys.stderr)
            return _serve(load_handlers(), bootstrap.container(), options, listening)
    except FirstlineError as error:
        return _refuse(str(error))
    except OSError as error:
        return _refuse(f"{error.filename or 'the system'}: {error.strerror or error}")


def _parse(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/run")
    parser.add_argument("--host", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--knowledge", type=Path, required=True)
    parser.add_argument("--no-watch", action="store_true")
    return parser.parse_args(argv)


def _refuse(message: str) -> int:
    print(f"Firstline: {message}", file=sys.stderr)
    return 1


class CannotListenError(FirstlineError):
    """The port is taken, or the address is not this machine's."""


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio turns Nagle's algorithm off only where the protocol is named; else each answer waits 40 ms for an ACK.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # Bound now, so that a busy port is known before any work; connections are taken when the server starts.
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        reason = f"cannot listen on {host} port {port}: {error.strerror}; try another --port"
        raise CannotListenError(reason) from error
    return listening


def _serve(handlers: Handlers, container: Container, options: argparse.Namespace, listening: socket.socket) -> int:
    engine, connections = container.ports.workflow_engine, container.ports.connections
    assert isinstance(engine, LocalWorkflowEngine)  # noqa: S101
    assert isinstance(connections, LocalConnections)  # noqa: S101
    engine.register(bootstrap.WORKFLOW_FUNCTION, handlers.workflow)
    ports, workers = container.ports, container.settings.workers
    gateway = SocketGateway(handlers.websocket, connections, clock=ports.clock, ids=ports.ids, workers=workers)
    server = LaptopServer(handlers.api_app, gateway, engine, listening, drain_s=DRAIN_S)
    is_new = not container.ports.index.documents()
    if is_new:
        _sync(container, options.knowledge)
    _recover(container)
    _make_first_account(container)
    interval_s = container.settings.auto_sync_interval * 60.0
    background: list[Timer | KnowledgeWatcher | MailIntake] = [
        Timer("sweep", container.settings.sweep_interval_s, lambda: handlers.sweep({}, None)),
        Timer("night", NIGHT_INTERVAL_S, lambda: _learn_once_a_day(handlers, container)),
        Timer("expiry", EXPIRY_INTERVAL_S, lambda: _purge_expired(container)),
        Timer("expired files", EXPIRY_INTERVAL_S, container.attached_files.purge.purge, at_once=True),
        Timer("expired mails", EXPIRY_INTERVAL_S, container.mailing.purge.purge, at_once=True),
        Timer("sync", interval_s, lambda: _sync(container, options.knowledge), at_once=not is_new),
        Timer("warm-up", interval_s, lambda: container.ports.embedder.embed(["warm up"]), at_once=True),
    ]
    if not options.no_watch:
        background.append(
            KnowledgeWatcher(
                options.knowledge,
                ingest=lambda event: handlers.ingest(event, None),
                sync=lambda: _sync(container, options.knowledge),
            )
        )
    mail = None
    if container.settings.support_address:
        mail = MailIntake(container, lambda event: handlers.email_intake(event, None))
        background.append(mail)
    asyncio.run(_run(server, background, lambda address: _announce(address, options, container, mail)))
    print("Stopped.")
    return 0


def _learn_once_a_day(handlers: Handlers, container: Container) -> None:
    done = container.learning.hours.nights(limit=1)
    if not done or done[0]["day"] != container.ports.clock.now().astimezone(UTC).date().isoformat():
        handlers.learn({}, None)


def _make_first_account(container: Container) -> None:
    made = None if container.settings.oidc_issuer else container.identity.manage_users.add_first_admin()
    if made:
        user, password = made
        print(f"First start: sign in as {user.username} with the password {password}")
        print("It is shown only now; scripts/user changes it, and makes more accounts.", flush=True)


def _recover(container: Container) -> None:
    # Where this fails, the sweep takes the same turns up when their leases have ended.
    with Boundary("recovery"):
        recovered = container.sweep_turns.recover()
        if recovered.restarted or recovered.handed_over:
            print(f"Took up {recovered.restarted + recovered.handed_over} unanswered messages of the last run.")


def _purge_expired(container: Container) -> None:
    table = container.ports.table
    assert isinstance(table, SQLiteTable)  # noqa: S101
    while table.purge_expired():
        pass


async def _run(
    server: LaptopServer,
    background: Sequence[Timer | KnowledgeWatcher | MailIntake],
    announce: Callable[[str], None],
) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, server.stop)
    for part in background:
        part.start()
    try:
        await server.serve(on_ready=announce)
    finally:
        for part in background:
            await asyncio.to_thread(part.stop)


def _announce(address: str, options: argparse.Namespace, container: Container, mail: MailIntake | None) -> None:
    documents = container.ports.index.documents().values()
    n_chunks = sum(document.n_chunks for document in documents)
    model = container.settings.llm_model if container.ports.language_model else "none: answers quote the articles"
    n_failed = _failed_mails(container)
    print(f"\nFirstline answers at {address}")
    for name, value in (
        ("chat page", f"{address}/"),
        ("API", f"{address}/docs"),
        ("terminal", f"scripts/chat --url {address}"),
        ("knowledge", f"{options.knowledge} ({len(documents)} documents, {n_chunks} passages)"),
        ("data", str(options.data)),
        ("language model", model),
        *([("mail", mail.where)] if mail else []),
        *([("failed mails", f"{n_failed}; scripts/mail failed lists them")] if n_failed else []),
    ):
        print(f"  {name:<15} {value}")
    print("Press Ctrl-C to stop.", flush=True)


def _failed_mails(container: Container) -> int:
    store = container.ports.received_mail
    assert store is not None  # noqa: S101
    with Boundary("count of failed mails"):
        return FailedMails(store).count()
    return 0


def _sync(container: Container, folder: Path) -> None:
    if not folder.is_dir():
        print(f"Knowledge: {folder} is not a folder; nothing is read from it.", file=sys.stderr)
        return
    try:
        report = container.ingest_knowledge.sync(_progress)
        # An approval or withdrawal that broke off is brought to its end.
        container.manage_drafts.finish_decisions()
    except FirstlineError as error:
        print(f"Knowledge could not be read ({type(error).__name__}: {error}); the next try follows.", file=sys.stderr)
        return
    _tell(report)


def _progress(done: int, total: int, source: str) -> None:
    step = max(1, total // 20)
    if done % step == 0 or done == total:
        print(f"Knowledge: {done} of {total} read, {source}", flush=True)


def _tell(report: IngestionReport) -> None:
    for skipped in report.skipped:
        print(f"Knowledge: not served: {skipped.source}: {skipped.reason}", file=sys.stderr)
    if report.embedded or report.removed:
        print(
            f"Knowledge: {report.documents} documents, {report.embedded} new passages, {report.removed} removed, "
            f"in {report.seconds:.1f} s",
            flush=True,
        )
