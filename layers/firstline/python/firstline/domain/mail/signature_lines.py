"""What kinds of lines a signature is made of: a name, a role, a company, ways of contact, an address."""

# ruff: noqa: RUF001 - letters of many scripts are meant as they stand.

from __future__ import annotations

import re
from enum import Flag, auto

LONGEST_LINE = 160
_LONGEST_SHORT = 64
_MOST_WORDS = 9


class Kind(Flag):
    """What a line of a signature shows; nothing for a line that belongs to none."""

    NONE = 0
    PLAIN = auto()
    """Short and no sentence: a name, a department, a slogan of a few words."""
    NAME = auto()
    """Looks like a person's name."""
    ROLE = auto()
    COMPANY = auto()
    ADDRESS = auto()
    PHONE = auto()
    ONLINE = auto()
    """An e-mail or web address, or a name in a network."""
    REGISTER = auto()
    """A number of a register or a tax."""
    RULE = auto()
    PICTURE = auto()


REACHED = Kind.PHONE | Kind.ONLINE
"""What makes a few lines a signature for sure."""

_NO_RULE = frozenset(">.!?…,;()[]{}\"'")
_LEAST_OF_RULE = 3
_PICTURE = re.compile(
    r"(?i)^\s*(?:\[(?:cid:|image|inline|bild|logo|imagen|immagine|imagem|afbeelding|obraz)[^\]]{0,120}\]\s*)+$"
)
_EMAIL = r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}"
_URL = r"(?:https?://|www\.)[^\s<>]{3,140}"
_ONLINE = re.compile(
    rf"(?i){_EMAIL}|{_URL}|^\W*[\w-]{{2,40}}(?:\.[\w-]{{2,30}})?\.(?:com|net|org|eu|de|fr|es|it|pt|nl|pl|se|tr|jp|cn|uk|br|ch|at|be|io|example)\W*$"
)
_NUMBER = r"(?:\+|\(\+?|0|\d)[\d\s()/.\-–\[\]]{5,24}\d"
_PHONE_LABEL = (
    r"t|p|m|f|d|tel|tél|telephone|phone|ph|telefon|telefono|teléfono|telefone|téléphone|telefoon|tfn|tlf|fon|mob|mobile|mobil|"
    r"móvil|telemóvel|celular|cell|cellulare|cel|portable|mobiel|komórka|kom|gsm|cep(?: tel(?:efonu)?)?|handy|fax|faks|"
    r"télécopie|telefax|office|direct|direkt|durchwahl|zentrale|standard|büro|bureau|ufficio|oficina|whatsapp|"
    r"hotline|helpdesk|växel|santral|dahili|ext|tel/fax|电话|電話|手机|手機|传真|傳真|携帯|座机|直通|微信|内線"
)
_PHONE = re.compile(
    rf"(?i)^(?:.{{0,60}}(?:[\s|,;•·/–-]|^)|\W*)(?:{_PHONE_LABEL})\.?(?: ?(?:nr|no|n°|num)\.?)?\s?[:：.]?\s?{_NUMBER}"
    rf"|(?:電話|TEL|FAX|携帯|电话|手机|传真)\s*[:：]?\s*{_NUMBER}"
    rf"|^\W*\d{{3}}[-. ]\d{{3}}[-. ]\d{{3,4}}\W*$"
    rf"|^\W*(?:\+|\(\+?|0)[\d\s()/.\-–]{{6,24}}\d\W*$"
    rf"|(?:^|[|•·,]\s*)(?:\+\d|\(0?\d{{2,5}}\)|0\d{{1,4}}[\s/-])[\d\s()/.\-–]{{5,20}}\d"
)
_REGISTER = re.compile(
    r"(?i)\b(?:ust-?id\w*|umsatzsteuer|steuernummer|hrb|hra|registergericht|amtsgericht|siret|siren|rcs|tva|nip|regon|"
    r"krs|kvk|btw|p\.? ?iva|partita iva|c\.?f\.|cif|nif|cnpj|nipc|"
    r"org\.? ?nr|orgnr|momsreg|vat|company (?:no|number|reg)|"
    r"registered (?:in|office)|vergi (?:no|dairesi)|mersis|geschäftsführ\w*|sitz der gesellschaft|capital social|"
    r"rea|handelsregister|vorstand|vorsitzende\w*|aufsichtsrat\w*|prokur\w*)\b"
)
_COMPANY = re.compile(
    r"(?:^|[\s,(])(?:GmbH|gGmbH|AG|KG|OHG|UG|e\.\s?V\.|eG|Ltd\.?|Limited|LLC|LLP|Inc\.?|Corp\.?|PLC|plc|S\.?A\.?S\.?|"
    r"S\.?A\.?R\.?L\.?|SARL|SASU|S\.A\.|SA|SCOP|S\.?L\.?U?\.?|S\.?r\.?l\.?|S\.?p\.?A\.?|Lda\.?|Ltda\.?|S/A|EIRELI|"
    r"B\.?V\.?|N\.?V\.?|V\.?O\.?F\.?|AB|HB|A\.?Ş\.?|Ltd\.? Şti\.?|Şti\.?|Sp\. ?z ?o\.? ?o\.?|S\.A|[Ss]p\. ?[jk]\.|"
    r"Oy|ApS|"
    r"A/S|AS)(?=$|[\s,.)|•·/–-])|株式会社|有限会社|合同会社|（株）|\(株\)|㈱|有限公司|股份公司|股份有限|事務所|事务所|公司$"
)
_ADDRESS = re.compile(
    r"(?i)〒|\b[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}\b|\b(?:[A-Z]{1,2}[- ])?\d{4,5}(?:-\d{3,4})? ?(?:[A-Z]{2} )?[^\W\d]{3,}|"
    r"\b\d{2}-\d{3} [^\W\d]{3,}|\b\d{3} ?\d{2} [^\W\d]{3,}|\b[A-Z]{2} \d{5}(?:-\d{4})?\b|\b\d{5}-\d{3}\b|"
    r"\b(?:p\.? ?o\.? box|postfach|postbus|boîte postale|apartado|apdo|casella postale|caixa postal|skrytka|box) \d+|"
    r"\b\w*(?:stra(?:ß|ss)e|str\.|straat|weg|gasse|allee|platz|laan|gatan|vägen|plein|kade|gracht|singel)\b,? ?\d+|"
    r"^\W*\d{1,4}(?:[ -]?(?:bis|ter|[a-z]))?,? (?:rue|avenue|av\.|bd|boulevard|place|quai|chemin|allée|"
    r"impasse|route|cours)\b|"
    r"^\W*(?:via|viale|piazza|corso|largo|vicolo|calle|c/|avda|avenida|plaza|paseo|ronda|rua|av\.|travessa|praça|alameda|"
    r"ul\.|al\.|pl\.|ulica|os\.) ?[^\W\d].{1,50}\d|\b(?:cad|sok|mah|blv|bulvarı|caddesi|sokak|mahallesi)\b\.?.{0,40}\d|"
    r"^\W*(?:(?:unit|suite|floor|room|level|flat) \w+,? )?\d{1,5}[a-z]? (?:[\w'.-]+ ){1,4}"
    r"(?:street|st|road|rd|avenue|ave|lane|ln|drive|dr|way|court|ct|square|sq|place|pl|park|close|hill|row|terrace|quay)\b|"
    r"(?:都|道|府|県).{1,12}(?:市|区|郡)|(?:省|市).{1,14}(?:区|路|街|号|號)|\d+(?:丁目|番地|号|號)|\d+-\d+-\d+(?=\s|$)"
)
_ROLE = re.compile(
    r"(?i)\b(?:manager|director|head of|officer|assistant|coordinator|engineer|consultant|analyst|specialist|executive|"
    r"president|founder|owner|partner|secretary|treasurer|chair(?:man|woman|person)?|administrator|developer|accountant|"
    r"supervisor|representative|lead|c[efot]o|support|sales|professor|lecturer|"
    r"\w*leit(?:er|ung)(?:in)?|geschäftsführer(?:in)?|inhaber(?:in)?|sachbearbeit\w+|assistent(?:in)?|\w*berater(?:in)?|"
    r"\w*beauftragte[r]?|vorstand|vertrieb|einkauf|buchhaltung|kundendienst|abteilung|"
    r"directeur|directrice|responsable|chargée?|gérante?|assistante?|secrétaire|conseill(?:er|ère)|chef(?:fe)?|"
    r"ingénieure?|comptable|présidente?|adjointe?|service [^\W\d]+|"
    r"director[a]?|gerente|responsable|jef[ea]|secretari[oa]|asesor[a]?|encargad[oa]|administrador[a]?|coordinador[a]?|"
    r"técnic[oa]|departamento|"
    r"responsabile|direttore|direttrice|titolare|segreteria|amministra\w+|ufficio|addett[oa]|consulente|referente|"
    r"diretor[a]?|coordenador[a]?|síndic[oa]|assessor[a]?|sóci[oa]|técnic[oa]|gestor[a]?|engenheir[oa]|"
    r"directeur|\w*medewerk(?:er|ster)|\w*adviseur|\w*beheerder|eigenaar|bestuur\w*|afdeling|teamleider|secretaris|"
    r"kierownik|kierowniczka|dyrektor|specjalist(?:a|ka)|księgow[ay]|prezes|asystent(?:ka)?|doradca|dział|właściciel(?:ka)?|"
    r"\w*chef|vd|handläggare|\w*handläggare|ordförande|\w*ansvarig|samordnare|ekonom|säljare|konsult|"
    r"müdür[ü]?|müdürlüğü|uzmanı|yönetici(?:si)?|sorumlusu|koordinatör[ü]?|asistanı|temsilcisi|mühendis[i]?|kurucu|"
    r"departmanı|bölümü)\b|[部課科室]$|部\s|担当|課長|部長|社長|代表|主任|经理|總監|总监|主管|工程师|部长|助理|专员|客服|销售"
)
_LABEL = re.compile(
    rf"(?i)^\W*(?:{_PHONE_LABEL}|e|w|i|e-?mail|mail|courriel|correo(?: electrónico)?|e-?posta|e-?post|poczta|web|"
    r"web ?site|site(?: web| internet)?|webseite|homepage|internet|strona|sitio(?: web)?|sito|hemsida|url|skype|teams|"
    r"linkedin|twitter|x|instagram|facebook|mastodon|pgp|gpg|fingerprint|öffnungszeiten|bürozeiten|sprechzeiten|"
    r"arbeitstage|(?:opening|office|working) (?:hours|days)|pronouns|"
    r"horarios?|orari[oa]?|horaires|openingstijden|werkdagen|godziny(?: pracy)?|öppettider|çalışma saatleri|営業時間|"
    r""
    r"address|adresse|anschrift|dirección|indirizzo|sede|morada|endereço|adres|adress|besöksadress|postadress|"
    r"bezoekadres|postadres|sitz|vat|住所|所在地|地址|メール|邮箱|電子郵件|电邮|邮件|网址|網址|邮编|公司|部门|職位|职位|QQ|URL|HP)"
    r"(?: ?(?:nr|no|n°)\.?)?\s?\.?\s?[:：]"
)
_ANY_LABEL = re.compile(r"^\W*[^\W\d][^:：\n]{0,30}[:：]")
_NUMBERED = re.compile(r"(?i)\b(?:no|nr|n°|num|ext|dahili)\s?[.:]+")
_ENDS_SENTENCE = re.compile(r"(?:[^\W\d]{3,}|\d)[.!?;:…]+['\"”’»)]*\s*$|[。！？；：]\s*$")
_KEEPS = re.compile(
    r"(?i)\b(?:order|invoice|account|customer|client|ticket|case|contract|serial|booking|reference|policy|member\w*|"
    r"bestell\w*|auftrag\w*|rechnung\w*|kunden-?(?:nr|nummer)\w*|vertrag\w*|serien\w*|buchung\w*|mitglied\w*|akten\w*|"
    r"commande|facture|contrat|n° client|pedido|factura|contrato|ordine|fattura|contratto|fatura|encomenda|bestelling|"
    r"factuur|klantnummer|zamówieni\w*|faktur\w*|umow\w*|beställning\w*|kundnummer|ordernummer|sipariş\w*|sözleşme\w*|"
    r"k(?:un)?d(?:en)?\.?-?\s?(?:nr|nummer)|klant(?:en)?-?\s?(?:nr|no|nummer)|müşteri|abone|cliente|klient\w*|"
    r"numéro (?:de |d['’])\w+|model\w*|modèle|modello|s/n|sn|imei|mac|vin|(?:licen[cs]e |number )?plate|registration|"
    r"kennzeichen|immatriculation|matrícula|placa|targa|kenteken|rejestracyjn\w+|regnr|reg\.? ?nr|plaka|numer seryjny|"
    r"serie\w*|série|matricola|seri no|pincode|meter|zähler\w*|born|geb\w*\.?|tracking|sendungs\w*|"
    r"iban|p\.?s)\b[^@]{0,20}[:#°.]?\s?\S{0,6}\d|注文|会員番号|お客様番号|顧客番号|型番|製造番号|订单|訂單|发票|合同|"
    r"客户编号|型号|序列号|车牌|单号"
)
_SMALL_IN_PLACES = 6
"""Words in small letters at most in a company's name and address; more are a sentence."""
_HOUSE_NUMBER = 5
"""Digits at most of a number that may be a house's or a postal code."""
_REMOTE = re.compile(rf"(?i){_URL}|{_EMAIL}")
_OWN = re.compile(r"^\s*(?:>|[-*•] |\d{1,2}[.)] )|[?？]\s*$|[{}=\\$^`]")
"""What belongs to no signature: quotes, lists, questions, code."""
_PLACES = Kind.COMPANY | Kind.REGISTER | Kind.ADDRESS
_SURE = REACHED | Kind.COMPANY | Kind.REGISTER | Kind.ADDRESS
_ASIDE = re.compile(r"\s*\([^()]{1,30}\)$")
"""What some put behind their name: "(she/her)"."""
_NAME_WORD = re.compile(r"^[^\W\d_][\w'’.-]*,?$")
_PARTICLES = frozenset(
    [
        "von",
        "van",
        "de",
        "der",
        "den",
        "da",
        "di",
        "del",
        "della",
        "dos",
        "das",
        "do",
        "la",
        "le",
        "zu",
        "af",
        "y",
        "e",
        "ten",
        "ter",
    ]
)
_NAME_CJK = re.compile(
    r"^[\u3040-\u30ff\u3400-\u9fff]{1,6}(?:[ \u3000・][\u3040-\u30ff\u3400-\u9fff]{1,8})?"
    r"(?:\s?[(（][^)）]{1,30}[)）])?$"
)
_MOTTO = re.compile(r"^\s*[\"“„«»‟”'‘「『*].{3,150}[\"”“»«'’」』*]\s*(?:[-–—~(].{0,60})?$|^\s*[-–—~] ?[^\W\d].{2,60}$")


