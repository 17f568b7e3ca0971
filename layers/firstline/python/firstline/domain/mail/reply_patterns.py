"""The lines with which mail programs introduce what is quoted, and those with which they sign."""

# ruff: noqa: RUF001 - letters of many scripts are meant as they stand.

from __future__ import annotations

import re

_VERB_LAST = (
    r"schrieben sie|du skrev|skrev du|można przeczytać|さんが書きました|"
    r"wrote|writes|wrote the following|said|a écrit|écrit|escribió|escribio|escreveu|ha scritto|scrisse|"
    r"(?:het volgende )?geschreven|schreef|schrieb|schrieb folgendes|skrev|(?:følgende )?skrevet|napisał(?:\(a\)|a)?|"
    r"pisze|(?:şunu |şunları )?yazdı|写道|寫道|写到|书写|様のメール|のメール|さんは書きました|書きました|書いた|"
    r"wrote in message|kirjoitti|napsal(?:\(a\)|a)?|napísal(?:\(a\)|a)?|írta|a scris|έγραψε|написал(?:\(а\)|а)?|пишет|"
    r"написав|пише|님이 작성|작성"
)
"""Verbs that end an attribution, by mail programs' wording in the supported languages and some more."""

_VERB_FIRST = (
    r"schrieb|schreef|skrev|escribió|escribio|escreveu|wrote|heeft|kirjoitti|написал|пишет|napisana przez|"
    r"şunları yazdı|şunu yazdı|تمت كتابة ما يلي بواسطة"
)
"""Verbs that a name and an address, or a date, may still follow."""

_OPENER = (
    r"في|"
    r"on|at|in|le|am|op|el|em|il(?: giorno)?|den|dnia|w dniu|dne|dana|på|於|于|在|пт|пн|вт|ср|чт|сб|вс|quoting|"
    r"(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*|(?:mo|di|mi|do|fr|sa|so)\.?|"
    r"(?:lun|mar|mer|mié|jeu|jue|ven|vie|sam|sáb|dom|dim)[a-zéè]*\.?|(?:pon|wt|śr|czw|pt|sob|niedz)\.?|"
    r"[^\W\d]{5,12},? \d"
)

DATE = re.compile(
    r"\b\d{1,4}\s?[./-]\s?\d{1,2}\s?[./-]\s?\d{2,4}\b|\b\d{1,2}[:.h]\d{2}\b|\b(?:19|20)\d\d\b|\d{1,4}\s?[年月]|"
    r"\b\d{1,2}\.? [^\W\d]{3,12}\.?,? (?:de )?\d{4}|\b[^\W\d]{3,10}\.? \d{1,2}(?:st|nd|rd|th)?,? \d{4}"
)
ADDRESS = re.compile(r"[\w.+=-]+@[\w-]+(?:\.[\w-]+)+")
TIME_OF_DAY = re.compile(r"(?<![\d.])\d{1,2} ?[:.h時时点] ?\d{2}(?![\d.])")
SENTENCE_END = re.compile(r"[.!?…:;。！？：；]['\"”’»)]*\s*$")

_ENDS_WITH_VERB = re.compile(rf"(?i)(?:(?<=\W)|(?<=[\d>）)]))(?:{_VERB_LAST})\s*[:：]?\s*[-–—*>]*\s*$")
_VERB_INSIDE = re.compile(rf"(?i)\b(?:{_VERB_FIRST})\b.{{1,160}}[:：]\s*[*>]*$")
_OPENS = re.compile(rf"(?i)^\W*(?:(?:{_OPENER})\b|\d|在|于|於)")
_FIRST_PERSON = re.compile(
    r"(?i)\b(?:i|we|ich|wir|je|nous|ik|we|jag|vi|io|eu|nós|yo|nosotros)\s+(?:wrote|said|schrieb|écrit|schreef|skrev)|"
    r"\b(?:schrieb|schreef|skrev)\s+(?:ich|ik|jag|vi|wir|we)\b"
)
_BARE_DATE = re.compile(r"^\W*\d{4}[-/.]\d{1,2}[-/.]\d{1,2}\s+\d{1,2}:\d{2}\s+(?:GMT|UTC)\S*\s+\S.{0,80}$")

LAST_WORD = re.compile(rf"(?i)(?:^|(?<=\W)|(?<=\d))(?:{_VERB_LAST})\s*$")

LONGEST_ATTRIBUTION = 400


def ends_attribution(line: str) -> bool:
    """Return whether a line can be an attribution's last."""
    shown = line.strip()
    if not shown.strip("-*"):
        return False
    return shown.endswith((":", "：", ">", "*", "-")) or bool(_BARE_DATE.match(shown) or LAST_WORD.search(shown[-40:]))


