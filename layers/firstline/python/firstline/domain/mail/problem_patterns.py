"""By which words a sentence of a mail says that something is wrong, and goes on to another matter; twelve languages."""

from __future__ import annotations

import re

from firstline.domain.mail.lazy_pattern import LazyPattern
from firstline.domain.mail.matter_patterns import (
    ACQUIRED,
    FOLLOWS,
    OF_PERSON,
    ONLY,
    OWN_STEP,
    POINTS_BACK,
    REMEDY,
    TROUBLE_WITH,
)
from firstline.domain.mail.problem_signs import SIGNS

_OWN = (
    # What the writer did, told from the first words on; "the phone I bought" is none of it.
    r"(?!(?:the|my|our|your|an?|one|both|all|every|this|these) )(?:[^\s,]+ ){0,3}?(?:i|we)(?:['\u2019](?:ve|m|d|re))? "
    r"(?:\w+ly |just |also |already |only |now |then |even |do |did |don['\u2019]t |didn['\u2019]t |haven['\u2019]t |"
    r"not )*"
    r"(?:am|was|were|are|have|had|did|do|will|would|need|want|live|work|pay|use|like|love|got|get|sent|went|took|"
    r"bought|"
    r"paid|made|came|left|put|told|wrote|spoke|read|saw|found|think|thought|know|knew|hope|see|\w+ed)\b",
    r"(?!(?:der|die|das|den|mein\w*|unser\w*|ihr\w*|eine?|le|la|les|l['\u2019]\w+|mon|ma|mes|notre|nos|votre|une?|ce|"
    r"cette|de|het|mijn|"
    r"onze?|een|den|det|min|mitt|mina|vår\w*|ett|en) )"
    r"(?:[^\s,]+ ){0,4}?(?:ich|wir|je|nous|ik|wij|we (?:hebben|zijn|wonen|waren|hadden|willen)|jag|vi (?!segnal|"
    r"inform|comun|scriv))\b",
    r"(?:[^\s,]+ ){0,2}?j['\u2019]",
    r"(?:(?:ya|ayer|hoy|hace|les|os|me|lo|nos|además|también|\w+mente) ){0,3}?"
    r"(?:he|hemos|hice|puse|fui|soy|somos|tengo|vivo|trabajo|\w{2,}é|\w{3,}(?:amos|imos))\b",
    r"(?:(?:ieri|oggi|già|vi|li|mi|ci|lo|la|inoltre) ){0,3}?(?:ho|abbiamo|sono (?!\w+[ie]\b)|siamo|\w{3,}iamo)\b",
    r"(?:(?:já|ontem|hoje|eu|nós|lhes?|vos|me|também) ){0,3}?(?:fui|sou|somos|tenho|temos|recebi|fiz|pedi|vivo|moro|"
    r"(?!zwei|drei|\w+bei\b|polizei|datei|partei)\w{2,}ei|\w{3,}(?:amos|emos|imos))\b",
    r"(?:[^\s,]+ ){0,4}?\w+(?:ł[ae]m|liśmy|łyśmy)\b",
    r".*\w[dt][\u0131iuü][mk]\W*$|.*yor(?:um|uz)\W*$",
    "(?:私|弊社|当方)[はもの].*|.*(?:購入|注文|申請|申込|連絡|電話|確認|再起動|交換|返送|登録|変更|支払|振込|振り込|"
    "設定|試)[^、。]{0,4}(?:ました|です)。?$",
    "我们?(?!的|家|这)(?:(?!的)[^\uff0c。])*(?:了|过)",
)
_RELATIVE = r"(?:\w{1,3} )?(?:which|whose|dont|któr\w+)\b"
_DID = LazyPattern(rf"\W*(?!{_RELATIVE})(?:{'|'.join(_OWN)})")
_GOES_ON = LazyPattern(
    r"(?:then |also |still |even |have |had )*(?:\w+ed|went|got|tried|sent|took|put|told|wrote|found|left)\b"
)
_SUFFERS = LazyPattern(
    # What the writer cannot do or does not get: that is no step taken.
    r"\b(?:can['\u2019]?t|cannot|can not|unable|couldn['\u2019]t|(?:was|were|been|being|am|are|"
    r"got) (?:\w+ )?(?:over)?(?:charged|billed|"
    r"locked|refused|denied|sent)|still (?:\w+ )?(?:get|wait\w*|receiv\w+|have)|keep getting|no longer|never (?:got|"
    r"received)|"
    r"(?:not|n['\u2019]t) (?:\w+ )?(?:get|getting|got|receiv\w+|see|seen|access))\b|"
    r"\b(?:kann|können|konnte|komme|kommen|bekomme[n]?|erhalte[n]?|sehe[n]?|finde[n]?|"
    r"erreiche[n]?)\b[^.]{0,120}\b(?:nicht|kein\w*|nichts|niemand\w*)\b|"
    r"\b(?:nicht|nie|kein\w*|nichts|doppelt|zweimal|falsch\w*|mahn\w*)\b[^.]{0,120}\b(?:erhalten|bekommen|gesehen|"
    r"belastet|berechnet)\b|"
    r"\b(?:peux|pouvons|arrive|arrivons|reçois|recevons|capte|capto\w+|trouve|vois|accède)\b[^.]{0,120}\b(?:pas|plus|"
    r"rien|aucune?)\b|"
    r"\b(?:pas|rien|jamais|aucune?|deux fois|toujours)\b[^.]{0,120}\breçue?s?\b|\breçu (?:un rappel|deux|aucune?)\b|"
    r"\bété (?:débité|facturé|prélevé)\w*|"
    r"\bno (?:\w+ )?(?:puedo|podemos|consigo|recibo|recibimos|veo|logro|encuentro|he recibido|hemos recibido|tengo|"
    r"tenemos)\b|\bsigo sin\b|"
    r"\bnon (?:\w+ )?(?:posso|possiamo|riesco|riusciamo|ricevo|riceviamo|vedo|trovo|ho (?:ancora |mai )?ricevuto|"
    r"abbiamo ricevuto)\b|"
    r"\bnão (?:\w+ )?(?:consigo|conseguimos|posso|podemos|recebo|recebi|vejo|encontro|tenho)\b|"
    r"\b(?:kan|kunnen|kom|krijg|krijgen|ontvang|zie|vind)\b[^.]{0,120}\b(?:niet|geen|niets|niemand)\b|\b(?:niet|geen|"
    r"nooit|niets|dubbel|twee keer)\b[^.]{0,120}\b(?:ontvangen|gekregen)\b|"
    r"\b(?:kan|får|kommer|hittar|ser)\b[^.]{0,120}\b(?:inte|inga|inget|ingen)\b|\b(?:inte|aldrig|ingen|"
    r"inga)\b[^.]{0,120}\bfått\b|\bfått (?:\w+ )?(?:påminnelse\w*|fel\w*|dubbel\w*|två)\b|"
    r"\bnie (?:\w+ )?(?:mogę|możemy|dosta\w+|otrzyma\w+|widzę|działa)\b|"
    r"[ae]m[\u0131i]yor|[ae]m[ae]d[\u0131i][mk]|\b(?:alma|gelme)d[\u0131i]"
    r"|(?:でき|出来|届き|届いており|届いてい|受け取れ|つながり|繋がり|入れ|開け|見られ|使え)ません|られません|無法|"
    r"无法|[上了到开出进]不|不了|不到|不上|没有?收到|未收到|没退|被"
)
_COURTESY = LazyPattern(
    r"\b(?:thank\w*|apologi\w+|sorry|attached|enclosed|danke?\w*|bedank\w*|entschuldig\w+|anbei|im anhang|merci|"
    r"remerci\w+|"
    r"désolée?s?|excus\w+|ci-joint\w*|en pièce jointe|gracias|agradec\w+|disculp\w+|adjunt\w+|grazie|ringrazi\w+|"
    r"scus\w+|"
    r"in allegato|obrigad\w+|desculp\w+|em anexo|excuses|bijlage|tack|tacka\w*|ursäkt\w*|bifog\w+|dzięk\w+|podzięk\w+|"
    r"przepr[ao]sz\w+|załącz\w+|teşekkür\w*|özür\w*|ekte)\b|"
    "すみません|申し訳|恐れ入り|ありがと|お世話|添付|感谢|谢谢|抱歉|对不起|见附件"
)
_CLAUSE = re.compile(
    r"\s*[;,\uff0c\u3001\uff1b](?!\s*(?:with|com|con|avec|mit|met|med|after|después|depois|dopo|après|nach|efter|"
    r"po)\b)\s*|"
    r"\s(?:and|but|und|aber|sondern|doch|et|mais|y|pero|ed?|ma|mas|en|maar|och|men|oraz|ale|ve|ama)\s"
)

