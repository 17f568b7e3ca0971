"""Notices that companies and programs put below a mail: confidentiality, paper, viruses, lists."""

# ruff: noqa: RUF001 - letters of many scripts are meant as they stand.

from __future__ import annotations

import re
from collections.abc import Sequence

from firstline.domain.mail.closing_lines import is_closing
from firstline.domain.mail.lazy_pattern import LazyPattern
from firstline.domain.mail.reply_patterns import DELIMITER, is_device_line
from firstline.domain.mail.signature_lines import REACHED, Kind, is_name, is_rule, kinds

_READ = 2_500
"""Letters of a paragraph that are looked at."""
_SHORT = 220
_MOST_PARAGRAPHS = 5
_LINES_OF_NOTICE = 30
_LONGEST_TITLE = 60
_LINES_OF_SIGNATURE = 14
_WORDS_OF_GREETING = 6
_KINDS_OF_PHRASES = 3

_MESSAGE = (
    r"\b(?:this|the present|diese[rs]?|ce(?:t|tte)?|este|esta|el presente|la presente|quest[oa]|(?:il |nella |la |"
    r"del )?presente|a presente|dit|deze|"
    r"niniejsz[ya]|ta|ten|detta|det här|denna|bu) (?:e-?mail|message|communication|transmission|mail|nachricht|e-post|"
    r"courriel|courrier|mensaje|correo|comunicación|messaggio|comunicazione|mensagem|bericht|wiadomość|"
    r"korespondencja|meddelande|mejl|e-?posta|mesaj|ileti|elektronik posta)|"
    r"(?:本|この|此|该|本封)(?:電子|电子)?(?:メール|邮件|郵件|信件)"
)
_CONFIDENTIAL = (
    r"confidenti|vertraulich|confidenc|riservat|vertrouwelijk|poufn|konfidenti|gizli|privileged|privilégi|"
    r"rechtlich geschützt|sekretess|tajemnic|legalmente proteg|hukuken korun|機密|秘密|保密|机密"
)
_ADDRESSEE = (
    r"intended|addressee|(?:richtige|vorgesehene|bestimmte)\w* (?:empfänger|adressat)|adressat|empfänger|bestimmt|"
    r"destinat(?:aire|ari|[aeio]\b)|destinatári|geadresseerde|bestemd|adresat|przeznaczon|mottagare|avsedd|adressat|"
    r"alıcı|muhatap|muhatab|gönderilen kişi|受信者|宛先|受取人|收件人|接收"
)
_MISTAKE = (
    r"in error|by mistake|irrtümlich|versehentlich|par erreur|por error|equivocad|per errore|por engano|por erro|"
    r"indevidamente|abusievelijk|ten onrechte|per vergissing|onbedoeld|omyłk|pomyłk|błędnie|misstag|felaktigt|"
    r"av fel|yanlışlık|hata(?:en|yla)|tarafınıza ulaş|誤って|誤送|間違|误|錯誤|错误|错收"
)
_ACT = (
    r"delet|destroy|notify|inform the sender|disclos|distribut|dissemina|vernicht|lösch|informieren|benachrichtig|"
    r"supprim|détrui|avert|elimin|borr|notifi|comuni(?:que|car)|distru|cancell|avvis|apag|destrua|destru|verwijder|"
    r"vernietig|melden|usun|zniszcz|powiadom|poinform|radera|förstör|meddela avsändaren|underrätta|silin|silme|siliniz|"
    r"imha|bildir|削除|破棄|ご連絡|通知|删除|刪除|銷毀|销毁"
)
_FORBIDS = (
    r"prohibited|forbidden|unauthori[sz]ed|verboten|nicht gestattet|unbefugt|interdit|prohibid|permitid|vietat|proibit|"
    r"verboden|zabronion|niedozwolon|förbjud|otillåt|yasak|禁止|legal notice|rechtlicher hinweis|aviso legal|"
    r"avertissement|avvertenza|yasal uyarı|免责"
)
_DATA = re.compile(
    r"(?i)\b(?:rgpd|gdpr|dsgvo|rodo|lgpd|kvkk|avg|datos personales|personenbezogen\w*|dati personali|dan\w+ osobow\w+|"
    r"données personnelles|dados pessoais|persoonsgegevens|personuppgifter|kişisel veri\w*)\b"
)
_KEEPER = re.compile(
    r"(?i)controller|processed|rights of|verarbeit|traitées?|tratad[oa]s|trattat[ie]|titolare|ejercer|exercer|verwerk|"
    r"administrator|więcej informacji|behandla|işlen|informamos que"
)
_PHRASES = tuple(
    re.compile(f"(?i){pattern}") for pattern in (_MESSAGE, _CONFIDENTIAL, _ADDRESSEE, _MISTAKE, _ACT, _FORBIDS)
)
_PROVIDES = re.compile(
    r"(?i)\b(?:if|should you|unless|only|solely|exclusive\w*|may contain|wenn|falls|sollten|nur|ausschließlich|"
    r"enthalten|si|"
    r"s['’]il|uniquement|exclusi\w+|réservé\w*|peu(?:ven)?t contenir|únic\w+|s[oó]lo|puede\w* contener|se|qualora|"
    r"esclusiv\w+|unicamente|"
    r"(?:può|possono) contenere|caso|apenas|pode\w* conter|indien|als|mocht|uitsluitend|alleen|bevatten?|jeśli|jeżeli|"
    r"wyłącznie|tylko|zawierać|om|har (?:det|du|ni)|endast|enbart|innehålla|eğer|ise|sadece|yalnız\w*|olabilir|"
    r"içerebilir|\w+s[ae]n[ıi]z|"
    r"\w+[ıiuü]ysa|notice|hinweis|avis|aviso|avviso)\b|場合|のみ|如|若|仅|只|可能"
)
_FIRST_PERSON = re.compile(
    r"\b(?:I|I'm|I've|I’ve)\b|(?i:\b(?:me|my|ich|mir|mein\w*|je|j'ai|moi|mon|yo|mío|ho|mio|mia|eu|meu|minha|"
    r"ik|mijn|mój|moj\w{1,3}|jag|mitt|benim|bana)\b)|私|我(?!们|們|司|公司)"
)
_PAPER = re.compile(
    r"(?i)^\W*(?:\w+ ){0,3}?(?:think|consider|before|save|respect\w*|rispett\w+|schütz\w+|bitte|denk\w*|bevor|"
    r"müssen|pensez|avant|merci|antes|piense|"
    r"prima|pensa|pense|evite|bespaar|zanim|pomyśl|tänk|spara|lütfen|bu e-?posta|このメール|印刷|打印|请|請|環境|环境)"
    r"(?=.*(?:print|druck|imprim|stamp|afdruk|druk|skriv|yazdır|印刷|打印|列印|\bpaper))"
    r"(?=.*(?:environment|umwelt|environnement|ambiente|milieu|środowisk|miljö|çevre|環境|环境|环保|環保|planet|planète|tree|e-?mail))"
)
_SCANNED = re.compile(
    r"(?i)(?=.*(?:virus|viren|wirus|malware|ウイルス|病毒))(?=.*(?:avast|avg\b|norton|mcafee|kaspersky|eset|bitdefender|sophos))"
)
_LEAVES = (
    r"unsubscrib|opt out|abmelden|abbestell|austragen|désabonn|désinscri|cancelar (?:la|a|tu|su|sua) (?:suscripción|"
    r"subscrição|inscrição)|darse de baja|annulla\w* l['’]iscrizione|disiscri|cancell\w+ (?:la )?(?:tua )?iscrizione|"
    r"descadastr|uitschrij|afmelden|wypisa|anulować subskrypcję|zrezygnować z subskrypcji|avregistrera|avprenumerera|"
    r"avsluta prenumeration|abonelikten|üyelikten|退订|退訂|取消订阅|配信停止|退会|登録解除|購読解除"
)
_RECEIVED = (
    r"(?:^|\W)(?:you(?:['’]re| are)? receiv\w+ (?:this|all)|you have received this|you are receiving|"
    r"sie erhalten diese|"
    r"sie haben diese|vous (?:recevez|avez reçu) ce|(?:ha|has|ha) recibido este|recibes? este|hai ricevuto questo|"
    r"ricevi questo|(?:você|voce) (?:recebeu|está recebendo)|recebeu est[ae]|(?:u|je) (?:ontvangt|hebt dit)|"
    r"otrzymuj\w+ tę|otrzymano tę|du (?:får|har fått) det|bu (?:iletiyi|e-?postayı|mesajı).{0,60}aldınız|"
    r"(?:このメールは|您收到(?:此|这)))"
)
_LIST_BEGINS = re.compile(
    rf"(?i)^\W*(?:{_RECEIVED}|(?:to|um sich|pour (?:se|vous)|para|per|om (?:je|u)|aby|för att)\b.{{0,30}}(?:{_LEAVES})|"
    r".{2,60} mailing list\b)"
)
_WHY = LazyPattern(
    r"\b(?:because|since you|weil|da sie|parce que|car vous|porque|perché|omdat|ponieważ|eftersom|mailing list|"
    r"subscri\w+|mailingliste|verteiler|lista)\b|için|dolayı|因|ため"
)
"""What tells why a list's mail came, or of the list."""
_YOURS = LazyPattern(
    r"\b(?:you|your|ihre[rn]?|sie|vous|vos|votre|sus?|usted|le|suoi|tuoi|lei|seus|vossos|uw|u|państwa|twoje|dina|era|dig|"
    r"sizin|\w+[ıiuü]n[ıiuü]z\w*)\b|您|お客様|あなた"
)
_LEAVE = re.compile(f"(?i){_LEAVES}")
_LABELLED = re.compile(rf"(?i)^\W*(?:{_LEAVES})\w*\s*[:：]")
_REMOTE = re.compile(r"(?i)https?://|www\.|[\w.+-]+@[\w-]+\.")
_ASKS = re.compile(
    r"(?i)\b(?:please|bitte|s'il vous|por favor|per favore|alsjeblieft|graag|proszę|snälla|lütfen)\b|请|ください"
)
_PRIVACY = re.compile(
    r"(?i)^\W*(?:[\w-]+ ){0,3}?(?:privacy|datenschutz\w*|confidentialité|privacidad|privacidade|integritetspolicy|"
    r"privacyverklaring|prywatności|gizlilik|隐私|プライバシー).{0,120}https?://\S{3,120}\s*$"
)
_ASKED_ABOUT = LazyPattern(
    r"\b(?:footer|disclaimer|notice|signature|wording|text|below|following|fußzeile\w*|hinweis\w*|signatur\w*|unten|"
    r"folgend\w*|pied de page|mentions?|texte|ci-dessous|suivante?|pie de (?:página|correo)|aviso|abajo|siguiente|"
    r"firma|texto|testo|avviso|sotto|seguente|piè di pagina|rodapé|abaixo|seguinte|assinatura|voettekst|tekst|"
    r"hieronder|"
    r"handtekening|stopk\w+|poniż\w+|podpis\w*|sidfot\w*|nedan\w*|följande|altbilgi\w*|metin|metni|"
    r"aşağıda\w*|imza\w*)\b|"
    r"フッター|署名|文面|以下|下記|页脚|签名|文字|如下|下面"
)
"""What a mail says that shows such a notice for its text."""
_LIABLE = re.compile(
    r"(?i)liabilit|responsibilit|views or opinions|registered (?:in|office)|virus|viren|haftet|haftung|responsab|"
    r"aansprakelijk|odpowiedzialno|\bansvar|sorumlu|責任|责任"
)


