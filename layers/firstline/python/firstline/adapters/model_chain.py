"""Language models in the order in which they are asked: each where those before it failed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from firstline.adapters.circuit_breaker import CircuitBreaker
from firstline.domain.errors import LanguageModelError, LanguageModelRefusedError, LanguageModelUnavailableError
from firstline.domain.language_model import BeginAnew, ModelEvent, ModelFinished, ModelRequest


class LinkModel(Protocol):
    """A language model that can be told how long it has."""

    def stream(self, request: ModelRequest, *, within_s: float | None = None) -> Iterator[ModelEvent]:
        """Yield as ``LanguageModel.stream``, within seconds that are left."""
        ...


@dataclass(frozen=True)
class Link:
    """One model of a chain."""

    name: str
    """Under which its failures are counted, such as ``bedrock:claude-haiku-5-5``."""
    model: LinkModel
    breaker: CircuitBreaker = field(default_factory=CircuitBreaker)


OnFailure = Callable[[str, LanguageModelError], None]


class ModelChain:
    """One language model made of several; safe to use from several threads.

    Parameters
    ----------
    links : sequence of Link
        The first is asked first; one whose circuit is open is passed over. At least one.
    total_s : float
        Seconds for the whole answer, shared by all links, > 0.
    on_failure : callable, optional
        Told the name of a link and why it failed, for counting; also of failures that another link made good.
    monotonic : callable, optional
        Seconds of a clock that never goes back.

    Notes
    -----
    Only failures of the service open a circuit; a refused request says nothing about the next one. The next link is
    asked after a refusal all the same: its provider may know the model, the key or the credentials, and a model that
    declines may be followed by one that does not.

    After text or a tool call was passed on, the next link begins the answer anew only if the request says that the
    caller understands that (``ModelRequest.may_begin_anew``): the caller then gets a ``BeginAnew`` and withdraws
    everything. Otherwise the failure is raised, and everything is void as well.

    Which model answered is in ``ModelFinished.model``. Where all failed, the last failure is raised; the caller goes on
    without a model.
    """

    def __init__(
        self,
        links: Sequence[Link],
        *,
        total_s: float,
        on_failure: OnFailure | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._links = tuple(links)
        self._total_s = total_s
        self._on_failure = on_failure
        self._monotonic = monotonic

    def stream(self, request: ModelRequest) -> Iterator[ModelEvent]:
        """Yield the events of the first link that answers to its end.

        Raises
        ------
        LanguageModelUnavailableError, LanguageModelRefusedError
            No link did.
        """
        deadline = self._monotonic() + min(self._total_s, request.within_s or self._total_s)
        failure: LanguageModelError = LanguageModelUnavailableError("every model's circuit is open")
        void = ""
        for link in self._links:
            left_s = deadline - self._monotonic()
            if left_s <= 0 or not link.breaker.begin():
                continue
            passed_on = False
            try:
                for event in self._watched(link, request, left_s):
                    if void:
                        yield BeginAnew(void)
                        void = ""
                    passed_on = True
                    yield event
                return
            except LanguageModelError as error:
                failure = error
                if self._on_failure is not None:
                    self._on_failure(link.name, error)
                if passed_on and not request.may_begin_anew:
                    raise
                void = link.name if passed_on else void
        raise failure

    @staticmethod
    def _watched(link: Link, request: ModelRequest, left_s: float) -> Iterator[ModelEvent]:
        came, told = False, False
        try:
            for event in link.model.stream(request, within_s=left_s):
                came = True
                if isinstance(event, ModelFinished):
                    link.breaker.succeed()
                    told = True
                yield event
        except LanguageModelRefusedError:
            # It answered, if not as we wanted.
            link.breaker.succeed()
            told = True
            raise
        except LanguageModelUnavailableError:
            link.breaker.fail()
            told = True
            raise
        finally:
            if not told:
                # Who asked has gone, or something else broke: text says that the service works, silence nothing.
                (link.breaker.succeed if came else link.breaker.leave)()
