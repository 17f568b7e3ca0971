"""By which words a sentence asks that may have no question mark, in twelve languages."""

from __future__ import annotations

import re

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
    # Dutch
    r"(?:hoe|waarom|waar|wanneer|welke?|wie|wat) (?:kan|kunnen|moet|moeten|mag|is|zijn|wordt|worden|heeft|lang|"
    r"veel|vaak|"
    r"duur|doe|verander|kost|werkt|gebeurt)\b|(?:kan|kunnen|kunt|mag|moet|is|zijn|heeft|zou|zouden) "
    r"(?:ik|we|wij|u|jullie|er|het|de|mijn|ons|onze|een)\b",
    # Swedish
    r"(?:hur|varför|var|när|vilken|vilka|vilket|vem|vad) (?:kan|gör|ska|måste|är|blir|länge|mycket|många|ofta|"
    r"ändrar|hittar|kostar|händer|fungerar)\b|(?:kan|får|måste|ska|är|finns|har|skulle) "
    r"(?:jag|vi|ni|du|man|det|den|min|mitt|vår)\b",
    # Polish
    r"(?:jak|dlaczego|czemu|gdzie|kiedy|ile|któr[aey]|kto|czy) [^\W\d_]+",
    # Turkish
    r"(?:nas\u0131l|neden|niçin|nerede|nereden|ne zaman|kaç|ne kadar|hangi|kim)\b",
)
_OPENERS = (
    r"and|also|then|so|but|or|plus|next|finally|secondly|first|lastly|und|oder|außerdem|dann|noch|et|ou|aussi|"
    r"ensuite|también|además|inoltre|poi|também|além disso|en|ook|of|verder|och|eller|samt|oraz|też|ve|ayr\u0131ca"
)
_INDIRECT = (
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
    r"\b(?:voudrais|aimerais|souhaite(?:rais)?|voulais) savoir|\bme demande (?:si|comment|quand|pourquoi|où)|"
    r"\b(?:dites|indiquez|expliquez)-(?:moi|nous)|\bne sais pas (?:comment|si|où|quand)|\bma question|"
    r"\b(?:pouvez|pourriez)-vous|\bmerci de m'(?:indiquer|expliquer)",
    # Spanish
    r"\b(?:quisiera|quería|me gustaría|quiero|necesito|desearía) saber|\bpregunto (?:si|cómo|cuándo)|"
    r"\b(?:díganme|dígame|explíquenme|indíquenme)|\bno sé (?:cómo|si|dónde|cuándo)|\bmi pregunta|"
    r"\bpodrían? (?:decirme|indicarme|explicarme)",
    # Italian
    r"\b(?:vorrei|volevo|mi piacerebbe|desidero) (?:sapere|chiedere)|\bmi chiedo|\bnon so (?:come|se|dove|quando)|"
    r"\b(?:potete|potreste|può|potrebbe) (?:dirmi|spiegarmi|indicarmi)|\bla mia domanda",
    # Portuguese
    r"\b(?:gostaria|queria|preciso|quero) (?:de )?saber|\bpergunto-me|\bnão sei (?:como|se|onde|quando)|"
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
OPENS = re.compile(rf"\W*(?:(?:{_OPENERS})\W+){{0,2}}(?:{'|'.join(_OPENING)})", re.IGNORECASE)
"""How a question begins."""
ASKS_WITHIN = re.compile("|".join(_INDIRECT), re.IGNORECASE)
"""What a sentence has in it that asks without being a question."""
ENDS = ("?", "\uff1f", "\u037e", "\u061f")
"""Question marks."""
LEANS = re.compile(
    r"\b(?:its?|that|this|they|them|those|these|then|else|same|there|das|dies(?:e[rsmn]?)?|davon|dafür|dazu|dann|dabei|"
    r"ça|cela|celle-ci|eso|esto|ello|questo|quello|isso|isto|dat|dit|daarvoor|det|detta|då|tego|wtedy|bunun)\b",
    re.IGNORECASE,
)
"""Words by which a question leans on what was said before it."""
PLEA = re.compile(
    r"\b(?:help(?:s|ing)?|advise|assist|look (?:in)?to|what (?:can|should|do) (?:i|we) do|what now|any ideas?|"
    r"(?:weiter)?helfen|"
    r"was (?:kann|soll) ich tun|was nun|aider|que (?:puis-je|dois-je|faut-il) faire|ayudar(?:me|nos)?|"
    r"qué (?:puedo|debo) hacer|"
    r"aiutar(?:mi|ci|e)?|cosa (?:posso|devo) fare|ajudar(?:-me)?|o que (?:posso|devo) fazer|helpen|hjälpa|pomóc|"
    r"yard\u0131m\w*)\b"
    "|助けて|手伝|帮(?:忙|助|我)",
    re.IGNORECASE,
)
"""By which words a short question only asks for help, with what the mail tells."""