def is_disclaimer(paragraph: Sequence[str]) -> bool:
    """Return whether a paragraph is a notice below a mail and says nothing of its writer's own.

    A notice of confidentiality holds three of six: "this message", that it is secret, for whom it is, what if it came
    by mistake, what to do then, what is forbidden; a condition or a limit ("if", "only"); and no "I".
    """
    whole = " ".join(line.strip() for line in paragraph)[:_READ]
    if len(whole) <= _SHORT and (_PAPER.match(whole) or _SCANNED.search(whole) or _PRIVACY.match(whole)):
        return True
    if whole.rstrip().endswith(("?", "？")) or _FIRST_PERSON.search(whole):
        return False
    if _REMOTE.search(whole) and (
        (_LIST_BEGINS.match(whole[:_SHORT]) and (_LEAVE.search(whole) or _WHY.search(whole)))
        or (_YOURS.search(whole) and _DATA.search(whole) and _KEEPER.search(whole) and not _ASKS.search(whole))
    ):
        return True
    return bool(_PROVIDES.search(whole)) and (
        sum(bool(pattern.search(whole)) for pattern in _PHRASES) >= _KINDS_OF_PHRASES
    )


def is_list_footer(below: Sequence[str]) -> bool:
    """Return whether the lines below a rule are what a mailing list adds: how to leave it, with an address."""
    whole = " ".join(line.strip() for line in below)[:_READ]
    if not _REMOTE.search(whole) or _FIRST_PERSON.search(whole) or any(line.rstrip().endswith("?") for line in below):
        return False
    first = next((line for line in below if line.strip()), "")
    if _LIST_BEGINS.match(first[:_SHORT]):
        return True
    written = [line for line in below if line.strip()]
    return bool(_LEAVE.search(whole)) and (len(written) > 1 or bool(_LABELLED.match(first))) and not _ASKS.search(whole)


