"""A company's own HTTP tool: for the customer of the session, with what it answers as data."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from firstline.domain.approval import Approval
from firstline.domain.custom_tools import MAX_ARGUMENT_BYTES, CustomTool, address_of
from firstline.domain.language_model import ToolDefinition
from firstline.domain.locales import text as locale_text
from firstline.domain.public_address import PrivateAddressError, parse_networks
from firstline.domain.tool_arguments import require_text
from firstline.domain.tool_catalogue import bounded
from firstline.domain.tool_errors import InvalidToolArgumentsError, ToolFailedError, ToolUncertainError
from firstline.domain.tool_ports import Answer, CustomToolPorts, OutgoingRequest
from firstline.domain.tool_texts import APPROVED_BY_TOOL, NOT_POSSIBLE, what_is_asked
from firstline.domain.tools import RiskClass, ToolOutcome, ToolStatus
from firstline.domain.turn import Turn
from firstline.services.tools.tool import Approved, Effect

_HEADER_SIGNS = "!#$&'()*+,/:;=?@[]|~"
"""Stand for themselves in the header of the customer, beside letters and digits of ASCII; the rest in percents."""
_MARGIN_S = 0.5
_SUCCESS, _REDIRECT, _CLIENT_ERROR, _SERVER_ERROR = 200, 300, 400, 500


class CustomHttpTool:
    """Whoever the arguments name, the request carries the customer of the session, which the company's system goes by.

    A call that changes something is made once: what is not known to have gone through is never repeated, but left to a
    person. The header ``Idempotency-Key`` is the same for the same call of the same turn.
    """

    outside = True

    def __init__(self, name: str, declared: CustomTool, ports: CustomToolPorts) -> None:
        self.name = name
        self._declared = declared
        self._ports = ports
        self._allowed = parse_networks(declared.allowed_networks)
        self._problem = ports.schemas.compiled(declared.arguments)

    @property
    def definition(self) -> ToolDefinition:
        """What a model is told of it."""
        return ToolDefinition(self.name, self._declared.description, self._declared.arguments)

    @property
    def risk(self) -> RiskClass:
        """What it may do without a person."""
        return self._declared.risk

    @property
    def timeout_s(self) -> float:
        """Seconds after which a call has failed: a little more than the request's own time."""
        return self._declared.timeout_s + _MARGIN_S

    def offered(self, turn: Turn) -> bool:
        """Serve customers whom the company vouches for, others only where it is declared so."""
        return self._declared.for_anonymous or bool(turn.identified.customer.user_id)

    def checked(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Return the arguments, by the declared schema. Raises ``InvalidToolArgumentsError``."""
        given = dict(arguments)
        require_text(given)
        if len(json.dumps(given, default=str).encode()) > MAX_ARGUMENT_BYTES:
            raise InvalidToolArgumentsError("the arguments are too large")
        problem = self._problem(given)
        if problem:
            raise InvalidToolArgumentsError(problem)
        address_of(self._declared, given, {"user_id": "-", "customer_id": "-"})
        return given

    def use(self, turn: Turn, arguments: Mapping[str, Any], *, key: str) -> Effect:
        """Call the company's system. Raises ``ToolFailedError``, ``ToolUncertainError``."""
        customer = turn.identified.customer
        known = {"user_id": customer.user_id or "anonymous", "customer_id": customer.customer_id}
        answer = self._send(arguments, known, key)
        if answer.status >= _CLIENT_ERROR:
            content = bounded({"error": f"refused with status {answer.status}", "response": _as_data(answer)})
            return Effect(ToolOutcome(ToolStatus.REFUSED, content, NOT_POSSIBLE))
        # What was changed must be told even where the model's words for it fail; what was read need not.
        text = "" if self.risk is RiskClass.READ else locale_text("tool_carried_out", tool=self.name.replace("_", " "))
        return Effect(ToolOutcome(ToolStatus.DONE, bounded({"response": _as_data(answer)}), text))

    def carry_out(self, approval: Approval) -> Approved:
        """Make an approved call. Raises ``ToolFailedError``."""
        known = {"user_id": approval.user_id or "anonymous", "customer_id": approval.customer_id}
        answer = self._send(approval.arguments, known, approval.approval_id)
        if answer.status >= _CLIENT_ERROR:
            raise ToolFailedError(f"the company's system refused with status {answer.status}")
        return Approved(APPROVED_BY_TOOL.format(what=what_is_asked(approval.tool, approval.arguments)))

    def _send(self, arguments: Mapping[str, Any], customer: Mapping[str, str], key: str) -> Answer:
        declared = self._declared
        url, body = address_of(declared, arguments, customer)
        headers = {
            "Accept": "application/json, text/plain",
            "Idempotency-Key": key,
            "Firstline-Customer": quote(customer["user_id"], safe=_HEADER_SIGNS, errors="replace"),
        }
        if body is not None:
            headers["Content-Type"] = "application/json"
        if declared.secret:
            headers[declared.header] = declared.header_prefix + self._ports.secrets.get(declared.secret)
        request = OutgoingRequest(declared.method, url, headers, body, declared.timeout_s, self._allowed)
        try:
            answer = self._ports.http.send(request)
        except PrivateAddressError as error:
            raise ToolFailedError("its address may not be called") from error
        if _REDIRECT <= answer.status < _CLIENT_ERROR or answer.status < _SUCCESS:
            raise ToolFailedError("the company's system answered with a redirect, which is not followed")
        if answer.status >= _SERVER_ERROR:
            failed = ToolFailedError if declared.risk is RiskClass.READ else ToolUncertainError
            raise failed(f"the company's system failed with status {answer.status}")
        return answer


def _as_data(answer: Answer) -> object:
    text = answer.body.decode("utf-8", "replace")
    if "json" in answer.content_type:
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            return text
    return text