_TELLS_THEN_DATES = re.compile(
    r"(?i)^[^\W\d][^\n:]{1,80}? (?:wrote|schrieb|a écrit|escribió|ha scritto|escreveu|schreef|skrev|napisał(?:a|"
    r"\(a\))?|pisze) "
    r"(?:on|am|at|le|el|il|em|op|den|dnia|w dniu) (?=\S*\d).{4,60}[:：]\s*$"
)
_CITES = re.compile(
    r"(?i)^\W*(?:quoting|zitat von|citation de|mensaje citado por|citando(?: a)?|citeren|citerar|cytowanie|cytat|"
    r"alıntı|引用)\s.{2,120}[:：]\s*$"
)


def dates_after_verb(text: str) -> bool:
    """Return whether "Ada wrote on 1/5/24 10:00 AM:" stands here; so may begin what the writer tells, too."""
    return bool(_TELLS_THEN_DATES.match(text) and TIME_OF_DAY.search(text))


def is_attribution(text: str) -> bool:
    """Return whether joined lines introduce a quoted mail: "On 3 May 2024, Ada wrote:" and its like."""
    if not 6 <= len(text) <= LONGEST_ATTRIBUTION or _FIRST_PERSON.search(text):
        return False
    if _BARE_DATE.match(text) or dates_after_verb(text) or (_CITES.match(text) and ADDRESS.search(text)):
        return True
    dated, addressed = bool(DATE.search(text)), bool(ADDRESS.search(text))
    by_verb = bool(_ENDS_WITH_VERB.search(text))
    told = by_verb or bool(_VERB_INSIDE.search(text))
    if dated and addressed:
        # Some programs write no verb at all: "2024年5月1日(水) 10:00 Ada <ada@mail.example>:".
        ends = text.rstrip(" *").endswith((":", "：", ">"))
        return told or (ends and len(text) < 200 and bool(_OPENS.match(text)))
    if addressed:
        return told and text.rstrip(" *-").endswith((":", "："))
    return dated and told and (bool(_OPENS.match(text)) or (by_verb and text.rstrip().endswith((":", "："))))


_NAMED = re.compile(r'^\W{0,3}[^\W\d][\w .,"()-]{0,80}[<(\[]')


def opens_attribution(line: str) -> bool:
    """Return whether a line can be an attribution's first: with a day or a word such as "on", or with a name."""
    return bool(_OPENS.match(line)) or (bool(ADDRESS.search(line)) and bool(_NAMED.match(line)))


_HEADERS = {
    "from": "from|von|de|da|van|od|från|fra|kimden|gönderen|发件人|寄件者|寄件人|差出人|送信者|от|від|"
    "lähettäjä|expéditeur|من|발신|보낸 사람",
    "sent": "sent|date|gesendet|verschickt|datum|envoyé|fecha|enviado|enviado el|enviado "
    "em|enviada|enviada em|data|inviato|verzonden|wysłano|"
    "skickat|sendt|gönderildi|gönderilme tarihi|tarih|发送时间|寄件日期|發送時間|日期|发送日期|送信日時|日時|"
    "отправлено|дата|dato|"
    "تم الإرسال|التاريخ|날짜|보낸 날짜",
    "to": "to|an|à|para|pour|per|a|aan|do|till|til|kime|kimee|alıcı|收件人|宛先|кому|إلى|받은 사람|받는 사람",
    "cc": "cc|kopie an|kopie|copie|copia|kopia|dw|bilgi|抄送|副本|копия",
    "subject": "subject|betreff|thema|ogg|ärende|objet|asunto|assunto|oggetto|onderwerp|temat|ämne|emne|konu|"
    "主题|主旨|件名|тема|"
    "الموضوع|제목",
    "reply": "reply-to|antwort an|répondre à|responder a|risposta|rispondi a|antwoord aan|odpowiedź do|svara till",
}
_HEADER = re.compile(
    r"(?i)^[\s*>|]*(?:" + "|".join(f"(?P<{kind}>{names})" for kind, names in _HEADERS.items()) + r")\s*\*?\s*[:：]\*?"
)


_QUOTES_IN_LINE = re.compile(rf"(?i)^\s*(?P<told>.{{10,{LONGEST_ATTRIBUTION}}}?(?:{_VERB_LAST})\s?:)\s{{2,}}\S")


