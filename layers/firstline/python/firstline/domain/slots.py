"""What a customer asks to be done, read from their words without a model: which tool, with which arguments.

Rules, and rather too few requests than too many: "How do I close my account?" is a question for the articles,
"Close my account." is a request.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from firstline.domain.conversation import Author
from firstline.domain.lexicon import lexicon, normalised, phrases_in
from firstline.domain.ticket_codes import named_code
from firstline.domain.tool_texts import ASK_FOR_TICKET_TEXT
from firstline.domain.turn import HistoryMessage

_MOST_CHARACTERS = 4_000
_LEAST_WORDS = 3
_SHORTEST_CODE = 4

_CLAUSE = (
    r"(?i)(?<=[.!?;])\s+|\n+|,?\s+(?:and|so)\s+(?=(?:please|i|we|can you|could you|you can)\b)|"
    r",\s+(?=(?:please|i|we)\b)"
)
_POLITE = (
    r"(?:(?:hi|hello|hey|hallo|bonjour|hola|ok|okay|yes|yeah|no|well|so|also|and|then|please|pls|kindly|just|thanks|"
    r"thank you|bitte|now|sorry|therefore|in that case|there|team|all|everyone)\b[\s,!.:-]{0,4}){0,6}"
)
_ASK = (
    r"(?:(?:can|could|would|will) (?:you|u|someone|somebody|anybody|anyone)(?: please| kindly| just| maybe)? |"
    r"(?:i|we)(?: (?:just|really|now|would|hereby|also|only|do)){0,3}(?:'d)? (?:want|need|like|wish|wanna|request|"
    r"demand|ask)(?: for)?(?: you)?(?: to)? |(?:i am|i'm|we are|we're) (?:asking|requesting)(?: you)?(?: to| for)? |"
    r"you (?:can|may|should|must) |go ahead and |would you mind )?"
)
_START = rf"^{_POLITE}{_ASK}(?:please |kindly |just |now |immediately |also ){{0,3}}"
_WANT = (
    rf"^{_POLITE}(?:(?:i|we)(?: (?:just|really|now|would|also|only)){{0,3}}(?:'d)? (?:want|need|like|request|demand|"
    r"wish)(?: for)?(?: to (?:get|have|request|receive|ask for|claim))? |"
    r"(?:please )?(?:give|get|send|issue)(?: me| us)? |"
    r"(?:can|could|would) you (?:please )?(?:give|get|send|issue)(?: me| us)? )"
)
_TICKET = r"(?:tickets?|support request|service request|support case)"
_NO_REQUEST = (
    r"(?i)\b(?:but|cannot|can't|can not|unable|doesn't|does not|didn't|won't|isn't|error|button|option|fails?|failed|"
    r"how|where|whether|if i|what happens|don't|do not|never|not sure)\b"
)
_HOW_TO = r"(?i)^\W*(?:how (?:do|can|to|would|should|does|could)|where (?:do|can)|can i|could i|may i)\b"

_OPEN = (
    rf"(?i){_START}(?:(?:open|create|raise|file|submit|log|make|start|write|register|lodge)(?: up| me| us)?|"
    r"(?:give|get) (?:me|us)|have) (?:a|an|another|one|one more|this as a|it as a)(?: (?:new|support|help|bug|urgent|"
    rf"separate)){{0,2}} (?:{_TICKET}|case)\b|"
    rf"{_WANT}(?:a|an|another)(?: (?:new|support|help)){{0,2}} {_TICKET}\b|"
    rf"^{_POLITE}(?:new|another) {_TICKET}\b(?=\s*[:,-])|"
    r"^\W*(?:bitte )?(?:erstelle|er\u00f6ffne|\u00f6ffne|mach)\w* (?:sie )?(?:bitte )?(?:mir )?ein (?:neues )?ticket\b|"
    r"^\W*ouvr(?:ez|e|ir) (?:moi )?un (?:nouveau )?ticket\b|^\W*(?:abr[ae]|abrir|crea|crear) un (?:nuevo )?ticket\b"
)
_CLOSE = (
    rf"(?i){_START}(?:close|resolve|cancel|withdraw|mark) [^.:?]{{0,24}}\b{_TICKET}\b|"
    rf"\b{_TICKET}\b[^.:?]{{0,30}} (?:can|may|could|should) (?:now )?be (?:closed|resolved|marked)\b"
)
_REOPEN = rf"(?i){_START}re-?open [^.:?]{{0,24}}\b{_TICKET}\b"
_COMMENT = (
    rf"(?i){_START}(?:(?:add|append|put|post|write)\b[^:]{{0,40}}\b(?:to|on|in|into|under)|update|comment on)\b"
    rf"[^:]{{0,16}}\b{_TICKET}\b[^:]{{0,30}}:\s*(?P<comment>\S.*)"
)
_STATUS = (
    r"(?i)\b(?:status|state|news|updates?|progress|happen\w*|about|how is|how's|where is|where's|when will|solved|"
    r"fixed|resolved|looked at|word|still open|check|look up|show|see|find|done with|going on|stand)\b"
)
_ONE_TICKET = (
    r"(?i)\b(?:my|our|the)(?: \w+){0,2} ticket\b(?! (?:system|price|office|sale|shop|desk|form|field|list|view|queue))|"
    r"\bticket\W*(?:number |no |nr |id )?\W*(?=[a-z-]*\d)[a-z0-9-]{2,}"
)
_ONLY_TICKET = r"(?i)\W*(?:my |the |our )?ticket\W+(?:number\W+|no\W+|id\W+)?[a-z0-9-]{4,18}\W*"
_LIST = (
    r"(?i)\b(?:my|our|any|all)(?: (?:my|our|the|open|current|latest|recent|support|old|closed|pending|existing|"
    r"unresolved|own|active)){0,3} tickets\b|\btickets (?:do|did|have) (?:i|we)\b|\bhave (?:i|we) (?:any )?open tickets"
)
_ACCOUNT = (
    r"(?i)\bwhat (?:all )?do you know about (?:me|us)\b|\bwhat (?:data|information) do you (?:have|hold|store|keep) "
    r"(?:on|about) (?:me|us)\b|\b(?:what|which) plan (?:am i|are we) on\b|\bwhich plan do (?:i|we) have\b|"
    rf"{_START}show (?:me )?(?:my|our) (?:account|profile)(?: details| data| information)?\W*$|"
    r"\bwhat(?:'s| is) (?:my|our) (?:current )?(?:plan|tier|account status)\b(?! for)"
)
_FIELDS = {
    "email": r"e-?mail(?: address)?|mail address",
    "phone": r"(?:tele)?phone(?: number)?|mobile(?: number)?|cell(?: number)?",
    "address": r"(?:postal |billing |shipping |delivery |home |street |mailing )?address",
    "company": r"company(?: name)?|organi[sz]ation(?: name)?",
    "plan": r"plan|subscription|tier",
    "name": r"(?:last |full |first |family |display )?name|surname",
}
_FIELD = "|".join(f"(?P<{name}>{pattern})" for name, pattern in _FIELDS.items())
_UPDATE = (
    rf"(?i)(?:{_START}(?:change|update|correct|set|switch|replace|edit|modify|move|upgrade|downgrade) "
    rf"(?:my|our|the)(?: (?:contact|account|current|old|registered))? (?:{_FIELD})(?: on file| in my account| of my "
    r"account| on my account)?(?: from \S+)? (?:to|into|with|as)(?: be)?:? |"
    rf"^{_POLITE}(?:my|our) new (?:{_FIELD.replace('?P<', '?P<new_')}) is:? )(?P<value>\S.*)"
)
_VALUES = {
    "email": r"[^\s@<>,;]+@[^\s@<>,;]+\.[A-Za-z]{2,}",
    "phone": r"\+?\(?\d[\d ()/.-]{5,20}\d",
    "address": r"(?=.*\d)[^\n?]{6,200}",
    "company": r"[^\n?@]{2,80}",
    "plan": r"(?:the )?[\w+ -]{2,40}",
    "name": r"[^\W\d_][^\n\d?@:;]{1,60}",
}
_REFUND = (
    rf"(?i){_START}(?:refund|reimburse) (?:me|us|my|our|the|this|that|it|order|invoice|payment|everything|all|"
    r"[$\u20ac\u00a3]?\s?\d+)\b|"
    rf"{_WANT}(?:a|an|my|our|the)(?: (?:full|partial|complete|immediate|total))? (?:refund|reimbursement)\b|"
    r"\b(?:want|need|demand|like|give me) (?:to have )?(?:all |back )?(?:of )?(?:my|our) money(?: back\b|\W*$)|"
    r"^\W*ich (?:m\u00f6chte|will|verlange) (?:mein geld zur\u00fcck|eine (?:r\u00fcck)?erstattung)|"
    r"^\W*je veux (?:un remboursement|\u00eatre rembours\u00e9)|^\W*quiero (?:un reembolso|mi dinero de vuelta)"
)
_CLOSE_ACCOUNT = (
    rf"(?i){_START}(?:close|delete|cancel|deactivate|terminate|remove|shut down|erase)(?: down)? (?:my|our|this)"
    r"(?: (?:user|customer|online|whole|entire|company|business|personal))? account\b(?! (?:manager|owner|number))"
)
_DELETE_DATA = (
    rf"(?i){_START}(?:delete|erase|remove|wipe|purge|destroy) (?:all |any )?(?:of )?(?:"
    r"(?:my|our) (?:personal |private |customer |own )*(?:data|information)\b|"
    r"(?:the )?(?:data|information|everything) (?:that )?you (?:have|hold|store|keep|know)\b|me from your)|"
    rf"{_START}(?:forget me|be forgotten|exercise my right to (?:erasure|be forgotten))\b"
)


@lru_cache(maxsize=64)
def _compiled(pattern: str) -> re.Pattern[str]:
    # On first use: compiling them all takes a function's cold start longer than everything else here.
    return re.compile(pattern)


@dataclass(frozen=True)
class ToolRequest:
    """What is to be done."""

    tool: str
    """Name of one of the tools."""
    arguments: Mapping[str, str] = field(default_factory=dict)
    """Those that the words hold; a ticket's id is not among them, but read where the customer's tickets are known."""
    missing: str = ""
    """The argument that has to be asked for."""


def read_request(question: str, history: Sequence[HistoryMessage] = ()) -> ToolRequest | None:
    """Return what the customer asks to be done, None where they ask to be told something.

    Parameters
    ----------
    question : str
        The unanswered messages, in order.
    history : sequence of HistoryMessage
        What was said before them, oldest first: a request for a ticket is about that, and an answer to our question
        what a ticket is to say is its text.
    """
    text = question.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").strip()[:_MOST_CHARACTERS]
    if history and history[-1].author is Author.BOT and history[-1].text.startswith(ASK_FOR_TICKET_TEXT):
        return _ticket(text, history) if _says_something(text) else None
    sentences = [part.strip() for part in _compiled(_CLAUSE).split(text) if part.strip()]
    for sentence in sentences:
        found = _high_stakes(sentence) or _on_ticket(sentence) or _new_ticket(sentence, text, history)
        if found is not None:
            return found
    for sentence in sentences:
        found = _look_up(sentence)
        if found is not None:
            return found
    if phrases_in(normalised(text), lexicon()["intents"]["human_request"]) and not re.match(r"(?i)\W*how\b", text):
        return ToolRequest("escalate_to_human", {"reason": "asked"})
    return None


def _high_stakes(sentence: str) -> ToolRequest | None:
    if _compiled(_NO_REQUEST).search(sentence):
        return None
    for action, pattern in (("refund", _REFUND), ("close_account", _CLOSE_ACCOUNT), ("delete_data", _DELETE_DATA)):
        if _compiled(pattern).search(sentence):
            return ToolRequest("update_account", {"action": action, "detail": sentence[:500]})
    found = _compiled(_UPDATE).search(sentence)
    if found is None:
        return None
    name = next(key for key in _FIELDS if found[key] or found[f"new_{key}"])
    value = re.sub(r"(?i)[\s,]*(?:please|thanks|thank you)?[\s.!?,;]*$", "", found["value"])
    given = _compiled(_VALUES[name]).match(value)
    if given is None or (name in ("email", "phone") and given.end() < len(value) - 12):
        return None
    return ToolRequest("update_account", {"action": "change", "field": name, "value": given[0].strip()})


def _on_ticket(sentence: str) -> ToolRequest | None:
    comment = _compiled(_COMMENT).search(sentence)
    if comment:
        return ToolRequest("update_ticket", {"comment": comment["comment"]})
    if _compiled(_REOPEN).search(sentence):
        return ToolRequest("update_ticket", {"status": "reopened"})
    if _compiled(_CLOSE).search(sentence) and not _compiled(_NO_REQUEST).search(sentence):
        return ToolRequest("update_ticket", {"status": "closed"})
    return None


def _new_ticket(sentence: str, text: str, history: Sequence[HistoryMessage]) -> ToolRequest | None:
    found = _compiled(_OPEN).search(sentence)
    if found is None or _compiled(_HOW_TO).match(sentence):
        return None
    before, _, after = text.partition(sentence)
    said = re.sub(
        r"(?i)^[\s:,.!-]*(?:(?:please|for (?:me|us)|about|for|because|regarding|that says|saying|with)\b[\s:,.!-]*)*",
        "",
        sentence[found.end() :],
    )
    return _ticket("\n".join(part.strip() for part in (said, before, after) if _says_something(part)), history)


def _ticket(description: str, history: Sequence[HistoryMessage]) -> ToolRequest:
    if not description:
        said = [m.text for m in history if m.author is Author.CUSTOMER and _says_something(m.text)]
        description = "\n".join(text for text in said[-3:] if read_request(text) is None)
    if not description:
        return ToolRequest("create_ticket", missing="description")
    return ToolRequest("create_ticket", {"description": description})


def _look_up(sentence: str) -> ToolRequest | None:
    if _compiled(_HOW_TO).match(sentence):
        return None
    if _compiled(_ACCOUNT).search(sentence):
        return ToolRequest("lookup_account")
    if _compiled(_LIST).search(sentence) and not _compiled(_NO_REQUEST).search(sentence):
        return ToolRequest("get_user_tickets")
    if _names_ticket(sentence) and (_compiled(_STATUS).search(sentence) or _compiled(_ONLY_TICKET).fullmatch(sentence)):
        return ToolRequest("get_ticket_status")
    return None


def _names_ticket(sentence: str) -> bool:
    code = named_code(sentence)
    # A number alone may be that of an order or an invoice.
    is_code = len(code) >= _SHORTEST_CODE and not code.isdigit()
    return _compiled(_ONE_TICKET).search(sentence) is not None or is_code


def _says_something(text: str) -> bool:
    return len(re.findall(r"\w+", text)) >= _LEAST_WORDS