def is_motto(line: str) -> bool:
    """Return whether a line is a saying in quotation marks, or names whose it is."""
    return len(line) <= LONGEST_LINE and not is_rule(line) and bool(_MOTTO.match(line))


def is_rule(line: str) -> bool:
    """Return whether a line is a rule of any signs, such as "-=-=-=-" or "━━━━"."""
    signs = "".join(line[: LONGEST_LINE + 1].split())
    return _LEAST_OF_RULE <= len(signs) <= LONGEST_LINE and not any(s.isalnum() or s in _NO_RULE for s in signs)


def is_name(line: str) -> bool:
    """Return whether a line looks like a person's name and nothing else."""
    shown = _ASIDE.sub("", line.strip().strip("*_/-–— ").rstrip(",."))
    if _NAME_CJK.match(shown):
        return True
    words = [word for word in shown.split() if word.strip(".").lower() not in _PARTICLES]
    if not 1 <= len(words) <= 5 or len(shown) > 50 or not all(map(_NAME_WORD.match, words)):
        return False
    return all(word[0].isupper() for word in words)


def keeps(line: str) -> bool:
    """Return whether a line shows data of a matter, such as the number of an order or a serial number."""
    return len(line) <= LONGEST_LINE and bool(_KEEPS.search(line))


def kinds(line: str) -> Kind:
    """Return what a line of a signature shows; ``Kind.NONE`` for a sentence, a number of an order and what is long."""
    shown = line.strip()
    if not shown or len(shown) > LONGEST_LINE:
        return Kind.NONE
    if is_rule(shown):
        return Kind.RULE
    if _PICTURE.match(shown):
        return Kind.PICTURE
    bare = _REMOTE.sub(" ", shown)
    if _OWN.search(bare) or _KEEPS.search(shown):
        return Kind.NONE
    found = Kind.NONE
    for kind, pattern in _PATTERNS:
        if pattern.search(shown):
            found |= kind
    if _speaks(bare, found):
        return Kind.NONE
    if _ANY_LABEL.match(_NUMBERED.sub(" ", bare)) and not _LABEL.match(shown) and not found & (REACHED | Kind.REGISTER):
        return Kind.NONE
    if is_name(shown):
        found |= Kind.NAME
    return found | Kind.PLAIN


def _speaks(bare: str, found: Kind) -> bool:
    """Return whether a line without its addresses is a sentence, or too long for a name, a role or a company."""
    words = bare.split()
    small = sum(word[0].islower() and word.strip(".,") not in _PARTICLES for word in words)
    if _ENDS_SENTENCE.search(bare) and (small > 2 or (not found & _SURE and (small or len(words) > 3))):
        return True
    if found & _SURE:
        wordy = found & (Kind.COMPANY | Kind.REGISTER) or (found & _PLACES and not found & REACHED)
        return small > (_SMALL_IN_PLACES if wordy else 2)
    if len(bare) > _LONGEST_SHORT or len(words) > _MOST_WORDS or small > 2 + bool(found & Kind.ROLE):
        return True
    digits = max(map(len, re.findall(r"\d+", bare)), default=0)
    return digits > _HOUSE_NUMBER or bool(digits and small > 1)


_PATTERNS = (
    (Kind.PHONE, _PHONE),
    (Kind.ONLINE, _ONLINE),
    (Kind.REGISTER, _REGISTER),
    (Kind.COMPANY, _COMPANY),
    (Kind.ADDRESS, _ADDRESS),
    (Kind.ROLE, _ROLE),
)
