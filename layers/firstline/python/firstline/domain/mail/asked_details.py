"""What a mail asks to do with details that may stand below its closing: to call, to send to, to enter in a list."""

# ruff: noqa: RUF001 - letters of many scripts are meant as they stand.

from __future__ import annotations

from collections.abc import Sequence

from firstline.domain.mail.lazy_pattern import LazyPattern
from firstline.domain.mail.signature_lines import Kind

_READ = 4_000
"""Letters above a signature that are searched."""

_OF_ANY = LazyPattern(
    r"\b(?:below|follow(?:s|ing)|as discussed|list(?:s|ed)?|data|details?|cards?|signature|footer|contact(?:s|ed)?|"
    r"persons?|employees?|colleagues?|users?|caller|report(?:ing)?|text|print|engrav\w*|invit\w*|"
    r"new (?:company|firm|name)|"
    r"einlad\w*|eingeladen|unten\w*|folg(?:t|end\w*)|nachstehend\w*|\w*listen?|\w*daten|angaben|visitenkarte\w*|signatur\w*|fußzeile\w*|"
    r"kontakt\w*|personen|mitarbeiter\w*|kolleg\w+|\w*nutzer\w*|zug[aä]ng\w*|zugriff\w*|ansprechpartner\w*|melde|"
    r"drucken|gravier\w*|ci-dessous|suivante?s?|listes?|données|coordonnées|détails?|cartes?|personnes?|collègues?|"
    r"utilisat\w+|accès|salariée?s?|texte|abajo|siguientes?|a continuación|listas?|datos|detalles?|tarjetas?|firmas?|"
    r"cont[aá]ct\w+|personas?|compañer\w+|usuari\w+|accesos?|emplead\w+|texto|sotto\w*|seguent[ei]|elenc\w+|"
    r"liste?|dati|dettagli\w*|bigliett\w+|contatt\w+|person[ae]|collegh?[aei]|utent[ei]|access[oi]|dipendent[ei]|testo|"
    r"abaixo|seguintes?|dados|detalhes?|cartão|assinatura|contat\w+|pessoas?|colegas?|utilizador\w*|acessos?|"
    r"funcionári\w+|hieronder|onderstaand\w*|volgende?|lijst\w*|\w*gegevens|kaart\w*|handtekening|personen|collega\w*|"
    r"gebruiker\w*|toegang|medewerk\w+|tekst|poniż\w+|następując\w+|list[aęyą]|dan(?:e|ych|ymi)|szczegół\w*|"
    r"wizytów\w+|podpis\w*|stopk\w+|os(?:ob|ób)\w*|użytkowni\w+|dostęp\w*|pracowni\w+|nedan\w*|följande|listan?|"
    r"uppgift\w*|detalj\w*|visitkort\w*|kollega\w*|användar\w*|åtkomst|behörig\w*|anställd\w*|aşağıda\w*|listey?\w*|"
    r"veri(?:leri?|ler)\w*|bilgi\w*|kart\w*|imza\w*|iletişim\w*|kişi\w*|kullanıcı\w*|erişim\w*|çalışan\w*|personel\w*)\b|"
    r"下記|以下|次の|一覧|リスト|データ|情報|詳細|名刺|署名|(?:ご|に|で)連絡|担当者|同僚|ユーザー|社員|文面|"
    r"如下|下列|下面|下方|列表|名单|清单|数据|信息|资料|详情|名片|签名|联系|联络|同事|用户|员工"
)
_OF_PHONE = LazyPattern(
    r"\b(?:\w*phon(?:e|es|ed|ing)|call(?:s|ed|ing|back)?|ring|rang|dial|numbers?|texts?|whats ?app|sms|fax\w*|"
    r"reach(?:ed|able)?|speak|talk|\w*tele(?:f|ph)\w+|anruf\w*|rufen?|ruft|rückruf\w*|zurückruf\w*|\w*nummern?|handy\w*|"
    r"mobil\w*|\w*erreich\w*|télé?ph\w*|r?appel\w*|numéros?|joindre|joign\w*|portable|teléf\w+|llam\w+|llám\w+|"
    r"números?|móvil\w*|celular\w*|r?i?chiam\w+|numer[oi]|cellulare|lig(?:ue|ar|uem)\w*|telem\w+|bel(?:t|len)?|"
    r"terugbel\w*|bereik\w*|zadzwo\w*|oddzwo\w*|dzwoni\w*|numer\w*|ringa?|nås|ara(?:y|r|n)\w*|numara\w*|konuş\w*)\b|"
    r"電話|番号|携帯|ファックス|致电|回电|电话|号码|手机|短信|微信|WhatsApp"
)
_OF_ADDRESS = LazyPattern(
    r"\b(?:address\w*|deliver\w*|ship(?:s|ped|ping|ment)?|sen[dt]|post(?:al|ed)?|(?:to|we|i|i'll|please) order|"
    r"mov(?:ed?|ing)|relocat\w*|lives?|house|location|place|visit\w*|pick(?:ed)? up|collect\w*|technician|fitter|"
    r"(?m:^)order|offices?|büros?|bureaux?|oficinas?|uffici\w*|escritório\w*|kantoor|biur\w+|kontor\w*|ofis\w*|"
    r"\w*adress\w*|\w*anschrift\w*|\w*liefer\w*|\w*schick\w*|\w*send(?:en|et|e)|versand\w*|bestell(?:e|en|t)|"
    r"umgezogen|umzug\w*|wohn\w*|\w*abhol\w*|besuch\w*|dorthin|hierher|techniker\w*|livr\w+|envo[iy]\w*|expédi\w+|"
    r"poste|commander|commandons|déménag\w*|habit\w+|domicile|technicien\w*|direcci\w+|domicilio|entreg\w+|envi\w+|"
    r"enví\w+|pedir|mudad\w+|mudanza|vivo|vivimos|recog\w+|técnico|indirizz\w+|consegn\w+|spedi\w+|invi[aio]\w*|"
    r"ordinar\w+|ordiniamo|traslo\w+|trasferit\w+|abit\w+|ritir\w+|tecnico|endereço\w*|morada\w*|encomendar\w*|"
    r"mudei|mud[aá]mos|moro|recolh\w+|\w*adres\w*|lever\w*|bezorg\w*|st?uur\w*|sturen|\w*zend\w*|verhuis\w*|woon\w*|"
    r"op(?:ge)?ha\w+|monteur|dostaw\w*|dostarcz\w*|wysł\w*|wyśl\w*|przesł\w*|prześl\w*|przeprowadz\w*|zamówić|"
    r"zamawia\w*|mieszk\w+|odbi\w+|odbiór|serwisant\w*|skick\w*|sänd\w*|beställ(?:a|er)|flytt\w*|bor|hämt\w*|"
    r"teslim\w*|gönder\w*|sipariş (?:ver|et)\w*|taşın\w*|oturuy\w*|teknisyen)\b|"
    r"住所|宛先|配送|配達|発送|送付|送って|お送り|郵送|届け|注文し|引っ越|訪問|地址|送货|发货|寄|配送|快递|邮寄|订购|搬家|上门"
)
_OF_ONLINE = LazyPattern(
    r"\b(?:\w*mail ?(?:addresse?s?|adress\w*|box)|e-?mails?|(?:my|our) (?:site|mail|page)|mail (?:me|us)|domains?|dns|"
    r"web ?(?:site|seite|adress)\w*|home ?page|urls?|linked ?in|e-?posta\w*|e-?post\w*|mejl\w*|courriels?|correos?|"
    r"posta elettronica|poczt\w+|strony?|hemsida\w*|dominio\w*|domain\w*|site\w*|siti?o?|sayfa\w*|página|pagina)\b|"
    r"メール|アドレス|サイト|ドメイン|邮箱|邮件|网站|网址|域名"
)
_OF_COMPANY = LazyPattern(
    r"\b(?:invoic\w*|bill(?:s|ed|ing)?|compan(?:y|ies)|firm|vat|tax\w*|\w*rechnung\w*|firm[ae]\w*|unternehmen\w*|"
    r"ust\w*|steuer\w*|umfirm\w*|factur\w*|société|entreprise|tva|raison sociale|empresa\w*|iva|cif|fattur\w*|società|"
    r"azienda|ditta|fatur\w*|nif|cnpj|\w*bedrijf\w*|btw\w*|faktur\w*|firm\w*|nip|företag\w*|moms\w*|şirket\w*|"
    r"vergi\w*)\b|"
    r"請求書|領収書|会社|名義|发票|公司|税号|抬头"
)
_OF_KIND = (
    (Kind.PHONE, _OF_PHONE),
    (Kind.ADDRESS, _OF_ADDRESS),
    (Kind.ONLINE, _OF_ONLINE),
    (Kind.COMPANY | Kind.REGISTER, _OF_COMPANY),
)
_POINTS = LazyPattern(
    r"\b(?:this|that|these|those|here|her|him|them|he|she|it|diese\w*|das|hier|ihn|ihr|er|sie|ce(?:ci|la|tte|s)?|ici|"
    r"est[aeo]s?|es[aeo]s?|aquí|quest[aeio]|qui|ist[oa]|ess[ea]s?|aqui|di[te]|deze|die|hier|tutaj|t[aeo]n?|tej?|hit|"
    r"här|den|det|de[mt]|bu(?:nu|na|raya)?|şu(?:nu)?)\b|こちら|これ|この|ここ|这|那"
)


def asks_for(above: Sequence[str], shown: Kind) -> bool:
    """Return whether a mail's words may point to details below them; in doubt they do.

    Parameters
    ----------
    above : sequence of str
        The mail's lines above the details.
    shown : Kind
        What the details are.
    """
    told = "\n".join(above)[-_READ:]
    return bool(_OF_ANY.search(told)) or any(kind & shown and pattern.search(told) for kind, pattern in _OF_KIND)


def points(paragraph: str) -> bool:
    """Return whether a paragraph points at something or somebody, which may stand directly below it."""
    return bool(_POINTS.search(paragraph[-_READ:]))
