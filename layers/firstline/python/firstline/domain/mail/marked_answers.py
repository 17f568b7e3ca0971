"""Answers that a customer writes into the mail below, where no quote marks tell them apart."""

# ruff: noqa: RUF001 - letters of many scripts are meant as they stand.

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

_ANNOUNCED = re.compile(
    r"(?i)\b(?:(?:see|answers?|repl(?:y|ies)|comments?|responses?)\b.{0,40}\b(?:below|inline|in-line|in red|"
    r"in blue|in bold)|see my comments|"
    r"(?:siehe|antworten?|kommentare?|anmerkungen)\b.{0,40}\b(?:unten|in rot|in blau|rot|blau|inline|fett)|"
    r"(?:voir|réponses?|commentaires?)\b.{0,40}(?:ci-dessous|en rouge|en bleu)|"
    r"(?:ver|respuestas?|respondo|comentarios?)\b.{0,40}(?:abajo|más abajo|en rojo|en azul)|"
    r"(?:vedi|rispost[ae]|rispondo|comment[io])\b.{0,40}(?:sotto|di seguito|in rosso|in blu)|"
    r"(?:ver|veja|respostas?|respondo|comentários?)\b.{0,40}(?:abaixo|em vermelho|em azul)|"
    r"(?:zie|antwoorden?|opmerkingen)\b.{0,40}(?:hieronder|in rood|in blauw|onder)|"
    r"(?:patrz|odpowied\w+|komentarze)\b.{0,40}(?:poniżej|na czerwono|na niebiesko)|"
    r"(?:se|svar\w*|kommentarer)\b.{0,40}(?:nedan|i rött|i blått)|"
    r"(?:cevap\w*|yanıt\w*|yorum\w*)\b.{0,40}(?:aşağıda|kırmızı|mavi))|"
    r"aşağıda\w*\b.{0,30}(?:cevap|yanıt|bak)|"
    r"(?:下記|以下|下に|赤字|青字).{0,20}(?:回答|返信|返答|記入|書き|コメント)|(?:回答|返答|返信|コメント).{0,10}(?:下記|以下|赤字|青字)|"
    r"(?:见|請見|请见|答复|回复|回覆|回答).{0,10}(?:下面|下方|如下|红字|紅字|蓝字)|(?:下面|下方|红字|紅字).{0,10}(?:答复|回复|回覆|回答)"
)
_LONGEST_ANNOUNCEMENT = 400
_LABEL = re.compile(r"^\s*[\[【](?P<label>[^\W\d_][^\]】\n]{0,30})[\]】]\s*[:：]?(?:\s+|(?<=[】:：]))\S")
_NO_NAMES = frozenset(
    {"image", "inline image", "cid", "external", "extern", "externe", "ext", "bild", "spam", "mailto"}
)


def announces_answers(head: Sequence[str]) -> bool:
    """Return whether a short text above another mail says that answers stand in that mail ("see below, in red")."""
    text = " ".join(line.strip() for line in head)
    return len(text) <= _LONGEST_ANNOUNCEMENT and bool(_ANNOUNCED.search(text))


def answers_by_mark(lines: Sequence[str], headers: Sequence[str]) -> bool:
    """Return whether lines below another mail's headers begin with who answers, as in "[Ada] Yes, both.".

    The same name in brackets twice, or one that the headers hold, by its letters or its initials.
    """
    labels = Counter(match["label"].strip().lower() for line in lines if (match := _LABEL.match(line)))
    named = " ".join(headers).lower()
    return any(
        label not in _NO_NAMES and (count > 1 or (len(label) > 2 and label in named)) for label, count in labels.items()
    )
