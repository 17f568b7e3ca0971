"""By what name a mail of ours greets, and whether a text has a greeting and a closing of its own."""

# ruff: noqa: RUF001 - letters of many scripts are meant as they stand.

from __future__ import annotations

import re

from firstline.domain.lexicon import lexicon, normalised, phrases_in
from firstline.domain.locales import DEFAULT, text
from firstline.domain.mail.mail_body import plain
from firstline.domain.turn import Intent

_LONGEST_NAME = 60
_MOST_WORDS = 5
_NO_NAME = re.compile(r"[^\w .'\u2019\u30fb-]|[\d_]|\w{2}\.\w{2}")
_AFTER_NAME = re.compile(r"\s*(?:\(.*|\[.*|\s[-\u2013\u2014|/@]\s.*|\|.*|\b(?:via|über|par|por|tramite|przez)\s.*)$")
_RESPECT = re.compile(r"(?:様|さん|先生|女士|小姐)$")
_TITLES = frozenset(
    "dr dra prof phd md mba msc bsc ma ing dipl dipl-ing mag mr mrs ms miss mx sir herr frau monsieur madame mme m "
    "mlle sr sra srta señor señora sig sigra signor signora dott dottssa dhr mevr drs ir pan pani inż mgr bay bayan "
    "sayın jr esq ii iii".split()
)
_NO_PERSON = frozenset(
    "info noreply no-reply donotreply do-not-reply mailer-daemon postmaster webmaster admin administrator "
    "administration sales support service services contact hello office team billing accounts accounting invoice "
    "invoices orders order shop store newsletter notifications notification marketing press hr it help helpdesk desk "
    "root system user customer kundenservice kundendienst vertrieb buchhaltung kontakt büro verein praxis kanzlei "
    "ventas soporte contacto atención pedidos facturación contabilidad equipo contabilité ventes équipe commandes "
    "assistenza amministrazione vendite ordini suporte atendimento vendas equipe verkoop klantenservice "
    "administratie biuro sprzedaż obsługa zamówienia księgowość försäljning kundtjänst ekonomi destek satış muhasebe "
    "gmbh mbh ag kg ohg ug ev ltd limited llc llp inc corp corporation company co plc group holding sa sas sarl sl slu "
    "srl spa snc bv nv vof sp zoo oo ab hb oy as aps aş şti ltda eireli bank university universität school foundation "
    "click here win free urgent money prize password account security alert".split()
)
_NO_PERSON_CJK = re.compile(r"会社|公司|集团|有限|部$|课$|課$|係$|窓口|事務|客服|中心|センター|サポート|大学|银行|銀行")
_PARTICLES = frozenset("de da do dos das del della di du la le van von den der ten ter af y e i".split())

_POLISH = (
    "Pani:Anna=Anno Maria=Mario Katarzyna=Katarzyno Małgorzata=Małgorzato Agnieszka=Agnieszko Barbara=Barbaro Ewa=Ewo "
    "Krystyna=Krystyno Elżbieta=Elżbieto Magdalena=Magdaleno Monika=Moniko Joanna=Joanno Zofia=Zofio Teresa=Tereso "
    "Danuta=Danuto Aleksandra=Aleksandro Natalia=Natalio Julia=Julio Karolina=Karolino Marta=Marto Beata=Beato "
    "Dorota=Doroto Halina=Halino Jadwiga=Jadwigo Jolanta=Jolanto Iwona=Iwono Grażyna=Grażyno Paulina=Paulino "
    "Justyna=Justyno Renata=Renato Urszula=Urszulo Alicja=Alicjo Sylwia=Sylwio Izabela=Izabelo Weronika=Weroniko "
    "Wiktoria=Wiktorio Hanna=Hanno Kinga=Kingo Patrycja=Patrycjo Emilia=Emilio Kamila=Kamilo Aneta=Aneto "
    "Ewelina=Ewelino Marzena=Marzeno Bożena=Bożeno Zuzanna=Zuzanno Oliwia=Oliwio Lena=Leno Dominika=Dominiko;"
    "Panie:Jan=Janie Andrzej=Andrzeju Piotr=Piotrze Krzysztof=Krzysztofie Stanisław=Stanisławie Tomasz=Tomaszu "
    "Paweł=Pawle Józef=Józefie Marcin=Marcinie Marek=Marku Michał=Michale Grzegorz=Grzegorzu Jerzy=Jerzy "
    "Tadeusz=Tadeuszu Adam=Adamie Łukasz=Łukaszu Zbigniew=Zbigniewie Ryszard=Ryszardzie Dariusz=Dariuszu "
    "Henryk=Henryku Mariusz=Mariuszu Kazimierz=Kazimierzu Wojciech=Wojciechu Robert=Robercie Mateusz=Mateuszu "
    "Rafał=Rafale Jacek=Jacku Janusz=Januszu Maciej=Macieju Kamil=Kamilu Jakub=Jakubie Jarosław=Jarosławie "
    "Sławomir=Sławomirze Dawid=Dawidzie Artur=Arturze Damian=Damianie Sebastian=Sebastianie Szymon=Szymonie "
    "Bartosz=Bartoszu Bartłomiej=Bartłomieju Kacper=Kacprze Karol=Karolu Filip=Filipie Adrian=Adrianie "
    "Przemysław=Przemysławie Daniel=Danielu Leszek=Leszku Wiesław=Wiesławie Antoni=Antoni Patryk=Patryku"
)
_VOCATIVES = {
    name.casefold(): f"{title} {vocative}"
    for title, names in (part.split(":") for part in _POLISH.split(";"))
    for name, vocative in (pair.split("=") for pair in names.split())
}
"""Frequent first names of Polish with their vocative (own list): a name in the nominative is no address there."""