def is_title(paragraph: Sequence[str]) -> bool:
    """Return whether a paragraph is a notice's heading, such as "CONFIDENTIALITY NOTICE"."""
    if len(paragraph) != 1 or len(paragraph[0]) > _LONGEST_TITLE or paragraph[0].rstrip().endswith((".", "?", "!")):
        return False
    return bool(_PHRASES[1].search(paragraph[0]) or re.match(r"(?i)^\W*(?:legal )?disclaimer\W*$", paragraph[0]))


def disclaimer_start(shown: Sequence[str]) -> int:
    """Return how many of a mail's own lines stand above the notices at its end; all of them where there are none.

    Parameters
    ----------
    shown : sequence of str
        The mail's own lines, blank ones too.

    Returns
    -------
    int
        From 1 to ``len(shown)``: something is always said above a notice, and it is closed or signed: what stands in
        a letter may be a demand, or tell of a mail that went astray.
    """
    paragraphs = _last_paragraphs(shown)
    start = len(shown)
    for index in range(len(paragraphs) - 1, -1, -1):
        first, end = paragraphs[index]
        paragraph = shown[first:end]
        if is_disclaimer(paragraph) or (is_title(paragraph) and start == _next_start(paragraphs, index)):
            start = first
            continue
        begin = next(
            (
                n
                for n in range(max(first + 1, end - _LINES_OF_NOTICE), end)
                if _begins(shown, n) and is_disclaimer(shown[n:end])
            ),
            None,
        )
        if begin is not None:
            start = begin
            break
        if not _is_legal(paragraph):
            break
    if start == len(shown):
        return start
    ruled = DELIMITER.match(shown[start]) or is_rule(shown[start])
    return start if _is_closed(shown[: start + bool(ruled)]) else len(shown)


