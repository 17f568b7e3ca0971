"""By which words a sentence asks that may have no question mark, in twelve languages."""

from __future__ import annotations

import re

from firstline.domain.mail.lazy_pattern import LazyPattern

_OPENING = (
    # English
    r"(?:how|why|where|when|what|which|who) (?:do|does|did|can|could|may|is|are|was|were|will|would|should|must|"
    r"has|have|"
    r"much|many|long|often|soon|to|about|happens|if|kind|time|of)\b|how come\b|"
    r"(?:have|has) (?:i|we|you|they|my|our|your|there)\b|"
    r"(?:can|could|do|does|did|is|are|will|would|should|must|may) (?:i|we|you|it|he|she|they|there|my|"
    r"our|your|"
    r"the|this|that|a|an|any|anyone|someone|somebody|anybody)\b",
    # German
    r"(?:wie|warum|wieso|weshalb|wo|woher|wohin|wann|welche[rsmn]?|wer|wem|wen|wofür|womit|was) "
    r"(?:kann|können|könnte|muss|müssen|soll|sollen|darf|ist|sind|war|wird|werden|hat|haben|kommt|geht|finde|"
    r"bekomme|lange|viel|viele|hoch|oft|teuer|mache|machen|ändere|funktioniert|kostet|passiert|bedeutet|lautet)\b|"
    r"(?!haben sie (?:\w+ ){0,2}dank\b)"
    # "Außerdem ist es ..." tells.
    r"(?<!außerdem )(?<!dann )(?<!noch )"
    r"(?:kann|können|könnten|könnte|muss|müssen|darf|dürfen|soll|gibt|ist|sind|wird|werden|hat|haben) "
    r"(?:ich|wir|sie|man|es|der|die|das|mein|meine|unser|unsere|ein|eine)\b",
    # French
    r"(?:comment|pourquoi|quand|où|combien|quel(?:le)?s?|qui) [^\W\d_]+|est-ce qu|qu'est-ce qu|"
    r"(?:puis-je|peut-on|pouvez-vous|pourriez-vous|dois-je|faut-il|avez-vous|y a-t-il|est-il|serait-il|"
    r"existe-t-il)\b",
    # Spanish
    r"(?:cómo|por qué|cuándo|dónde|cuánto|cuánta|cuántos|cuántas|cuál|cuáles|quién|qué) |"
    r"(?:puedo|podemos|pueden|podrían|podría|es posible|hay (?:alguna|algún)|debo|tengo que)\b",
    # Italian
    r"(?:come|perché|quando|dove|quanto|quanta|quanti|quali|quale|chi) (?:posso|possiamo|si|devo|faccio|fare|è|sono|"
    r"mai|tempo|costa|funziona|viene|sarà)\b|(?:posso|possiamo|potete|potreste|è possibile|devo|c'è|ci sono)\b",
    # Portuguese
    r"(?:como|por que|porque|quando|onde|quanto|quanta|qual|quais|quem) (?:posso|podemos|faço|fazer|é|são|devo|"
    r"tempo|custa|funciona|será|vai)\b|(?:posso|podemos|podem|poderiam|é possível|devo|há (?:alguma|algum))\b",
    # The same in more words, and as people type them
    r"(?:wie (?:komme|bekomme|erhalte|stelle|schaffe|weiter|läuft)|wer (?:zahlt|trägt|haftet|hilft)|(?:ab|bis|"
    r"seit) wann|an wen|was (?:nun|jetzt|tun)|"
    r"wann (?:bekomme|erhalte|startet|endet|läuft)|wo (?:bleibt|liegt|steckt)|warum (?:habe|bekomme|funktioniert|"
    r"wurde|wurden)|"
    r"auf welche\w*|in welche\w*)\b",
    r"(?:que (?:dois-je|puis-je|faire|faut-il)|je fais quoi|à qui|jusqu['\u2019]à quand|à partir de quand|"
    r"sous quel\w*|dans quel\w*)\b",
    r"(?:y ahora|(?:como|cuando|donde|cuanto|que) (?:puedo|podemos|hago|debo|tengo que|llega|llegará|está|cuesta|"
    r"tarda)|a qué|en qué|"
    r"hasta cuándo|desde cuándo|a quién)\b",
    r"(?:e (?:adesso|ora)|(?:che )?cosa (?:posso|devo|dobbiamo|possiamo|succede)|quando (?:arriva|arriverà|potrò|"
    r"verrà|parte|inizia|"
    r"scade)|dove (?:trovo|si trova)|chi (?:paga|deve)|entro quando|a chi|in che modo)\b",
    r"(?:e agora|o que (?:devo|posso|faço|tenho|acontece)|quando (?:chega|vão|recebo|é que|irão)|onde (?:está|"
    r"encontro|fica)|"
    r"quem (?:paga|devo)|até quando|a quem)\b",
    r"(?:hoe (?:kom|krijg|zit|nu)|waarom (?:heb|krijg|doet|wordt)|wanneer (?:komt|krijg|gaat)|waar (?:blijft|vind|"
    r"staat)|"
    r"wie betaalt|wat nu|tot wanneer|vanaf wanneer|per wanneer)\b",
    r"(?:hur (?:får|kommer)|varför (?:har|får|kommer)|när (?:kommer|börjar)|var (?:hittar|ligger)|vad (?:ska|gör|"
    r"gäller)|"
    r"vem betalar|från och med när|till när)\b",
    # Dutch
    r"(?:hoe|waarom|waar|wanneer|welke?|wie|wat) (?:kan|kunnen|moet|moeten|mag|is|zijn|wordt|worden|heeft|lang|"
    r"veel|vaak|"
    r"duur|doe|verander|kost|werkt|gebeurt)\b|(?<!verder )(?<!ook )"
    r"(?:kan|kunnen|kunt|mag|moet|is|zijn|heeft|zou|zouden) "
    r"(?:ik|we|wij|u|jullie|er|het|de|mijn|ons|onze|een)\b",
    # Swedish
    r"(?:hur|varför|var|när|vilken|vilka|vilket|vem|vad) (?:kan|gör|ska|måste|är|blir|länge|mycket|många|ofta|"
    r"ändrar|hittar|kostar|händer|fungerar)\b|(?:kan|får|måste|ska|är|finns|har|skulle) "
    r"(?:jag|vi|ni|du|man|det|den|min|mitt|vår)\b",
    # Polish
    r"(?:jak|dlaczego|czemu|gdzie|kiedy|ile|któr[aey]|kto|czy) [^\W\d_]+|co (?:mam|mamy|mogę|dalej|teraz|robić)\b",
    # Turkish
    r"(?:nas\u0131l|neden|niçin|nerede|nereden|ne zaman|kaç|ne kadar|hangi|kim)\b",
)
_OPENERS = (
    r"and|also|then|so|but|or|plus|next|finally|secondly|first|lastly|und|oder|außerdem|dann|noch|et|ou|aussi|"
    r"ensuite|también|además|inoltre|poi|também|além disso|en|ook|of|verder|och|eller|samt|oraz|też|ve|ayr\u0131ca"
)
_IF = r"(?:if|whether|how|what|when|where|which|why|who)\b"
_INDIRECT = (
    # What somebody wants to know, does not know or does not understand, in each language
    rf"\b(?:don['\u2019]?t|do not|can['\u2019]?t|cannot|couldn['\u2019]t|not|never) (?:quite |really )?(?:know|"
    rf"understand|see|find|tell|"
    rf"figure out|work out|find out|sure|certain|clear) {_IF}|\b(?:interested (?:in knowing|to know|to hear|to learn)|"
    rf"curious|keen to know|unclear|unsure|glad to (?:know|hear|learn)|grateful to (?:know|hear|learn)|any idea|"
    rf"check(?:ing)?) {_IF}|"
    rf"\b(?:let (?:me|us) know|tell (?:me|us)|confirm|ask(?:ing)?|advise|explain|clarify) (?:you )?{_IF}|"
    rf"(?:^|\bis there )any (?:chance|news|update)\b|\b(?:advice|guidance|information) (?:on|about|as to) {_IF}",
    r"\b(?:interessier\w+|wissen|erfahren|fragen|auskunft|mitteil\w*|bescheid|sagen|erklären|verraten|sicher|klar|"
    r"unklar|verstehe?n?|"
    r"begreife|schleierhaft|frage|gespannt|prüfen|infos?|information|hinweis|klärung)\b[^.,]{0,30}, (?:ob|wie|wann|wo|"
    r"warum|wieso|weshalb|was|wer|welche[rsmn]?|"
    r"wohin|woher|womit|wozu|bis wann|ab wann|seit wann|in welche\w*)\b|\bfragen? (?:ich |wir )?(?:mich|uns)\b|"
    r"\bwüssten? (?:ich |wir )?gern",
    r"\b(?:savoir|dire|préciser|confirmer|indiquer|expliquer|comprendre|comprends pas|sais pas|vois pas|demande) "
    r"(?:si|comment|quand|pourquoi|où|combien|quel\w*|à quel\w*|ce qu\w*|qui|dans quel\w*|sous quel\w*)\b|"
    r"\b(?:aimerais|voudrais|souhaite\w*)(?: \w+)? (?:connaître|comprendre)\b|\bme demand(?:e|ais)\b|\best-ce qu|"
    r"\bc['\u2019]est (?:quand|combien|où)\b|\bauriez-vous\b|\bserait-il\b",
    r"\b(?:di(?:gan|jeran|jesen)(?:me)?|indi(?:quen|caran)(?:me)?|expli(?:quen|caran)|confirm(?:en|aran)|aclar(?:en|"
    r"aran)|avis(?:en|aran)(?:me)?|saber|decir(?:me|nos)?|indicar(?:me|"
    r"nos)?|confirmar(?:me|nos)?|explicar(?:me|nos)?|preguntar(?:les?)?|sé|entiendo|comprendo|"
    r"tengo claro|pregunto|duda es|pregunta es) (?:si|cómo|cuándo|dónde|cuánt\w+|qué|cuál\w*|por qué|quién|a qué|"
    r"en qué|hasta cuándo)\b",
    r"\b(?:ditemi|spiegatemi|confermatemi|sapere|dir(?:mi|ci)|dire|confermar(?:mi|ci)|indicar(?:mi|ci)|spiegar(?:mi|"
    r"ci)|capire|chieder(?:e|vi|le)|so|capisco|chiaro|"
    r"chiedo|chiedevo|sapete) (?:se|come|quando|dove|quant\w+|qual\w+|cosa|perché|chi|entro quando|a chi|in che)\b",
    r"\b(?:digam(?:-me)?|dissessem|inform(?:em|assem)(?:-me)?|expli(?:quem|cassem)(?:-me)?|confirm(?:em|assem)|saber|"
    r"dizer(?:-me|-nos)?|informar(?:-me)?|"
    r"confirmar(?:-me)?|explicar(?:-me)?|perguntar|sei|entendo|percebo|compreendo|"
    r"claro|entender|perceber) (?:se|como|quando|onde|quant\w+|qual|quais|o que|por ?que|porquê|quem|até quando|"
    r"em que)\b",
    r"\bhoor (?:ik )?(?:\w+ )?(?:of|hoe|wanneer|wat|waar)\b|\bom (?:hur|när|vad|vilka|var) (?:jag|vi)\b",
    r"\b(?:weten|zeggen|horen|vertellen|laten weten|aangeven|uitleggen|bevestigen|vraag is|duidelijk|benieuwd|"
    r"begrijp niet|snap niet|"
    r"weet niet(?: zeker)?|vragen),? (?:of|hoe|wanneer|waar\w*|wat|welke?|waarom|wie|tot wanneer|vanaf wanneer)\b|"
    r"\b(?:vraag|vragen) (?:ik |wij |we )?(?:me|mij|ons) af\b",
    r"\b(?:veta|undrar|undrade|fråga|säga|berätta|förstår inte|vet inte|oklart|osäker på|meddela|höra|förklara) "
    r"(?:om|hur|när|var|vart|vad|vilke[nt]|vilka|varför|vem)\b|\bundrar (?:jag|vi)\b",
    r"\b(?:wiedzieć|zapytać|spytać|dowiedzieć się|powiedzieć|wyjaśnić|potwierdzić|podać|nie wiem|nie rozumiem|pew\w+|"
    r"pytanie|"
    r"jasne|poinformować|informację|znać|wskazówkę|"
    r"ciekawi mnie|interesuje mnie)[,:]? (?:czy|jak\w*|kiedy|gdzie|ile|co|dlaczego|czemu|któr\w+|kto|do kiedy|"
    r"od kiedy|w jaki)\b",
    r"\bacaba\b|\bne yap(?:mam|mal|abil|ma\w* gerek)\w*|\bmerak ed\w+|\bemin değil\w*|\bbilgi (?:almak|rica|verir)|"
    r"\banlam(?:ad[\u0131i]m|[\u0131i]yorum)\b|"
    r"\b(?:ne zaman|nas[\u0131i]l|nereye|nereden|kaç|hangi)\b[^.]{0,120}\b(?:öğren|bil|sor|merak|söyle)\w*",
    "(?:か|かね|でしょう)[。.]?$|ご教示|ご教授|教えて(?:いただ(?!きまし|いた)|頂(?!きまし|いた)|もらえ|ほし)|伺いた|"
    "お尋ね|お聞きし|"
    "(?:理由|方法|場所|時期|いつ|どこ|どう|何)[^。]{0,20}(?:分か|わか)りません|かどうか(?:を)?(?:知|教|確|わか|分か)",
    "(?:呢[。\uff01]?$|告诉我[^\uff0c。]{0,6}(?:怎|如何|什么|哪)|何时|为何|能不能|可不可以|是不是|会不会|要不要|"
    "需不需要|想问|请告知|请告诉|不(?:知道|清楚|确定|明白)(?:为|是否|怎|如何|什么|哪|该|能|要|还))",
    # English
    r"\b(?:would|'d)(?: \w+)? (?:like|love) to (?:know|ask|find out|understand|learn)|"
    r"\b(?:want|need|wanted)(?: \w+)? to (?:know|ask|find out)|"
    r"\bwonder(?:ing)? (?:if|whether|how|what|when|where|why|which)|\bplease (?:tell|explain|advise|let (?:me|"
    r"us) know|"
    r"confirm|clarify)|\b(?:tell|show|explain to) (?:me|us) (?:how|what|if|whether|where|when|why)|"
    r"\b(?:not sure|don't know|do not know|no idea|cannot (?:find|see|work) (?:out )?) ?(?:how|where|whether|if|"
    r"what|when|why)|"
    r"\bmy (?:\w+ )?question is|\bcould you|\bcan you|\bwould you",
    # German
    r"(?:möchte|würde|will|wollte|wüsste|hätte)[^.]{0,40}(?:wissen|fragen|erfahren|frage)|wüsste (?:ich )?gern|"
    r"\bbitte (?:sagen|teilen|erklären|lassen|geben)|\bfrage mich|\bweiß nicht,? (?:wie|ob|wo|wann|was|warum)|"
    r"\bmeine frage|\bunklar,? (?:wie|ob|wo|wann|was)|\bkönn(?:en|ten) sie",
    # French
    r"\b(?:voudrais|aimerais|souhaite(?:rais)?|voulais)(?: \w+){0,2} savoir|\bme demande (?:si|comment|quand|pourquoi|"
    r"où)|"
    r"\b(?:dites|indiquez|expliquez)-(?:moi|nous)|\bne sais pas (?:comment|si|où|quand)|\bma question|"
    r"\b(?:pouvez|pourriez)-vous|\bmerci de m'(?:indiquer|expliquer)",
    # Spanish
    r"\b(?:quisiera|quería|me gustaría|quiero|necesito|desearía)(?: \w+){0,2} saber|\bpregunto (?:si|cómo|cuándo)|"
    r"\b(?:díganme|dígame|explíquenme|indíquenme)|\bno sé (?:cómo|si|dónde|cuándo)|\bmi pregunta|"
    r"\bpodrían? (?:decirme|indicarme|explicarme)",
    # Italian
    r"\b(?:vorrei|volevo|mi piacerebbe|desidero)(?: \w+){0,2} (?:sapere|chiedere)|\bmi chiedo|\bnon so (?:come|se|"
    r"dove|quando)|"
    r"\b(?:potete|potreste|può|potrebbe) (?:dirmi|spiegarmi|indicarmi)|\bla mia domanda",
    # Portuguese
    r"\b(?:gostaria|queria|preciso|quero)(?: \w+){0,2} saber|\bpergunto-me|\bnão sei (?:como|se|onde|quando)|"
    r"\b(?:podem|poderiam|pode|poderia) (?:dizer|explicar|informar)|\bminha (?:pergunta|dúvida)",
    # Dutch
    r"\b(?:wil|wilde|zou)[^.]{0,30}(?:weten|vragen)|\bvraag me af|\bweet niet (?:hoe|of|waar|wanneer)|\bmijn vraag|"
    r"\b(?:kunt|kunnen|zou) (?:u|jullie)",
    # Swedish
    r"\b(?:vill|ville|skulle vilja|undrar)[^.]{0,20}(?:veta|fråga|om|hur|när|var)\b|\bvet inte (?:hur|om|var|när)|"
    r"\bmin fråga",
    # Polish
    r"\b(?:chcę|chciał(?:a|)bym|proszę) (?:wiedzieć|zapytać|o informację|podać|wyjaśnić)|"
    r"\bnie wiem,? (?:jak|czy|gdzie|kiedy)|\bmoje pytanie|\bzastanawiam się",
    # Turkish
    r"\b(?:öğrenmek|sormak|bilmek) ist|\bmerak ediyorum|\bbilmiyorum|\bsorum\b|\bsöyler misiniz|"
    r"\b(?:m[i\u0131uü]y[i\u0131uü]m|m[i\u0131uü]s[i\u0131uü]n[i\u0131uü]z|m[i\u0131uü])\s*[.!]?$",
    # Japanese and Chinese
    "(?:でしょうか|ですか|ますか|ませんか|教えてください|教えて下さい|お聞かせください|知りたい)",
    "(?:怎么|怎樣|怎样|如何|什么时候|什么|多少|多久|哪里|哪个|能否|可否|是否|请问|为什么|可以吗|吗[。.]?$|想知道)",
)