_OPENS = re.compile(
    r"(?i)^\s*(?:(?:dear|hi|hello|hey|good (?:morning|day|afternoon|evening)|sehr geehrte[rs]?|liebe[rs]?|hallo|moin|"
    r"guten (?:tag|morgen|abend)|servus|grüezi|bonjour|bonsoir|salut|cher|chère|madame|monsieur|hola|"
    r"buen[oa]s (?:días|tardes|noches)|estimad[oa]s?|querid[oa]s?|apreciad[oa]|buongiorno|buonasera|salve|ciao|gentile|"
    r"egregio|car[oa]|olá|oi|bom dia|boa (?:tarde|noite)|prezad[oa]s?|beste|geachte|goede(?:morgen|middag|navond|ndag)|"
    r"dag|goedendag|dzień dobry|szanown[aiy]\w*|witam|cześć|hej|hejsan|god (?:morgon|dag|kväll)|bästa|kära|merhaba|sayın|"
    r"selam|iyi (?:günler|akşamlar)|günaydın|değerli)\b|こんにちは|お世話に|お客様|拝啓|您好|你好|尊敬的|亲爱的)"
    r"|^[^\n]{1,30}(?:様|さん)[、,]?\s*$|^[^\n]{1,20}[，,]\s*(?:您好|你好)",
    re.MULTILINE,
)
_CLOSES = re.compile(
    r"(?i)^\s*(?:(?:(?:kind|best|warm|many)?\s*(?:regards|wishes)|best|cheers|thanks|thank you|many thanks|"
    r"yours (?:sincerely|faithfully|truly)|sincerely|all the best|(?:mit )?(?:freundliche|beste|viele|liebe|herzliche)[nr]? "
    r"gr(?:ü|ue)(?:ß|ss)e?n?|gruß|grüße|mfg|lg|vg|cordialement|bien cordialement|bien à vous|cdlt|salutations|"
    r"(?:un )?(?:cordial |atento )?saludos?|atentamente|cordialmente|(?:cordiali|distinti|cari) saluti|saluti|"
    r"atenciosamente|att|abraços?|(?:com os )?(?:melhores )?cumprimentos|(?:met )?(?:vriendelijke|hartelijke) groet(?:en)?|"
    r"groet(?:en|jes)?|mvg|z poważaniem|pozdrawiam(?:y)?|(?:z )?pozdrowieni\w+|(?:med )?(?:vänlig|vänliga|bästa) hälsning"
    r"(?:ar)?|hälsningar|mvh|saygılar(?:ımızla|ımla)?|sevgiler|iyi (?:günler|çalışmalar))\b.{0,40}$|"
    r"(?:どうぞ)?(?:何卒)?よろしくお願い.{0,12}$|敬具|以上$|此致|敬礼|祝好|顺颂|谢谢)",
)
_LAST_LINES = 5


def greeting_name(name: str, language: str = DEFAULT) -> str:
    """Return a display name as a customer is greeted by it; empty where it is no person's name for sure.

    ``Doe, Jane`` is Jane Doe, ``MARIA LOPEZ`` Maria Lopez; titles and what programs add (``via Google Groups``,
    ``(Sales)``) are left out. Companies, departments and addresses are no names, nor is what holds digits or signs:
    strangers write it, and it is sent.
    """
    shown = " ".join(plain(name).split()).strip(" \"'")
    shown = _RESPECT.sub("", _AFTER_NAME.sub("", shown).strip(" \"'")).strip()
    parts = [part for part in shown.split(", ") if not _is_title(part)]
    if len(parts) > 2 or len(shown) > _LONGEST_NAME:
        return ""
    words = [word for word in " ".join(reversed(parts)).split() if not _is_title(word)]
    shown = " ".join(words)
    if not shown or len(words) > _MOST_WORDS or _NO_NAME.search(shown) or _NO_PERSON_CJK.search(shown):
        return ""
    if any(word.casefold().replace(".", "") in _NO_PERSON for word in words):
        return ""
    if shown.upper() == shown.lower():
        return shown
    if shown in (shown.upper(), shown.lower()):
        # One word in such letters may as well be a company or an account.
        return " ".join(_capital(word, language) for word in words) if len(words) > 1 else ""
    return shown


def greeting(name: str, language: str = DEFAULT) -> str:
    """Return the line that greets the bearer of a display name, by it where that is one."""
    known = greeting_name(name, language)
    if known and language == "pl":
        known = _VOCATIVES.get(known.split()[0].casefold(), "")
    if known:
        return text("mail.answer_greeting_named", language, name=known)
    return text("mail.answer_greeting", language)


def greets(said: str) -> bool:
    """Tell whether a text begins with a greeting."""
    first = next((line for line in said.splitlines() if line.strip()), "")
    if _OPENS.match(first):
        return True
    words = " ".join(normalised(first).split()[:3])
    return bool(phrases_in(words, lexicon()["intents"][Intent.GREETING.value]))


def closes(said: str) -> bool:
    """Tell whether a text ends with a closing, with or without a name below it."""
    lines = [line for line in said.splitlines() if line.strip()][-_LAST_LINES:]
    return len(lines) > 1 and any(len(line.split()) <= 6 and _CLOSES.match(line) for line in lines[1:])


def _is_title(word: str) -> bool:
    return word.casefold().replace(".", "") in _TITLES


def _capital(word: str, language: str) -> str:
    lowered = word.replace("I", "ı").replace("İ", "i").lower() if language == "tr" else word.lower()
    if lowered in _PARTICLES:
        return lowered
    pieces = re.split(r"([-'\u2019])", lowered)
    return "".join("İ" + one[1:] if language == "tr" and one[:1] == "i" else one[:1].upper() + one[1:] for one in pieces)