def quotes_in_line(line: str) -> bool:
    """Return whether an attribution with date and address is followed by what it quotes, as Yahoo's app writes."""
    if "@" not in line or "  " not in line.strip():
        return False
    found = _QUOTES_IN_LINE.match(line[: 2 * LONGEST_ATTRIBUTION])
    told = found["told"] if found else ""
    return bool(ADDRESS.search(told) and DATE.search(told)) and is_attribution(told)


_HEADER_NAMES = {name: kind for kind, names in _HEADERS.items() for name in names.split("|")}
_NAME_OF_HEADER = re.compile(r"^[\s*>|]*(?P<name>[^\W\d][^:：\t|\"“<\n]{0,30}?)\s*\*?(?P<after>[:：\t|\"“].*)?$")


def header_name(line: str, *, alone: bool = False) -> str:
    """Return which header a line names, with a colon or in a column of names; with ``alone`` only the latter."""
    found = _NAME_OF_HEADER.match(line[:LONGEST_ATTRIBUTION])
    if not found or (alone and (found["after"] or "\t")[0] != "\t"):
        return ""
    return _HEADER_NAMES.get(found["name"].lower(), "")


def begins_dated(line: str) -> bool:
    """Return whether a line begins as attributions do, with a date, and ends within a sentence."""
    return bool(_OPENS.match(line) and DATE.search(line)) and not line.rstrip().endswith((".", "!", "?", ":", ";"))


def header_kind(line: str) -> str:
    """Return which header of a quoted mail a line shows (from, sent, to, cc, subject, reply), or an empty text."""
    found = _HEADER.match(line)
    return str(found.lastgroup) if found else ""


_MARKER = re.compile(
    r"(?i)^[\s>*]*(?:begin forwarded message|anfang der weitergeleiteten nachricht|début du message réexpédié|"
    r"inizio messaggio inoltrato|inicio del mensaje reenviado|início da mensagem (?:re)?encaminhada|"
    r"begin doorgestuurd bericht|początek przekazywanej wiadomości|vidarebefordrat brev|転送されたメッセージ|"
    r"下面是被转发的邮件)\s*[:：]?\s*$|"
    r"^[\s>*]*[-_=—]{2,}\s*(?:original message|original appointment|forwarded (?:message|by .{1,60})|"
    r"(?:ursprüngliche|original|weitergeleitete) ?(?:nachricht|mail)|"
    r"(?:message|mail) (?:d'origine|original|transféré|initial)|"
    r"mensaje (?:original|reenviado)|mensagem (?:original|encaminhada)|messaggio (?:originale|inoltrato)|"
    r"(?:oorspronkelijk|doorgestuurd|origineel) bericht|(?:oryginalna|przekazana|wiadomość) ?(?:wiadomość|oryginalna)|"
    r"(?:ursprungligt|vidarebefordrat) (?:meddelande|brev)|(?:orijinal|özgün|iletilen|yönlendirilen) (?:mesaj|ileti)|"
    r"(?:opprinnelig|oprindelig) (?:melding|meddelelse)|исходное сообщение|пересылаемое сообщение|"
    r"原始邮件|原邮件|轉寄的郵件|转发邮件|转发的邮件|元のメッセージ|転送メッセージ|forwarded message|원본 메시지)"
    r"\s*[-_=—*]{2,}[\s*]*$"
)


_REPLY_ABOVE = re.compile(
    r"(?i)(?=.*(?:repl|respon|antwort|répon|rispo|antwoord|svar|odpow|yanıt|cevap|返信|回复|回覆)).*"
    r"(?:above th(?:is|e) line|(?:oberhalb|über) dieser (?:zeile|linie)|au-dessus de cette ligne|encima de esta línea|"
    r"sopra (?:a )?questa (?:riga|linea)|acima d(?:esta|essa) linha|boven deze (?:regel|lijn)|"
    r"ovanför (?:den här |denna )(?:raden|linjen|rad|linje)|(?:nad tą|powyżej tej) lini|bu (?:satırın|çizginin) üst|"
    r"この(?:行|線)(?:より|の)上|此(?:行|线|線)(?:以上|之上|上方|上面))"
)


def is_marker(line: str) -> bool:
    """Return whether a line says that an original or forwarded message begins, or that replies go above it."""
    return bool(_MARKER.match(line)) or (len(line) < 120 and bool(_REPLY_ABOVE.match(line)))


