"""By which words a sentence stays with the matter of what was asked before it, in twelve languages."""

from __future__ import annotations

from firstline.domain.mail.lazy_pattern import LazyPattern

POINTS_BACK = LazyPattern(
    # As its subject, at the head of the sentence
    r"^(?:it|they)\b|^(?:that|those|these) (?:is|are|was|were|do|does|did|has|have|can)\b|"
    r"^(?:(?:ist|war|geht|ging|funktioniert|klappt|läuft|kam|kommt|hat|"
    r"lässt sich) )?es\b(?! (?:gibt|gab|fehl))|^(?:das|er) (?:ist|geht|war|funktioniert|klappt|hat)\b|"
    r"^(?:il (?:ne |n['\u2019](?!y)|est |était |a |s['\u2019])|elles? |ils |ça |cela |c['\u2019]est )|"
    r"^(?:eso|esto|questo|isso|isto)\b|^(?:(?:is|was|werkt|doet|lukt|gaat) )?(?:hij|het (?:niet|ook|nog|toch))\b|"
    r"^(?:(?:är|fungerar|går|har|funkar) )?(?:det|den) (?:inte|heller|också|är|fungerar|har|kom|går)\b|"
    r"^(?:to|on|ona|ono|oni) (?:nie|też|również|jest|był|ciągle|nadal)\b|"
    r"^(?:それ|これ)[はがもで]|^(?:它|这(?:个|样)?(?:也|还|都|是))|"
    # As what is done, or of which something is said
    r"\b(?:about|of|for|from|to|with|on|in|without) it\b|\bit(?= (?:either|too|on|in|from|with|at|again|yet|as|"
    r"anymore)\b|\W*$)|\b(?:the|this|that) same\b|"
    r"\b(?:das|der|die|den|dem)selbe?n?\b|\b(?:darüber|davon|dagegen)\b|\b(?:la|le|les) mêmes?\b|\bà ce sujet\b|"
    r"\b(?:el|la|los|las|lo) mism[oa]s?\b|\bal respecto\b|\b(?:lo|la|gli) stess[oa]\b|\bo mesmo\b|\ba mesma\b|"
    r"\b(?:de|het)zelfde\b|\b(?:daarover|hierover|ervan|erover)\b|\bsamma\b|\bom det\b|"
    r"\b(?:t[oaęą]|te|ten) sam[oaąey]\b|"
    r"\bna ten temat\b|\bayn[\u0131i](?! (?:zamanda|gün))|同じ|一样|同样"
)
"""That a sentence is about what was asked before it."""

OWN_STEP = LazyPattern(
    r"\b(?:i|we)\b|\bj['\u2019]ai\b|\b(?:jag|vi) har\b|\b(?:ik|wij|we) (?:heb|hebben)\b|\b(?:ich|wir) (?:habe|haben)\b"
)
"""That words which add something begin to tell what the writer did."""

ACQUIRED = LazyPattern(
    r"\b(?:bought|ordered|received|rented|booked|subscribed|gekauft|bestellt|erhalten|bekommen|gebucht|gemietet|"
    r"achet\w+|command\w+|reçu\w*|réserv\w+|compr\w+|pedi\w*|recib\w+|reserv\w+|ordinat\w+|ricevut\w+|prenotat\w+|"
    r"receb\w+|encomend\w+|gekocht|besteld|ontvangen|geboekt|köpt\w*|beställ\w+|bokat|kupił\w+|zamówił\w+|"
    r"otrzymał\w+|dostał\w+|sat[\u0131i]n ald\w+|sipariş)\b|購入|注文|届い|买|订|收到"
)
"""That the writer came by a thing, of which what follows may be told."""

TROUBLE_WITH = LazyPattern(
    r"\b(?:problem\w*|issues?|trouble|ärger|schwierigkeit\w*|problèmes?|soucis?|dificuldade\w*|problema\w*) "
    r"(?:with|mit|avec|con|com|met|med|z|ze)\b"
)
"""That the writer has a problem with a thing."""

FOLLOWS = LazyPattern(
    r"\W*(?:(?:and|but|und|et|y|e|en|och|i|a|ve)\s+)?(?:then|next|meanwhile|in the meantime|otherwise|dann|ansonsten|"
    r"sonst|inzwischen|ensuite|sinon|autrement|puis|entre-temps|entonces|mientras tanto|poi|nel frattempo|então|"
    r"entretanto|dan|daarna|anders|intussen|sen|annars|potem|wtedy|tymczasem|inaczej|sonra|o zaman|同時に|与此同时)\b"
)
"""How a question begins that is asked because of what was told before it."""

