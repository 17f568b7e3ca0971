"""Lines with which a letter closes, in the twelve languages: "Kind regards," and its like, with or without a name."""

# ruff: noqa: RUF001 - letters of many scripts are meant as they stand.

from __future__ import annotations

import re

_LONGEST = 60
_LONGEST_FORMULA = 220
_MOST_WORDS_BEFORE_COMMA = 7

_CLOSINGS = (
    # English
    r"(?:(?:with |my |our )?(?:kind(?:est)?|best|warm(?:est)?|many)? ?regards|regards|rgds|br|kr|best(?: wishes)?|"
    r"all the best|yours(?: (?:truly|sincerely|faithfully))?|sincerely(?: yours)?|cheers|respectfully|cordially|"
    r"(?:many |with |kind )?thanks(?: (?:again|a lot|so much|in advance|and (?:kind |best )?regards))?|"
    r"thank you(?: (?:again|very much|so much|in advance))?|thx|love|take care|have a \w+ (?:day|week|weekend)|"
    # German
    r"(?:mit )?(?:(?:freundlich|best|herzlich|viel|lieb|schön|sonnig|kollegial)\w* )*gr(?:ü|ue)(?:ß|ss)(?:e|en)?|"
    r"gru(?:ß|ss)|mfg|vg|lg|bg|hochachtungsvoll|herzlichst|(?:vielen |besten |herzlichen )?dank(?: im voraus)?|danke|"
    # French
    r"(?:bien |très )?cordialement|(?:bien )?(?:à vous|sincèrement)|cdl?t|respectueusement|amicalement|amitiés|"
    r"(?:avec )?(?:(?:mes|nos) )?(?:meilleures |sincères |cordiales )*salutations(?: distinguées)?|"
    r"bonne (?:journée|soirée|réception|fin de journée)|"
    r"(?:un )?(?:grand )?merci(?: (?:d'avance|par avance|beaucoup))?|"
    r"à bientôt|bises|"
    # Spanish
    r"(?:un |con un |reciba un |reciban un )?(?:muy )?(?:cordial(?:es)? |atent[oa]s? )?saludos?"
    r"(?: (?:cordial(?:es)?|atent[oa]s?))?|(?:muy )?atentamente|(?:muchas |mil )?gracias(?: (?:de antemano|por todo))?|"
    r"(?:un )?(?:fuerte )?abrazo|"
    # Italian
    r"(?:(?:con )?(?:i )?(?:(?:miei|più|migliori|cordiali|distinti|cari|tanti) )*saluti)|un (?:caro |cordiale )?saluto|"
    r"cordialmente|(?:tante |mille )?grazie(?: (?:mille|in anticipo|e (?:cordiali )?saluti))?|"
    r"buona (?:giornata|serata)|"
    r"buon lavoro|a presto|in fede|"
    # Portuguese
    r"atenciosamente|att|atte|(?:com (?:os )?(?:(?:meus|nossos) )?)?(?:melhores |respeitosos )?cumprimentos|saudações|"
    r"(?:muito )?obrigad[oa](?: (?:desde já|pela atenção))?|abraços?|grat[oa](?: pela atenção)?|"
    # Dutch
    r"(?:met )?(?:(?:vriendelijke|hartelijke|beste|vriendelijk) )*gr(?:oet|oeten|oetjes)|mvg|hoogachtend|"
    r"(?:alvast |hartelijk )?(?:bedankt|dank)(?: alvast)?|"
    # Polish
    r"(?:z )?(?:poważaniem|wyrazami szacunku)|(?:serdecznie )?pozdrawia(?:m|my)(?: serdecznie)?|"
    r"(?:serdeczne )?pozdrowienia|(?:z góry )?dzięk(?:uję|ujemy|i)|łączę pozdrowienia|"
    r"z (?:serdecznymi )?pozdrowieniami|"
    # Swedish
    r"(?:med )?(?:(?:vänlig|vänliga|bästa|hjärtliga) )*hälsning(?:ar)?|mvh|vänligen|hälsar|"
    r"tack(?: (?:på förhand|så mycket))?|"
    # Turkish
    r"(?:(?:en içten |derin )?saygı(?:lar(?:ımla|ımızla|ımı sunarım)?|yla)|saygılar)|"
    r"iyi (?:çalışmalar|günler)(?: dilerim)?|"
    r"(?:şimdiden |çok )?teşekkür(?:ler| ederim| ederiz| eder,? .{3,30})|sevgiler(?:le|imle)?|selamlar|hürmetlerimle|"
    # Neighbours of these languages
    r"(?:med )?(?:(?:venlig|vennlig) )?hilsen|(?:ystävällisin )?terveisin|с уважением|з повагою)"
)
_AND = r",? (?:and|und|et|y|e|en|i|och|ve|&) "
_CLOSING = re.compile(rf"(?i)^[\W_]*{_CLOSINGS}(?:{_AND}{_CLOSINGS})?(?P<after>\W.{{0,40}})?$")
_UNSPACED = re.compile(
    r"^(?:.{0,20}(?:よろしく|宜しく).{0,20}|以上(?:、.{0,20})?|敬具|草々|かしこ|"
    r"(?:此致|敬礼|敬禮|敬上|谨上|謹啟|祝好|順頌|顺颂|顺祝|順祝|即颂|祝您?|谢谢|謝謝|多谢|感谢|感謝).{0,12})[\s。．.!！，,、]*$"
)
_FORMULA = re.compile(
    r"(?i)^\W*(?:veuillez|je vous prie|nous vous prions|dans l'attente).{3,140}"
    r"(?:salutations|sentiments|considération)|"
    r"^\W*(?:quedo|quedamos) a (?:la espera|su disposición)|^\W*(?:in attesa|resto in attesa|restiamo a disposizione)"
)


def is_closing(line: str) -> bool:
    """Return whether a whole line is a letter's closing, such as "Kind regards," or "Thanks, Ada"."""
    shown = line.strip()
    if not shown or len(shown) > _LONGEST_FORMULA:
        return False
    if _FORMULA.match(shown):
        return True
    if len(shown) > _LONGEST or shown.endswith("?"):
        return False
    if _UNSPACED.match(shown):
        return True
    found = _CLOSING.match(shown)
    return bool(found) and len((found["after"] or "").split()) <= 3 if found else False


def closes_by_comma(line: str) -> bool:
    """Return whether a line may be a closing by its shape: a few words and a comma."""
    shown = line.strip()
    return (
        shown.endswith((",", "，", "、")) and len(shown) <= _LONGEST and len(shown.split()) <= _MOST_WORDS_BEFORE_COMMA
    )
