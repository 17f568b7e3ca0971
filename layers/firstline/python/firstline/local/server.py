"""The laptop's server: REST, pages, sockets, the watched knowledge folder and the sweep, in one process."""

from __future__ import annotations

import argparse
import asyncio
import signal
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

from starlette.types import ASGIApp

from firstline import bootstrap
from firstline.adapters.local.connections import LocalConnections
from firstline.adapters.local.workflow_engine import Handler as WorkflowHandler
from firstline.adapters.local.workflow_engine import LocalWorkflowEngine
from firstline.container import Container
from firstline.domain.errors import FirstlineError
from firstline.local.data_lock import DataInUseError, DataLock
from firstline.local.gateway import Handler, SocketGateway
from firstline.local.http_server import LaptopServer
from firstline.local.timers import Timer
from firstline.local.watcher import KnowledgeWatcher
from firstline.services.ingest_knowledge import IngestionReport

DRAIN_S = 5.0
"""Seconds that running turns have to end when the server is told to stop."""


def main(
    argv: Sequence[str],
    *,
    api_handler_app: ASGIApp,
    websocket_handler: Handler,
    workflow_handler: WorkflowHandler,
    ingest_handler: Handler,
) -> int:
    """Serve until SIGINT or SIGTERM; return the process's exit code.

    The handlers are those of ``functions/``. With an empty index the port opens after the knowledge has been read;
    otherwise at once, and the folder is compared in the background.
    """
    options = _parse(argv)
    container = bootstrap.container()
    engine, connections = container.ports.workflow_engine, container.ports.connections
    if not isinstance(engine, LocalWorkflowEngine) or not isinstance(connections, LocalConnections):
        return _refuse("scripts/run serves the local adapters; unset RUNTIME")
    try:
        listening = _listen(options.host, options.port)
    except OSError as error:
        return _refuse(f"cannot listen on {options.host} port {options.port}: {error.strerror}; try another --port")
    try:
        with listening, DataLock(options.data):
            engine.register(bootstrap.WORKFLOW_FUNCTION, workflow_handler)
            gateway = SocketGateway(
                websocket_handler,
                connections,
                clock=container.ports.clock,
                ids=container.ports.ids,
                workers=container.settings.workers,
            )
            server = LaptopServer(api_handler_app, gateway, engine, listening, drain_s=DRAIN_S)
            return _serve(server, container, options, ingest_handler)
    except DataInUseError as error:
        return _refuse(str(error))


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


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio turns Nagle's algorithm off only where the protocol is named; else each answer waits 40 ms for an ACK.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # Bound now, so that a busy port is known before any work; connections are taken when the server starts.
        listening.bind((host, port))
    except OSError:
        listening.close()
        raise
    return listening


def _serve(server: LaptopServer, container: Container, options: argparse.Namespace, ingest: Handler) -> int:
    is_new = not container.ports.index.documents()
    if is_new:
        _sync(container, options.knowledge)
    recovered = container.sweep_turns.recover()
    if recovered.restarted or recovered.handed_over:
        print(f"Took up {recovered.restarted + recovered.handed_over} unanswered messages of the last run.")
    interval_s = container.settings.auto_sync_interval * 60.0
    background: list[Timer | KnowledgeWatcher] = [
        Timer("sweep", container.settings.sweep_interval_s, container.sweep_turns.sweep),
        Timer("sync", interval_s, lambda: _sync(container, options.knowledge), at_once=not is_new),
        Timer("warm-up", interval_s, lambda: container.ports.embedder.embed(["warm up"]), at_once=True),
    ]
    if not options.no_watch and options.knowledge.is_dir():
        background.append(
            KnowledgeWatcher(
                options.knowledge,
                ingest=lambda event: ingest(event, None),
                sync=lambda: _sync(container, options.knowledge),
            )
        )
    asyncio.run(_run(server, background, options, container))
    print("Stopped.")
    return 0


async def _run(
    server: LaptopServer,
    background: Sequence[Timer | KnowledgeWatcher],
    options: argparse.Namespace,
    container: Container,
) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, server.stop)
    for part in background:
        part.start()
    try:
        await server.serve(on_ready=lambda address: _announce(address, options, container))
    finally:
        for part in background:
            await asyncio.to_thread(part.stop)


def _announce(address: str, options: argparse.Namespace, container: Container) -> None:
    documents = container.ports.index.documents().values()
    n_chunks = sum(document.n_chunks for document in documents)
    model = container.settings.llm_model if container.ports.language_model else "none: answers quote the articles"
    print(f"\nFirstline answers at {address}")
    for name, value in (
        ("chat page", f"{address}/"),
        ("API", f"{address}/docs"),
        ("terminal", f"scripts/chat --url {address}"),
        ("knowledge", f"{options.knowledge} ({len(documents)} documents, {n_chunks} passages)"),
        ("data", str(options.data)),
        ("language model", model),
    ):
        print(f"  {name:<15} {value}")
    print("Press Ctrl-C to stop.", flush=True)


def _sync(container: Container, folder: Path) -> None:
    if not folder.is_dir():
        print(f"Knowledge: {folder} is not a folder; nothing is read from it.", file=sys.stderr)
        return
    try:
        report = container.ingest_knowledge.sync(_progress)
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