REMEDY = LazyPattern(
    r"\b(?:refund\w*|replac\w+|repair\w*|return(?:s|ed|ing)?|exchang\w+|compensat\w+|warrant\w+|guarantee\w*|"
    r"reimburs\w+|money back|fixed|"
    r"(?:rück)?erstatt\w+|ersatz\w*|ersetz\w+|repar\w+|umtausch\w*|rücksend\w+|rückgabe\w*|gutschrift\w*|entschädig\w+|"
    r"garanti\w+|gewährleist\w+|geld zurück|rembours\w+|remplac\w+|répar\w+|retour\w*|échang\w+|indemni\w+|"
    r"dédommag\w+|reembols\w+|devol\w+|reemplaz\w+|rimbors\w+|sostitu\w+|ripar\w+|reso|restitu\w+|indennizz\w+|"
    r"garanzia|substitui\w+|troc\w+|indeniz\w+|ressarc\w+|terugbetal\w+|vergoed\w+|vervang\w+|ruil\w+|"
    r"återbetal\w+|ersätt\w+|retur\w*|kompens\w+|zwrot\w*|zwróc\w+|reklamac\w+|wymian\w+|wymien\w+|napraw\w+|"
    r"gwaranc\w+|odszkodowa\w+|iade\w*|tamir\w*|onar\w+|tazminat\w*|değişim\w*)\b|"
    "返金|返品|交換|修理|補償|保証|退款|退货|换货|维修|赔|保修"
)
"""What sets a problem right."""

OF_PERSON = LazyPattern(
    r"^(?:(?:ist|sind|hat|haben|kann|kommt|is|heeft|kan|gaat|är|har|kan) )?(?:\w+['\u2019]?\s?){0,2}?"
    r"\b(?:husband|wife|mother|father|parents|sister|brother|(?:my|our) son|daughter|child(?:ren)?|kids?|friends?|"
    r"colleagues?|neighbou?rs?|mann|frau|mutter|vater|eltern|schwester|bruder|sohn|tochter|kind(?:er)?|freund(?:in|e)?|"
    r"kolleg\w+|nachbar\w*|mari|femme|mère|père|parents|s\u0153ur|frère|fils|fille|enfants?|amie?s?|collègues?|voisine?s?|"
    r"marido|esposa|mujer|madre|padres?|hermana|hermano|hij[oa]s?|niñ[oa]s?|amig[oa]s?|compañer[oa]s?|colegas?|"
    r"vecin[oa]s?|marito|moglie|genitori|sorella|fratello|figli[oae]?|bambin\w|amic\w+|collegh?[aei]|vicin[oaie]|"
    r"mulher|mãe|pai|pais|irmão?|filh[oa]s?|vizinh[oa]s?|mijn man|vrouw|moeder|vader|ouders|zus|broer|zoon|dochter|"
    r"kinderen|vriend\w*|collega['\u2019]?s?|buurman|buurvrouw|buren|fru|mamma|pappa|föräldrar|syster|bror|dotter|barn|"
    r"vän|kollega|granne\w*|grannar\w*|mąż|żona|matka|mama|ojciec|rodzice|siostra|brat|syn|córka|dzieci|dziecko|"
    r"przyjaciel|koleg\w+|sąsiad\w*|eşim|kocam|kar[\u0131i]m|annem|babam|kardeşim|oğlum|k[\u0131i]z[\u0131i]m|çocu\w+|"
    r"arkadaş[\u0131i]m|komşu\w*)\b|^(?:夫|妻|母|父|両親|息子|娘|子供|友人|同僚|隣)|^我?的?(?:老公|老婆|丈夫|妻子|妈妈|爸爸|"
    r"父母|儿子|女儿|孩子|朋友|同事|邻居)"
)
"""That a sentence tells of somebody near its writer, and so of no thing of ours."""

ONLY = LazyPattern(
    r"\b(?:only|nur|seulement|s[oó]lo|solamente|soltanto|solo|só|apenas|slechts|bara|endast|tylko|jedynie|sadece|"
    r"yaln[\u0131i]zca)\b(?! (?:\d|one|two|half|eine?|zwei|une?|deux|un[oa]?|dos|due|uma?|dois|duas|een|één|twee|ett|"
    r"en|två|jed|dwa|dwie|bir|iki))"
)
"""That something is so and not otherwise, which by itself is nothing wrong."""

WORDS_OF_ASKING = LazyPattern(
    r"\b(?:also|another|besides|questions?|why|how come|reasons?|know|would|like|should|außerdem|auch|noch|fragen?|"
    r"wissen|wollte|möchte|warum|wieso|weshalb|woran|grund|aussi|également|autre|savoir|pourquoi|raison|además|también|"
    r"otra|pregunta|saber|por qu[eé]|motivo|inoltre|anche|altra|domanda|sapere|perché|além disso|também|outra|pergunta|"
    r"porquê|ook|daarnaast|andere|vraag|weten|waarom|reden|dessutom|också|annan|fråga|veta|varför|anledning\w*|"
    r"poza tym|także|inne|pytanie|wiedzieć|dlaczego|czemu|chciał\w+|chcę|też|przyczyn\w+|"
    r"ayr[\u0131i]ca|başka|soru|neden\w*|niçin|niye)\b|"
    r"なぜ|どうして|理由|教えて|为什么|为何|怎么回事|原因"
)
"""Words with which a question is asked, or is added to what was told, that name nothing it is about."""