def _is_closed(above: Sequence[str]) -> bool:
    """Return whether lines say something besides a greeting, close or are signed, and speak of no such text."""
    written = [line.strip() for line in above if line.strip()]
    said = written[1:] if written and _is_greeting(written[0]) else written
    ends = [
        place
        for place in range(max(1, len(said) - _LINES_OF_SIGNATURE), len(said))
        if is_closing(said[place]) or DELIMITER.match(said[place]) or is_rule(said[place])
    ]
    if said[1:] and not ends:
        signed = kinds(said[-1]) & (REACHED | Kind.COMPANY | Kind.REGISTER) or is_name(said[-1])
        ends = [len(said) - 1] if signed or is_device_line(said[-1]) else []
    return bool(ends) and not _ASKED_ABOUT.search("\n".join(said[: ends[-1]])[-_READ:])


def _is_greeting(line: str) -> bool:
    return len(line.split()) <= _WORDS_OF_GREETING and (
        line.endswith((",", "!", ":", "，", "、", "：")) or is_name(line)
    )


def _next_start(paragraphs: list[tuple[int, int]], index: int) -> int:
    return paragraphs[index + 1][0] if index + 1 < len(paragraphs) else -1


def _last_paragraphs(shown: Sequence[str]) -> list[tuple[int, int]]:
    """Return where the last paragraphs begin and end, in order."""
    found: list[tuple[int, int]] = []
    end = len(shown)
    while end > 0 and len(found) < _MOST_PARAGRAPHS:
        while end > 0 and not shown[end - 1].strip():
            end -= 1
        first = end
        while first > 0 and shown[first - 1].strip():
            first -= 1
        if first < end:
            found.insert(0, (first, end))
        end = first
    return found


def _begins(shown: Sequence[str], number: int) -> bool:
    """Return whether a notice may begin within a paragraph: with "This message", or below a signature's line."""
    if _PHRASES[0].match(shown[number].strip("*_ \t")[:_SHORT]):
        return True
    return bool(kinds(shown[number - 1]) & (REACHED | Kind.COMPANY | Kind.REGISTER | Kind.ADDRESS | Kind.RULE))


def _is_legal(paragraph: Sequence[str]) -> bool:
    """Return whether a paragraph may stand below a notice, and goes if one stands above it."""
    whole = " ".join(line.strip() for line in paragraph)[:_READ]
    if _FIRST_PERSON.search(whole):
        return False
    return bool(_LIABLE.search(whole)) or sum(bool(pattern.search(whole)) for pattern in _PHRASES) > 1