_ALSO = (
    # In German it says "so", as nothing does before these.
    r"also\b(?! (?:nicht|kein\w*|noch|auch|immer|leider|nur|schon|ist|habe|hat|wurde|bin|kann|muss|geht|ich|wir|"
    r"das|die|der|was|wie)\b)"
)
_ADDING = (
    rf"{_ALSO}|besides\b|in addition\b|additionally|furthermore|moreover|plus\b|on top of (?:that|this|it|everything)|"
    rf"second(?:ly)?\b|"
    r"(?:another|one (?:more|other|last|further)|a (?:second|further|different|separate)) (?:thing|issue|problem|"
    r"point|matter)|"
    r"(?:apart|aside) from that|separately|on (?:another|a separate|a different) (?:note|matter|subject|topic)|"
    r"to make (?:things|matters) worse|what(?:['\u2019]s| is) more|(?:then )?there(?:['\u2019]s| is| are) also|"
    r"(?:i|we)(?:['\u2019]ve| have)? also\b|(?:i|we) should (?:also|add|mention)|(?:just )?to add\b|then,|next,|"
    r"finally,|lastly,|other than that|"
    r"(?:i|we)(?:['\u2019]d| would) also like to (?:report|point out|flag|mention)|my (?:second|other) (?:point|issue|"
    r"problem)|while i(?:['\u2019]m| am) (?:at it|writing|here)|i noticed too",
    r"au(?:ß|ss)erdem|zudem|ferner|weiterhin|darüber hinaus|überdies|obendrein|hinzu kommt|dazu kommt|zusätzlich|"
    r"zweitens|"
    r"des ?weiteren|noch (?:etwas|eins|was|ein\w* (?:problem|punkt|sache))|eine?n? (?:weitere|andere|zweite)[rsn]? "
    r"(?:problem|punkt|sache|anliegen|thema)|(?:davon abgesehen|abgesehen davon)|unabhängig davon|ansonsten|dann noch|"
    r"dann ist da|und noch|weiters|im übrigen|bei der gelegenheit|"
    r"(?:mir|uns) (?:ist|fiel|fällt) (?:außerdem|auch|noch|zudem|ferner)|zum anderen|andererseits|was (?:mir|"
    r"uns) (?:noch|auch)|"
    r"auch (?:ist|sind|hat|haben|funktioniert|wurden?|geht|läuft|die|der|das|mein\w*|unser\w*)\b",
    r"par ailleurs|en outre|de plus\b|d['\u2019]autre part|en plus\b|aussi,|également,|ensuite,|sinon\b|"
    r"autre (?:chose|souci|problème|"
    r"point)|deuxièmement|de même|je (?:vous )?signale\b|j['\u2019]ai (?:aussi|également)|j['\u2019]en profite|"
    r"je profite|"
    r"il y a (?:aussi|également)|à part (?:ça|cela)|pour couronner|et puis\b|d['\u2019]ailleurs|autrement|enfin,|"
    r"j['\u2019]ajoute|deuxième (?:point|problème|chose)|"
    r"dans un autre registre|en parallèle|parallèlement|à noter|par la même occasion|du reste|je constate (?:aussi|"
    r"également)|"
    r"je vous informe (?:aussi|également)|(?:une )?autre chose",
    r"además|por (?:otro lado|otra parte)|asimismo|también\b|en segundo lugar|aparte\b|otra cosa|otro (?:problema|"
    r"tema|asunto)|"
    r"de paso|aprovecho|añado|para colmo|por si fuera poco|encima\b|igualmente|tampoco\b|adicionalmente|a su vez|"
    r"por último|de igual (?:forma|modo)|otra cuestión|otro punto|ya que estoy|"
    r"al margen|paralelamente|cambiando de tema|por lo demás|quería (?:también|además)|les (?:comento|informo|aviso)\b",
    r"inoltre|poi\b|d['\u2019]altra parte|oltre a (?:ciò|questo)|un['\u2019]altra cosa|(?:un )?altro (?:problema|"
    r"punto)|in più\b|"
    r"per di più|come se non bastasse|anche (?:il|la|lo|i|le|l)\b|(?:neanche|nemmeno|neppure)\b|"
    r"colgo l['\u2019]occasione|"
    r"(?:ne )?approfitto|vi segnalo|segnalo|aggiungo|in secondo luogo|a parte (?:questo|ciò)|c['\u2019]è anche|infine|"
    r"altra cosa|già che ci sono|(?:vi )?faccio presente|parallelamente|"
    r"cambiando argomento|oltretutto|per ?altro|d['\u2019]altro canto|ho notato (?:anche|inoltre)",
    r"além (?:disso|do mais|disto)|por outro lado|também\b|aproveito|outra (?:coisa|questão)|outro (?:problema|"
    r"assunto)|"
    r"em segundo lugar|para piorar|ainda por cima|fora isso|à parte (?:disso|isso)|adicionalmente|igualmente|de resto|"
    r"tampouco|por fim|acresce|de igual modo|outro ponto|outra situação|mudando de assunto|já que estou|noutro assunto|"
    r"gostaria (?:também|ainda|de (?:informar|avisar|reportar))|(?:reparei|notei)(?: também)?|além|(?:informo|aviso|"
    r"queria) (?:também|ainda)",
    r"verder\b|daarnaast|bovendien|daarbij|tevens|ten tweede|(?:tweede|ander) punt|nog (?:iets|een (?:ding|punt|"
    r"probleem))|"
    r"een ander (?:probleem|punt)|daarbovenop|los (?:daar)?van|afgezien daarvan|ten slotte|tot slot|voorts|eveneens|"
    r"daarbij komt|iets anders|"
    r"een ander (?:onderwerp|ding)|ik merk ook|bijkomend|ook (?:is|zijn|heeft|werkt|doet|staat|de|het|mijn|onze)\b",
    r"dessutom|vidare\b|för övrigt|i övrigt|därtill|därutöver|en (?:annan sak|sak till)|ett (?:annat|till) problem|"
    r"för det andra|"
    r"utöver|ytterligare|slutligen|till råga på|(?:en )?helt annan sak|(?:jag )?passar (?:också |även )?på|samtidigt|"
    r"å andra sidan|"
    r"annars|jag har (?:också|även)|(?:också|även) (?:är|har|min|mitt|den|det)\b|sen (?:så )?(?:är|har|fungerar|"
    r"finns)\b",
    r"poza tym|ponadto|(?:o?prócz) tego|dodatkowo|co więcej|jeszcze jedn[oa]|(?:druga|inna) (?:sprawa|rzecz)|po drugie|"
    r"(?:na|w) dodatku?|na dodatek|do tego\b|(?:też|również|także)\b|niezależnie od|jednocześnie|równocześnie|"
    r"na koniec|(?:inna|druga) kwestia|zauważył[ea]m|korzystając z okazji|nadto|"
    r"z innej beczki",
    r"ayr[\u0131i]ca|bir de\b|bunun (?:d[\u0131i]ş[\u0131i]nda|yan[\u0131i])|üstelik|ek olarak|ikinci(?:si| olarak)|"
    r"diğer (?:yandan|taraftan)|"
    r"öte yandan|başka bir (?:konu|sorun)|buna ek|dahas[\u0131i]|bundan başka|şunu da|son olarak|ayn[\u0131i] zamanda|"
    r"(?:bir )?diğer (?:bir )?(?:konu|sorun)|ikinci konu|(?:buna )?ilaveten|"
    r"haz[\u0131i]r yazm\w+|bunlar[\u0131i]n d[\u0131i]ş[\u0131i]nda|bir (?:diğer|başka)",
    "また|それから|それと|あと|さらに|しかも|加えて|その上|そのうえ|別件|もう(?:一|1)(?:点|つ)|(?:他|ほか)に|それに|"
    "(?:併|あわ)せて|おまけに|そのほか|その他|追加で|加えまして|もう(?:一件|ひとつ)|話は変わ|別の件|同時に",
    "另外|还有|此外|而且|再者|再有|其次|并且|除此之外|另(?:有|一)|第二|再就是|还[想要](?:说|反映|告诉)|再说|再一个|"
    "最后|与此同时|另一方面|[顺附]带|加上|更(?:糟|气人|过分)",
)
_ASIDE = (
    r"by the way|btw\b|incidentally|oh,? and|p\.? ?s\b\.?|meanwhile|übrigens|nebenbei|ach ja|au passage|à propos|"
    r"accessoirement|"
    r"por cierto|a propósito|(?:tra|fra) l['\u2019]altro|a proposito|já agora|overigens|trouwens|o ja|förresten|"
    r"przy okazji|"
    r"swoją drogą|zresztą|a propos|bu arada|ちなみに|ところで|なお|ついで|顺便|对了|同时|也"
)
_LEAD = r"\W*(?:(?:and|but|oh|und|et|mais|y|pero|ed?|ma|mas|en|maar|och|men|a|i|ale|ve|ama)\s+)?"
ADDS = LazyPattern(rf"{_LEAD}(?:{'|'.join(_ADDING)})")
"""How a sentence begins that goes on to another matter."""
_ASIDES = LazyPattern(rf"{_LEAD}(?:{_ASIDE})")
_ELSEWHERE = LazyPattern(
    rf"{_LEAD}(?:on the [\w ]{{2,20}} (?:side|front)\b|(?:regarding |about |on )?something else\b|"
    rf"(?:noch )?(?:et)?was anderes\b|as for\b|(?:i|we)(?:['\u2019]d| would)? also\b|(?:another|a second|one more|"
    r"(?:a )?different|(?:an )?unrelated|(?:a )?separate) question|(?:(?:noch )?eine|meine) (?:weitere|andere|"
    r"zweite) frage|noch eine frage|"
    r"(?:ich|wir) (?:wollte|möchte|hätte|würde|habe)\w* (?:außerdem|auch|zudem|ferner|noch)\b|(?:une )?autre question|"
    r"quant (?:à|aux?)\b|"
    r"côté \w+|(?:je|j['\u2019]|nous) \w+ (?:aussi|également|par ailleurs) savoir|en cuanto a|otra (?:pregunta|"
    r"consulta|duda)|"
    r"\w+ (?:también|además) saber|quanto a[il]?\b|(?:un['\u2019])?altra domanda|\w+ (?:poi|anche|inoltre) sapere|"
    r"em relação a|outra (?:pergunta|dúvida)|\w+ (?:também|ainda) (?:de )?saber|wat (?:de|het)? ?\w+ betreft|"
    r"(?:een )?andere vraag|nog een vraag|"
    r"ik \w+ (?:ook|verder|daarnaast) \w*|vad gäller|en (?:annan fråga|fråga till)|jag \w+ (?:också|även|dessutom)\b|"
    r"(?:inne|drugie|jeszcze(?: jedno)?) pytanie|co do\b|jeśli chodzi o|(?:chcę|chciał\w+) (?:też|również|także)\b|"
    r"başka bir soru|bir sorum daha|別の質問|もう一つ|另一个问题|还想(?:问|请教|知道)|至于)"
)
_PRAISE = LazyPattern(
    r"\b(?:friendly|great|excellent|nice|happy|satisfied|pleased|love|helpful|wonderful|freundlich\w*|zufrieden\w*|"
    r"toll\w*|super|"
    r"aimables?|contente?s?|satisfait\w*|ravie?s?|amables?|content[oaie]|satisfech\w+|encantad\w+|gentil\w*|"
    r"soddisfatt\w+|"
    r"satisfeit\w+|simpátic\w+|vriendelijk\w*|tevreden|blij|trevlig\w*|nöjda?|glada?|miły|mił[aye]|zadowolon\w+|"
    r"memnun\w*|nazik)\b|"
    "親切|満足|嬉し|满意|热情"
)
_SETTLED = LazyPattern(
    r"\b(?:solved|resolved|fixed|sorted|work(?:s|ed|ing) (?:now|again|fine|perfectly|well)|all good|(?:is|are|"
    r"it['\u2019]s) (?:back|gone)|"
    r"gelöst|behoben|erledigt|geklärt|(?:funktioniert|läuft|geht|klappt) (?:\w+ )?(?:jetzt|wieder|nun|alles|bestens)|"
    r"geklappt|"
    r"résolue?s?|réglée?s?|(?:fonctionne|marche) (?:\w+ )?(?:maintenant|bien|nouveau|parfaitement)|"
    r"rentré dans l['\u2019]ordre|"
    r"resuelt[oa]s?|solucionad[oa]s?|arreglad[oa]s?|funciona (?:ya|bien|de nuevo|perfectamente)|ya funciona|"
    r"risolt[oaie]|sistemat[oaie]|funziona (?:ora|di nuovo|tutto|bene|perfettamente)|(?:ora|adesso) funziona|"
    r"resolvid[oa]s?|funciona (?:agora|bem|de novo)|(?:já|agora) funciona|opgelost|verholpen|werkt (?:\w+ )?(?:weer|"
    r"nu|goed|prima)|"
    r"löst|åtgärdat|fungerar (?:\w+ )?(?:nu|igen|bra)|ordnade sig|rozwiązan\w+|naprawion\w+|działa (?:\w+ )?(?:już|"
    r"teraz|znowu|dobrze)|"
    r"(?:już|teraz) działa|çözüldü|düzeldi|giderildi|hallold\w+)\b|解決(?:し|でき)|直りました|已(?:经)?解决|解决了|"
    r"修好了|恢复(?:了|正常)"
)
_NEGATED = LazyPattern(
    r"\b(?:not|nicht|pas|no|non|não|niet|inte|nie|değil|ni|never|nie|jamais|nunca|mai|nooit|aldrig)\b|n['\u2019]t\b|"
    r"ません|ない|没|不|未"
)
_MACHINE = re.compile(
    r"[:\uff1a]$|\w(?:Exception|Error)\b|\b[A-Z]{2,}\w*\d{3,}\w*\b|\d\d:\d\d:\d\d|(?:[\\/][\w.]+){2}|[\w.]+\(\)|\w_\w|"
    r"\w\.\w+\.\w|[\[\]{}<>|]"
)
"""What an error message or a log is made of, and what announces one."""
_LONGEST = 600
"""Letters of a sentence that are read; what is longer is none."""