_DEVICE = (
    r"iphone|ipad|ipod|android|samsung|galaxy|huawei|xiaomi|pixel|nokia|blackberry|windows|outlook|mobile|mobil\w*|"
    r"phone|handy|tablet|smartphone|móvil|celular|téléphone|telefoon|telefonu?\w*|telefon\w*|cellulare|dispositivo|"
    r"appareil|thunderbird|mail\w*|yahoo|gmail|gmx|web\.de|proton\w*|spark|airmail|k-9|cell|device|ti-\d+|alcatel|htc|"
    r"携帯|スマート|手机|手機"
)
_SENT = (
    r"sent|from my|please excuse .{1,40}sent|dall['’]|trimis|mandato|来自|gesendet|von meinem|diese nachricht wurde|"
    r"envoyé|envoyée|enviado|enviada|inviato|inviata|verzonden|"
    r"verstuurd|skickat|skickades|sendt|wysłan[eoy]|wysłano|отправлено|gönderildi|lähetetty|get|obtenir|obtener|"
    r"hol(?:en)? sie sich|télécharger|发自|發自|發送自|从我的|從我的|送信|写自"
)
_DEVICE_LINE = re.compile(rf"(?i)^[\W_]*(?:(?:{_SENT})\b.{{0,120}}(?:{_DEVICE})|(?:发自|發自|從我的|从我的).{{1,60}})")
_DEVICE_LAST = re.compile(rf"(?i)(?:{_DEVICE}).{{0,30}}(?:gesendet|gönderildi|から送信|에서 보냄|傳送|发送|發送)\W*$")
_OUTLOOK = re.compile(
    r"(?i)^(?=.*\b(?:ios|android)\b)(?=.*outlook)(?=.*(?:aka\.ms/|\b(?:get|hol|bezieh|télécharg|obten|obtén|scarica|otten|"
    r"obter|obtenha|baix|transfer|download|hämta|skaffa|pobierz|edin|indir)|を入手|获取|取得|下载)).{0,160}$"
)
"""What Outlook on phones signs with, verb first or last."""
_SHORT_DEVICE = re.compile(
    r"(?i)^[\W_]*(?:\w+ )?(?:sent |from ){1,2}(?:from |via |by )?(?:a |my )?(?:mobile|phone|galaxy)\W*$"
)


_TELLS = re.compile(
    r"(?i)[?？](?:\s|$)|\b(?:i|ich|je|j['’]ai|yo|io|eu|ik|jag|ben|not|nicht|pas|nie|inte|niet|isn['’]t|doesn['’]t|don['’]t|can['’]t)\b"
)
"""What makes a line with such words a sentence of the mail's own."""
_EXCUSES = re.compile(
    r"(?i)excus|sorry|apolog|brev|typo|verzeih|entschuld|kürze|kurz|tippf|désol|pardon|disculp|perd[oó]n|scus|desculp|"
    r"gönderil|gesendet|verzonden|skickat|wysłan|送信|传送|发送|發送"
)
_WORDS_OF_DEVICE = 3
"""Words at most that may still belong to a device's name."""


def _goes_on(rest: str) -> bool:
    """Return whether what stands behind a device's name makes a sentence of it."""
    words = rest.split()
    own = words[1:] if rest[:1].isalnum() else words
    return bool(rest) and rest.lstrip()[:1].isalnum() and len(own) > _WORDS_OF_DEVICE and not _EXCUSES.search(rest)


def is_device_line(line: str) -> bool:
    """Return whether a line is what a phone or a program signs with, such as "Sent from my iPhone"."""
    shown = line.strip()
    if not shown or len(shown) > 160 or _TELLS.search(shown):
        return False
    begun = _DEVICE_LINE.match(shown)
    if begun and _goes_on(shown[begun.end() :]):
        return False
    return bool(begun or _DEVICE_LAST.search(shown) or _SHORT_DEVICE.match(shown)) or (
        bool(_OUTLOOK.match(shown)) and not shown.endswith((".", "?", "!"))
    )


DELIMITER = re.compile(r"^\s*(?:[-–—]{2,}|—|[_]{3,}|[=]{3,}|[~]{3,}|[#]{3,}|[*]{3,}|[+]{3,}|ᐧ)\s*$")
"""A line of nothing but rule."""
SIGNATURE_DELIMITER = re.compile(r"^\s*(?:-- ?|––|—|_{5,})\s*$")
"""A rule below which a signature stands; "-- " is the standard one (RFC 3676, 4.3)."""
QUOTED = re.compile(rf"(?i)^\s{{0,3}}(?:[>＞](?!\s?(?:{_VERB_LAST})\s?:?$)|\|(?=\s|$))")
"""A quoted line; the end of an address broken over lines, "> wrote:", is none."""
NAMED_QUOTE = re.compile(r"^[^\W\d_]{1,12}>(?:\s|$)")
"""A quote with its writer's initials or name before the mark, as old programs write."""