_JOINING = (
    r"and|also|or|so|but|plus|und|oder|et|mais|y|e|también|pero|ed|oppure|inoltre|ma|também|mas|maar|och|"
    r"eller|men|oraz|ale|lub|ponadto|ve|ayr\u0131ca|peki|veya|en(?= (?:hoe|wa|we|wie|ka|ku|m|is|zi|he|wi))|"
    r"[ai](?= (?:jak|czy|kiedy|gdzie|co|ile|kto|dlaczego|któr))"
)
_JOINING_BEFORE_COMMA = (
    r"then|next|finally|lastly|furthermore|secondly|außerdem|dann|ferner|zudem|ensuite|aussi|puis|de plus|enfin|además|"
    r"luego|poi|infine|além disso|depois|verder|ook|daarnaast|dessutom|sedan|poza tym|dodatkowo|sonra|bir de"
)
JOINS = re.compile(
    rf"(?P<mark>\u00bf?)(?:(?:{_JOINING})(?:,\s*|\s+(?!,))|(?:{_JOINING_BEFORE_COMMA}),\s+|"
    r"(?:また|それと|あと|それから|そして|さらに|ちなみに|另外|还有|此外|而且|那么|以及)[、\uff0c,:\uff1a]\s*|"
    r"و(?=كيف|هل|ما |متى|أين|كم))",
    re.IGNORECASE,
)
"""By which words a question goes on from the one before it."""
ASKS_FIRST = re.compile(
    r"\u00bf|(?:how|why|where|when|what|which|who|whose|wie|warum|wieso|wo|woher|wohin|wann|welche[rsmn]?|wer|wem|was|"
    r"comment|pourquoi|quand|où|combien|quel(?:le)?s?|que|cómo|cuándo|dónde|cuánt[oa]s?|cuál(?:es)?|quién|qué|"
    r"perché|come|quando|dove|quant[oaie]|qual[ei]?|chi|cosa|como|onde|quais|quem|por ?que|hoe|waarom|waar|"
    r"wanneer|welke?|"
    r"wat|hur|varför|var|när|vilke[nt]|vilka|vem|vad|jak|dlaczego|czy|gdzie|kiedy|ile|kto|co|nas\u0131l|"
    r"nerede|neden|ne)\b|"
    r".*\b(?:nas\u0131l|nerede\w*|neden|ne zaman|ne kadar|m[i\u0131u\u00fc]\w*)\b[^?]*\?$",
    re.IGNORECASE,
)
"""By which words a question begins, whatever follows."""
OPENS = LazyPattern(rf"\W*(?:(?:{_OPENERS})\W+){{0,2}}(?:{'|'.join(_OPENING)})")
"""How a question begins."""
ASKS_WITHIN = LazyPattern("|".join(_INDIRECT))
"""What a sentence has in it that asks without being a question."""
ENDS = ("?", "\uff1f", "\u037e", "\u061f")
"""Question marks."""
ANNOUNCES = LazyPattern(
    r"(?!.*\b(?:if|whether|how|ob|wie|si|comment|cómo|se|come|como|of|hoe|om|hur|czy|jak|nas\u0131l)\b)"
    r"[^?\uff1f]{0,80}\b(?:questions?|fragen?|preguntas?|dudas?|consultas?|domand[ae]|perguntas?|dúvidas?|vraag|"
    r"vragen|fråg(?:a|or)|"
    r"pytani[ea]|sorum(?: (?:var|daha|olacak)\w*)*)(?: (?:an sie|für sie|for you|pour vous|para ustedes|per voi|"
    r"para vocês|voor u|"
    r"voor jullie|till er|do państwa))?\W*$|[^?\uff1f]{0,30}(?:質問が(?:あり|ござい)ます|(?:个|有)问题)[。!]?$"
)
"""A sentence that only says that a question comes."""
LEANS = re.compile(
    r"\b(?:its?|that|this|they|them|those|these|then|else|same|there|das|dies(?:e[rsmn]?)?|davon|dafür|dazu|dann|dabei|"
    r"ça|cela|celle-ci|eso|esto|ello|questo|quello|isso|isto|dat|dit|daarvoor|det|detta|då|tego|wtedy|bunun)\b|"
    r"\b(?:es|er|het)(?=\s*\?)",
    re.IGNORECASE,
)
"""Words by which a question leans on what was said before it."""
PLEA = LazyPattern(
    r"\b(?:help(?:s|ing)?|advise|assist|look (?:in)?to|what (?:can|should|do) (?:i|we) do|what now|any ideas?|"
    r"(?:weiter)?helfen|"
    r"was (?:kann|soll) ich tun|was nun|aider|que (?:puis-je|dois-je|faut-il) faire|ayudar(?:me|nos)?|"
    r"qué (?:puedo|debo) hacer|"
    r"aiutar(?:mi|ci|e)?|cosa (?:posso|devo) fare|ajudar(?:-me)?|o que (?:posso|devo) fazer|helpen|hjälpa|pomóc|"
    r"yard\u0131m\w*)\b"
    "|助けて|手伝|帮(?:忙|助|我)"
)
"""By which words a short question only asks for help, with what the mail tells."""