def states_problem(sentence: str) -> bool:
    """Tell whether a sentence says that something is wrong; what its writer has done about it does not."""
    if _MACHINE.search(sentence[-_LONGEST:]):
        return False
    did = False
    for clause in _CLAUSE.split(sentence[:_LONGEST]):
        did = _DID.match(clause) is not None or (did and _GOES_ON.match(clause) is not None)
        if did and not _SUFFERS.search(clause):
            continue
        if SIGNS.search(clause) and not _COURTESY.search(clause) and not says_settled(clause):
            return True
    return False


def says_settled(sentence: str) -> bool:
    """Tell whether a sentence says that all is well again."""
    return _SETTLED.search(sentence) is not None and _NEGATED.search(sentence) is None


def adds_problem(sentence: str) -> bool:
    """Tell whether a sentence adds a problem to what was asked before, as another matter.

    It begins as one that goes on to something else, and says that something is wrong: with a thing of its own, and not
    how the asker has fared with what was asked.
    """
    sentence = sentence[:_LONGEST]
    adds = ADDS.match(sentence) or _ASIDES.match(sentence)
    if adds is None:
        return False
    rest = sentence[adds.end() :].lstrip(" ,:\uff0c\u3001")
    first = _CLAUSE.split(rest)[0]
    stays = any(found.search(first) for found in (POINTS_BACK, OF_PERSON)) or _PRAISE.search(rest)
    if stays or not states_problem(ONLY.sub(" ", rest)):
        return False
    is_step = OWN_STEP.search(adds[0]) is not None or _DID.match(first) is not None
    return not is_step or any(found.search(first) for found in (_SUFFERS, ACQUIRED, TROUBLE_WITH))


def turns_elsewhere(sentence: str) -> bool:
    """Tell whether a question or request begins as one that is about another matter than what was told before it."""
    if FOLLOWS.match(sentence):
        return False
    return bool(ADDS.match(sentence) or _ASIDES.match(sentence) or _ELSEWHERE.match(sentence))


def asks_remedy(sentence: str) -> bool:
    """Tell whether a question is for what sets a problem right, which is the problem's own matter."""
    return REMEDY.search(sentence) is not None


def without_addition(sentence: str) -> str:
    """Return a sentence without the words that add it to what stands before it."""
    adds = ADDS.match(sentence)
    if adds is None or not sentence[adds.end() :].startswith((",", ":", "\uff0c", "\u3001")):
        return sentence
    rest = sentence[adds.end() :].lstrip(" ,:\uff0c\u3001")
    return f"{rest[:1].upper()}{rest[1:]}"
