"""By which words a sentence of a mail wants something done, in twelve languages and Arabic."""

from __future__ import annotations

import re

from firstline.domain.mail.lazy_pattern import LazyPattern

_WISHES = (
    # English
    r"\b(?:i|we)(?:'d| would)(?: \w+)? (?:like|love|prefer|appreciate)\b|"
    r"\b(?:i|we)(?: \w+)? (?:want|need|require|wish)\b|"
    r"\bplease\b|\b(?:i|we)(?:'m| am|'re| are) (?:asking|requesting|looking) (?:for|you|to)\b|"
    r"\b(?:i|we) (?:hereby )?(?:request|demand|insist|ask you|cancel|terminate|withdraw)\b|\bkindly \w+|"
    r"\b(?:was|were|am|are) hoping\b|\bwould be (?:great|nice|good|helpful|grateful)\b|\b(?:you (?:need|have) to|"
    r"you should)\b|\bpl[sz]\b|\bshould be (?:\w+ )?(?:grateful|obliged)\b|\bgrateful if\b|"
    r"\b(?:i|we) expect (?:an?|you|my|the|full|to)\b",
    # German
    r"\b(?:ich|wir) (?:\w+ ){0,3}?(?:möchten?|will|wollen|brauchen?|benötigen?|wünschen?|bitten?)\b|"
    r"\b(?:möchten?|will|wollen|brauchen?|benötigen?|wünschen?|bitten?) (?:ich|wir)\b|"
    r"\b(?:hätten?|würden?) (?:ich |wir )?(?:\w+ ){0,3}?gerne?\b|\bbitte\b|"
    r"\bwär(?:e|en) (?:es )?(?:schön|nett|toll)\b|"
    r"\b(?:ich|wir) (?:\w+ )?(?:verlangen?|fordern?|erwarten?|kündigen?|widerrufen?|storniere|beantragen?|"
    r"bestellen?)\b|\bwären? (?:\w+ ){0,4}(?:dankbar|verbunden)\b|"
    r"\b(?:verlange|fordere|kündige|widerrufe|storniere|beantrage|bestelle|ersuche) ich\b|\bkönnt (?:ihr|du)\b|"
    r"\bhiermit\b|\bbräuchten?\b",
    # French
    r"\b(?:je|nous) (?:\w+ )?(?:voudr(?:ais|ions)|souhait(?:e|ons|erais|erions)|désir(?:e|ons|erais)|veux|voulons|"
    r"demand(?:e|ons)|aimer(?:ais|ions))\b|\bj['\u2019]aimerais\b|\bbesoin d|\bveuillez\b|\bmerci (?:de|d['\u2019])|"
    r"\bprière de\b|\b(?:je|nous) (?:vous|te) (?:prie|prions)\b|\bs['\u2019]il (?:vous|te) pla[iî]t\b|\bsvp\b|"
    r"\bj['\u2019](?:exige|annule|attends (?!toujours|encore|depuis))\b|"
    r"\bsaur(?:ais|ions) gré\b|\bser(?:ais|ions) (?:\w+ )?reconnaissant|"
    r"\b(?:je|nous) (?:tiens|tenons) à\b|\bil (?:me|nous) (?:faut|faudrait)\b|\bje (?:résilie|réclame)\b",
    # Spanish
    r"\b(?:quiero|queremos|quisiera|quisiéramos|querría|necesito|necesitamos|deseo|deseamos|desearía|solicito|"
    r"solicitamos|pido|pedimos)\b|\b(?:me|nos) gustaría\b|\bpor favor\b|\b(?:les?|os|te) (?:ruego|rogamos|pido|pedimos|"
    r"agradecería|solicito)\b|\brogamos\b|"
    r"\b(?:exijo|exigimos|reclamo|reclamamos)\b|\b(?:me|nos) (?:hacen?|haría) falta\b|\bden de baja\b|"
    r"\bprefer(?:iría|iríamos|imos)\b|\bagradecer(?:ía|íamos)\b",
    # Italian
    r"\b(?:vorrei|vorremmo|desidero|desideriamo|voglio|vogliamo|chiedo|chiediamo|richiedo)\b|"
    r"\b(?:ho|abbiamo) bisogno d|"
    r"\b(?:mi|ci) (?:serve|servono|servirebbe|piacerebbe|occorre)\b|\bper (?:favore|piacere|cortesia)\b|"
    r"\b(?:vi|la|ti) (?:prego|preghiamo|chiedo)\b|\bcortesemente\b|"
    r"\b(?:pretendo|pretendiamo|esigo|disdico|preferi(?:sco|amo|rei|remmo)|richiediamo|reclamo)\b|"
    r"\b(?:pregher(?:ei|emmo)|sar(?:ei|emmo) (?:\w+ )?grat[aio]|gradir(?:ei|emmo)|avr(?:ei|emmo) bisogno|mi aspetto)\b",
    # Portuguese
    r"\b(?:quero|queremos|queria|queríamos|gostaria|gostaríamos|preciso|precisamos|desejo|desejamos|solicito|peço|"
    r"pedimos|necessito)\b|\bpor favor\b|\bfavor \w+r\b|\bagradeço que\b|"
    r"\b(?:exijo|exigimos|reclamo|requeiro|solicitamos|prefer(?:iria|iríamos|imos)|agradecer(?:ia|íamos))\b",
    # Dutch
    r"\b(?:ik|we|wij) (?:\w+ ){0,2}?(?:wil|willen|wens|verzoek|vraag u)\b|"
    r"\b(?:wil|willen|wens|zou|zouden) (?:ik|we|wij)\b|"
    r"\b(?:ik|we|wij) (?:zou|zouden)\b[^.]*\bgraag\b|\bgraag (?!gedaan)|\b(?:nodig|behoefte aan)\b|\balstublieft\b|"
    r"\balsjeblieft\b|\ba\.?u\.?b\b|\bgelieve\b|\bverzoeke?\b|"
    r"\b(?:ik|we|wij) (?:eis|eisen|annuleer|verlang)\b|\bhierbij\b|\bliever\b|\bop prijs (?:stellen|gesteld)\b",
    # Swedish
    r"\b(?:jag|vi) (?:\w+ )?(?:vill|önskar|behöver|ber)\b|\b(?:vill|önskar|behöver) (?:jag|vi)\b|"
    r"\b(?:jag|vi) skulle (?:\w+ )?(?:vilja|behöva|önska)\b|\bskulle (?:jag|vi) (?:\w+ )?(?:vilja|behöva)\b|"
    r"\bvar (?:så )?(?:vänlig|god|snäll)\b|\bvänligen\b|\bsnälla\b|,\s*tack\b|"
    r"\b(?:jag|vi) (?:kräver|begär|säger upp|avslutar)\b|\b(?:kräver|begär) jag\b|\bhärmed\b|\b(?:vore|vara|"
    r"blir) (?:\w+ )?tacksam\w* (?:för|om)\b|"
    r"\bförväntar (?:jag )?(?:mig|oss)\b",
    # Polish
    r"\b(?:chcę|chcemy|chciał(?:a)?bym|chcieli(?:by|)śmy|chciałybyśmy|potrzebuję|potrzebujemy|pragnę|życzę sobie|"
    r"wnoszę o|żądam|żądamy|wypowiadam|rezygnuję|składam|wolał(?:a)?bym|wolelibyśmy)\b|"
    r"\b(?:prosz[eę]|prosimy|poproszę|prosiłbym|prosiłabym|domagam(?:y)? się|oczekuj(?:ę|emy)|wnioskuj(?:ę|emy))\b|"
    r"\b(?:był[aby]*m|będę|będziemy|bylibyśmy) (?:\w+ )?wdzięczn\w+",
    # Turkish
    r"\b(?:isti|istiyor)(?:um|uz|yorum|yoruz)\b|\bister(?:im|iz|dim|dik)\b|\blütfen\b|\brica ed|\bihtiyac[\u0131i]m|"
    r"\btalep ed|\bgerek(?:iyor|li)\b|\blaz[\u0131i]m\b|"
    r"(?:iptal ed|gönder|sil|değiştir|ç[\u0131i]kar|düzelt|kapat)(?:in|\u0131n|un|ün|iniz|\u0131n\u0131z|er misiniz)\b|"
    r"\b(?:b[\u0131i]rak|durdur|yap|ver|ed|kald[\u0131i]r|öde|ara|aç|ekle|güncelle|yolla|çöz|bul|kes|yenile|onar|bak|"
    r"düşür|"
    r"ulaşt[\u0131i]r|tamamla|başlat|incele|bağla|sağla|gider|önle|bildir|iptal et|iade et|uğraşt[\u0131i]rma|"
    r"rahats[\u0131i]z etme)y?[iu\u0131ü]n(?:[iu\u0131ü]z)?\b|"
    r"\b(?:sevinir|memnun olur|minnettar)",
    # Japanese
    r"(?:てください|て下さい|お願い(?:し|いたし|致し|でき)|たいです|たい(?:と(?:思|考)|の(?:です|で)|んです)|てほしい|"
    r"て欲しい|いただけ(?:る|れば|ますと|ないで)|"
    r"いただきたい|が必要です|が必要なの|希望(?:し|いた|致)|"
    r"求めます|幸いです|幸いに(?:存|思)|助かります|(?:解約|退会|キャンセル|返品)(?:を)?(?:し|いたし|致し)ます|"
    r"ご(?:対応|手配|変更|送付)(?:を)?(?:願|お))",
    # Chinese
    r"(?:(?<![申邀])请(?!问|假|教|求书)|麻烦|劳驾|我们?(?:也|还|都)?(?:想(?!知道|问)|要(?!是)|需要|希望|打算)|(?:^|"
    r"[\uff0c\uff1b]|[快先再]|赶紧|马上|立即)(?:帮|替|给)我们?|烦请|恳请|不胜感激|感激不尽|(?<!希)望(?:您|贵)|"
    r"我们?(?:还|也)?要求|^(?:把|将))",
    # Arabic
    r"(?:يرجى|الرجاء|من فضلك|رجاء|أرجو|نرجو|أريد|نريد|أود|نود|أحتاج|نحتاج|أطلب|نطلب)",
)
_COURTEOUS = (
    # How formal letters wish for something, in each language
    r"\b(?:(?:am|are)? ?writing to (?:request|ask|apply)|(?:kindly|formally|respectfully) (?:request|ask)|trouble you|"
    r"so kind|"
    r"kind enough|(?:glad|pleased|delighted|thankful) if|(?:very much )?welcome an?|ask that|may i have|"
    r"appreciated? (?:it )?if|obliged if|(?:i|we) should like|(?:may|might) (?:i|we) (?:ask|request)|in need of|"
    r"(?:i|we) (?:would|'d) (?:\w+ )?(?:ask|request|need)|(?:like|want) (?:you )?to (?:ask|request)|request that)\b",
    r"\b(?:wird|werden) (?:\S+ ){0,8}?gebeten\b|\b(?:erbitt\w+|erbeten|ersuch\w+|bitten?)\b|\bso (?:freundlich|nett|"
    r"lieb|gut) (?:sein|wären?|und)\b|"
    r"\b(?:freundlich|nett|schön|hilfreich|verbunden|freuen|dankbar),? wenn (?:sie|ihr|du)\b|\bbräuchten?\b",
    r"\bbien vouloir\b|\bsollicit(?:e|er|ons)\b|\bl['\u2019](?:obligeance|amabilité)\b|\bla (?:gentillesse|bonté) de\b|"
    r"\bobligée?s? (?:de|si)\b|\baur(?:ais|ions) (?:\w+ )?(?:besoin|voulu|aimé)\b|\b(?:me|nous) faudrait\b|"
    r"\bdésirer(?:ais|ions)\b|"
    r"\bpri(?:e|erais|ons) de\b|\bremerci(?:e|ons|erais|erions) (?:\w+ |d['\u2019]avance ){0,2}de (?:m['\u2019]|me |"
    r"nous |bien |faire )",
    r"\b(?:solicit(?:o|amos)|(?:para|quiero|quisiera|deseo|permito|quería) solicitar\w*)\b|\brog(?:ar|aría)\w*|"
    r"\btan amables?\b|\bla (?:bondad|amabilidad|gentileza) de\b|"
    r"\bagradecid[oa]s? (?:si|que|de)\b|\bagradecer(?:é|emos)\b|\btengan? a bien\b|\bsírvan?se\b|\bnecesitar(?:ía|"
    r"íamos)\b|\bped(?:ir(?:ía|íamos)|imos)\b|\b(?:para|quiero|quisiera|quería|permito) pedir\w*|\bel favor de\b|"
    r"\bdesear(?:ía|íamos)\b",
    r"\b(?:ri)?chied(?:o|iamo|ervi|erle|erei|eremmo)\b|\b(?:permetto di|scrivo per|sono a|vorrei|volevo|"
    r"desidero) (?:ri)?chieder(?:e|vi|le) (?!se\b|come\b|quando\b)|"
    r"\b(?:riconoscent[ei]|obbligat[oaie]|liet[oaie]) (?:se|qualora|di)\b|\bnecessità di\b|\bsi (?:richiede|prega)\b|"
    r"\bvogliate\b|"
    r"\bpresente (?:per )?(?:ri)?chied\w+|\bgentilmente\b|\bla (?:cortesia|gentilezza) di\b|\bcosì gentil[ei]\b|"
    r"\b(?:occorrerebbe|servirebbe|servirebbero)\b|\bgrat[aio] se\b",
    r"\b(?:solicit(?:o|amos)|(?:venho|para|gostaria de|queria|meio) solicitar)\b|\brequer(?:er|emos)\b|"
    r"\ba (?:gentileza|bondade|amabilidade|fineza) de\b|\bagradecia (?:que|se|o|a|me)\b|"
    r"\b(?:grat[oa]s?|agradecid[oa]s?) (?:se|que)\b|\bdesej(?:ava|aria)\b|\bpretend(?:o|ia|emos)\b|\bqueiram?\b|"
    r"\bped(?:ia|imos|iria)\b|\b(?:venho|queria|gostaria de) pedir\b|\bgost(?:ava|aria|aríamos|ávamos) (?:de|que)\b|"
    r"\brog(?:o|amos)\b|\bprecis(?:ava|aria|ávamos)\b",
    r"\b(?:met|mijn|het) verzoek\b|\bvraag (?:ik|hierbij) \w+|\berkentelijk\b|\bdankbaar (?:zijn )?(?:als|indien|"
    r"wanneer)\b|\bzo (?:vriendelijk|goed) (?:te|willen|zijn)\b|\bgaarne\b|"
    r"\bwil(?:t|len)? (?:u|jullie|je)\b|\bu (?:te )?vragen om\b|\bvraag (?:ik )?u om\b",
    r"\bansöker\b|\bhoppas (?:att )?(?:ni|du) kan\b|\banhåll\w+|\bhemställ\w+|\b(?:ber|be) (?:er|dig|om att|att få|"
    r"att ni)\b|\bfå be\b|\buppskatta\w* om\b|\btacksam\w* om\b|"
    r"\bskulle (?:ni|du) kunna\b|\b(?:har|vara) vänligheten\b|\bvore (?:snällt|bra|fint|vänligt) om\b",
    r"\bz (?:\w+ )?prośb[ąę]\b|\bprośba o\b|\b(?:mam|mamy) (?:\w+ )?prośbę\b|\bprosić o\b|\bwdzięczn\w+,? (?:jeśli|"
    r"gdyby)\b|\bmogliby\b|"
    r"\bpotrzebn[aey]\b|\bupraszam\b|\bzobowiązan\w+\b|\bubiegam się\b",
    r"\bgereğini\b|\bihtiyaç duy\w+|\brica\w*|\barz ed\w+|\bistirham\b|\btalep\w* (?:ed|bulun)\w*|\bmüteşekkir\b|"
    r"\byard[\u0131i]mc[\u0131i] olursan[\u0131i]z\b|"
    r"m[ae]n[\u0131i]z[\u0131i] (?:\w+ )?(?:bekl|ist|um|dil)\w+|(?:mesini|mas[\u0131i]n[\u0131i]) (?:\w+ )?(?:bekl|"
    r"ist|um|dil|talep)\w+",
    r"お願い(?:申|した)|(?:お|ご)[^、。]{1,8}(?:ください|下さい|願い(?:たく|ます))|[がを]欲し[いく]|ほしいです|"
    r"必要として|くださいます?よう|(?:いただ|頂)(?:きたく|ければ|けますと|けると|けないで)|頂きたい|賜り|頂戴し?た|"
    r"願います|もらいたい|てもらえ|申請(?:し|いた|致)ます|請求(?:し|いた)ます",
    r"\b(?:would|should|might) be (?:an? |very |most |so |extremely )*(?:\w+ )?(?:kindness|help|favou?r|relief|kind|"
    r"useful|obliged)\b|"
    r"\b(?:would|should) be (?:\w+ )?(?:glad|pleased|thankful|happy) (?:of|if|to have|to receive)\b|"
    r"\bmight it be possible\b|"
    r"\b(?:someone|somebody|your \w+) (?:needs|has|have|must|should) (?:to )?\w+|\bforder(?:e|n) (?:ich |wir )?sie\b|"
    r"\bwäre (?:\w+ ){0,4}(?:liebenswürdig|hilfreich|wichtig|entgegenkommend|wünschenswert),? wenn\b|"
    r"\bme serait (?:\w+ )?(?:utile|nécessaire|agréable|indispensable)\b|\bdesider(?:erei|eremmo)\b|"
    r"\bmümkün m[\u0131iuü]",
    r"幸甚|(?:電話|連絡|返事|返金|回答|対応)をください|恳求|务必|^(?:马上|立即|立刻|尽快)|派人",
    r"劳烦|拜托|特此申请|[特兹]申请|申请(?:开|办|补)|为荷|为盼|希望(?:贵|您|你们|能|可以)|给我们?(?:补|开|寄|发|退|换|"
    r"办|处理)|退给我|赔[偿付]",
)
_VERBS = (
    r"cancel|change|update|delete|remove|refund|send|resend|close|stop|return|exchange|replace|transfer|add|switch|"
    r"move|"
    r"upgrade|downgrade|activate|deactivate|unsubscribe|fix|forward|book|extend|renew|reset|unlock|correct|invoice|"
    r"ship|take|put|make|give|increase|reduce|merge|enable|disable|turn|"
    r"block|unblock|restore|issue|credit|reimburse|repair|waive|leave|sort|arrange|organi[sz]e|provide|get|bring|pay|"
    r"investigate|schedule|escalate|withdraw",
    # German: of "Sie", and of "du" and "ihr".
    r"(?:löschen|kündigen|ändern|senden|schicken|stornieren|erstatten|tauschen|korrigieren|überweisen|entfernen|"
    r"schließen|"
    r"sperren|aktualisieren|stellen|buchen|verlängern|setzen|nehmen|geben|tragen|legen|machen|richten) sie|"
    r"(?:lösche|kündige|ändere?|sende|schicke?|storniere)t?"
    r" (?:mir|uns|mein|unser|die|das|den)\w*",
    r"(?!(?:haben|hätten|können|könnten|sind|würden|werden|möchten|wissen|wollen|dürfen|finden|wenn) )\w{3,}n sie|"
    r"(?:nehmt|streicht|schickt|sendet|löscht|ändert|storniert|tauscht|gebt|macht|holt|repariert|kümmert|stellt|"
    r"erstattet|"
    r"überweist|setzt|tragt|sperrt|prüft|behebt)",
    r"\w{3,}ez-(?:moi|nous|le|la|les)|(?:arrêtez|cessez|trouvez|rendez|laissez|remplacez|passez|dites|venez)",
    r"(?:dejen|paren|vengan|hagan|pongan|arreglen|resuelvan|den(?:me|nos)|devuelvan)",
    r"(?:parem|tirem|venham|façam|resolvam|deem|ponham|arranjem|consertem)|(?:smettete|fatemi|venite|ridate|"
    r"rimandate)\w*",
    r"(?:hou|houd|stop|kom|schrijf|schrap|bel) (?!(?:ik|we|wij|je|jij|u|jullie|er)\b)",
    r"(?:annulez|modifiez|supprimez|envoyez|remboursez|changez|résiliez|désactivez|corrigez|retirez|ajoutez|remplacez|"
    r"faites|créez|activez|mettez|donnez)",
    r"(?:cancelen?|cambien?|eliminen?|envíen(?:me|nos)?|borren?|devuelvan(?:me|nos)?|actualicen?|anulen?|corrijan?|"
    r"manden(?:me|nos)?|agreguen|añadan|quiten(?:me|nos)?|activen|(?=\w+[áéíóú])\w+[ea]n(?:me|nos|lo|la|los|las)(?:lo|"
    r"la)?)",
    r"(?:annullate|cancellate|cambiate|modificate|inviate(?:mi|ci)?|rimborsate(?:mi|ci)?|eliminate|correggete|disdite|"
    r"mandate(?:mi|ci)|aggiungete|toglietemi|attivate|chiudete|\w{2,}[aei]te(?:mi|ci|lo|la|li|le|melo|mela))",
    r"(?:cancelem?|alterem?|excluam?|enviem?|apaguem?|mudem?|reembolsem?|corrijam?|atualizem?|"
    r"(?:me |nos )?mandem?|adicionem?|retirem?|ativem?|encerrem?|\w{2,}[ea]m-(?:me|nos|no|na|lhe)|devolvam?)",
    r"(?:annuleer|wijzig|verwijder|stuur|zeg|verander|stort|corrigeer|zet|haal|voeg|maak|geef|sluit|verhoog|regel|"
    r"herstel|repareer|betaal|vergoed|neem|laat|breng|vervang|"
    r"controleer|los)",
    r"(?:ändra|avsluta|ta bort|skicka|radera|säg upp|byt|avboka|återbetala|uppdatera|rätta|lägg|stäng|ge|fixa|laga|"
    r"betala|ersätt|se till|"
    r"ordna|åtgärda|återställ|sluta|kolla|plocka|flytta)",
    r"(?:anulujcie|zmieńcie|usuńcie|wyślijcie|zwróćcie|zamknijcie|poprawcie|dodajcie|wyłączcie|włączcie|\w{3,}(?:jcie|"
    r"ćcie|ślcie|źcie|wcie|ńcie|óżcie|rzcie))",
)
WISHES = LazyPattern(
    rf"{'|'.join((*_WISHES, *_COURTEOUS))}|^\W*(?:(?:and|also|then|und|außerdem|et|aussi|y|también|e|anche|inoltre|"
    rf"também|en|ook|och|oraz|"
    r"plus|poi|verder|dan|sen|dessutom|dodatkowo|poza tym|além disso|además|par ailleurs|zudem|dann)"
    rf"\W+)?(?:{'|'.join(_VERBS)})\b"
)
"""By which words a sentence that asks nothing wants something."""

MANNERS = LazyPattern(
    # What every mail ends with, or only goes with it: an answer, haste, thanks, regret, files, good wishes.
    r"\b(?:reply|respond|answer(?: me| us| soon| back)?|get (?:back )?(?:to|in touch)|"
    r"(?:call|contact|email|write)(?: to)? (?:me|us)|"
    r"hear(?:ing)? (?:from|back)|let (?:me|us) know|(?:find|see) (?:\w+ )?(?:attached|enclosed|below|above)|help|"
    r"advise|assist|thank|thanks|apologi[sz]e|excuse|accept (?:my|our)|patient|ignore (?:my|this)|say (?:that|how)|"
    r"mention|point out|tell you|compliment|praise|congratulate|urgently|asap|as soon as|"
    r"feel free|do not hesitate|appreciate)\b|"
    r"\b(?:antwort\w*|rückmeldung|rückruf|meld(?:en|e) (?:sie|dich)|helfen|hilfe|bedank\w*|danken?|entschuldig\w*|"
    r"im anhang|anbei|mitteilen|sagen, dass|loben|freuen|beachten|bestätigung)\b|"
    r"\b(?:répon(?:dre|se|dez)|recontacter|contacter|aider|aide|remerci\w+|agréer|excus\w+|trouver ci-joint|ci-joint|"
    r"recevoir mes|croire|féliciter|retour rapide|par avance|d['\u2019]avance)\b|"
    r"\b(?:respuesta|respond\w+|contest\w+|contactar\w*|ayuda\w*|agradec(?!er[íiée])\w+|gracias|disculp\w+|adjunt\w+|"
    r"felicitar\w*)\b|"
    r"\b(?:rispo\w+|ricontatt\w+|contattar\w+|aiut\w+|ringrazi\w+|grazie|scus\w+|allegat\w+|complimenti)\b|"
    r"\b(?:respo(?:nd|st)\w+|retorno|contact\w+|ajud\w+|agrade(?!c(?:er)?[ií]a|ço que)\w+|obrigad[oa]|desculp\w+|"
    r"anexo|parabenizar)\b|"
    r"\b(?:antwoord\w*|reactie|reageren|hoor|hore|horen|verneem|vernemen|help\w*|hulp|bedank\w*|dank\w*|excuses|"
    r"bijlage|"
    r"bijgaand|complimenten)\b|"
    r"\b(?:svar\w*|återkom\w*|hör av|höra av|hjälp\w*|tacka\w*|ursäkt\w*|bifog\w*|på förhand|berömma)\b|"
    r"\b(?:odpowied\w+|odpisa\w+|kontakt\w*|pomoc\w*|pomóc|podzięk\w+|dzięk\w+|przepr[oa]s\w+|załącz\w+|pochwalić|"
    r"życzyć)\b|"
    r"(?:\b(?:cevap|yan[\u0131i]t|geri dön|dönüş|yard[\u0131i]m|teşekkür|özür|ekte|iletişime geç)\w*)|"
    r"(?:よろしく|宜しく|ご返信|ご返事|お返事|ご連絡|ご回答|お待ち|助けて|手伝|お礼|お詫び|申し訳|添付|ご了承|ご査収|"
    r"ご確認|お手数|お許し)|"
    r"(?:回复|答复|联系我|帮忙|帮助|帮帮|感谢|谢谢|抱歉|原谅|见谅|附件|查收|查看附|尽快给我|稍等|一切)|"
    r"(?:الرد|ردكم|مساعد|شكر|أشكر|عذر|المرفق|التواصل)"
)
"""By which words a wish is one of manners: for an answer, for help, to thank, pardon, to say what is attached."""
_DOES = LazyPattern(
    r"\b(?:cancel|chang|refund|delet|remov|updat|exchang|replac|transfer|upgrad|downgrad|renew|reset|resend|unsubscri|"
    r"kündig|änder|lösch|stornier|erstatt|zurückzahl|überweis|sperr|umtausch|"
    r"annul|modifi|supprim|rembours|résili|désinscri|elimin|devol|reembols|borr|actualiz|anul|"
    r"modific|rimbors|disd|sostitu|alter|exclu|troc|wijzig|verwijder|opzeg|terugbetal|annuleer|"
    r"ändra|avslut|återbetal|radera|säg upp|zmian|zmien|usun|usuń|zwro|zwró|wymian|wymien|"
    r"iptal|değiş|iade et|sil(?:in|me))"
    r"|\b(?:cop(?:y|ies)|certificates?|duplicates?|kopien?|bescheinigung\w*|zweitschrift|duplikat\w*|copies?|"
    r"attestations?|"
    r"certificats?|duplicatas?|copias?|certificad[oa]s?|duplicad[oa]s?|justificantes?|copie|copia|certificat[oi]|"
    r"duplicat[oi]|"
    r"cópias?|certid\w+|declaraç\w+|segunda via|afschrift\w*|uittreksel\w*|kopia|intyg\w*|odpis\w*|zaświadczeni\w*|"
    r"kopię|"
    r"belge\w*|kopya\w*|suret\w*)\b"
    r"|証明書|写し|再発行|领?収書|证明|副本|复印件|发票|解約|キャンセル|変更|返金|削除|交換|退会|取消|退款|更改|更换|"
    r"删除|修改|注销|换货|إلغاء|تغيير|حذف|استرداد"
)
_CLOSING = LazyPattern(
    # Thanks, regret, good wishes and reports in the words of a wish, however long.
    r"\bpri(?:e|ons) d['\u2019](?:agréer|accepter|croire|recevoir)\b.*|\bveuillez (?:agréer|recevoir|croire|accepter|"
    r"trouver)\b.*|"
    r"\b(?:find|see) (?:\w+ )?(?:attached|enclosed|below|above)\b|"
    r"\b(?:like|love|want(?:ed)?|wish) to (?:\w+ )?(?:thank|apologi[sz]e|congratulate|express|say|let you know|"
    r"inform you)\b|"
    r"\bwünsch(?:e|en) (?:ich |wir )?(?:noch )?(?:ihnen|euch|dir|allen)\b.*|\b(?:les|os|te) dese(?:o|amos)\b.*|"
    r"\b(?:möchten?|wollten?|will) (?:\S+ ){0,20}?(?:bedanken|danken|entschuldigen|loben|mitteilen)\b|"
    r"\b(?:quisiera|quiero|queremos|quería|queríamos|deseo) (?:\w+ )?(?:agradecer|felicitar|dar|disculpar|comentar|"
    r"informar|expresar|comunicar)\w*|"
    r"\b(?:vorrei|vorremmo|volevo|desidero|voglio) (?:\w+ )?(?:ringrazia|scusa|comunica|informa|segnala|complimenta|"
    r"augura)\w*|"
    r"\b(?:gostaria|gostaríamos|queria|quero) (?:de )?(?:\w+ )?(?:agradec|parabeniz|desculp|inform|comunic|elogi)\w*|"
    r"\bdesejo (?:a todos|a todas|a você|lhes?|vos|um|uma|ótim|excelente|bo[am])\w*.*|"
    r"\b(?:wil|wilde|willen|zou|zouden) (?:\S+ ){0,6}?(?:bedanken|danken|laten weten|feliciteren|complimenteren|"
    r"melden)\b|"
    r"\b(?:vill|ville|skulle vilja) (?:\S+ ){0,5}?(?:tacka|berömma|meddela|be om ursäkt)\b|\bönskar (?:jag |vi )?"
    r"(?:er|dig|alla|hela)\b|\b(?:chcę|chcemy|chciał\w+|chcieli\w+|pragnę) (?:\w+ ){0,3}?(?:podziękowa|przeprosi|"
    r"pochwali|poinformowa|życzy)ć\b|\bteşekkür et(?:mek)? ist\w+|"
    r"给[您你]们?添[^\uff0c。]*|麻烦[您你]们?了|祝[^。]*|お(?:迎え|過ごし)ください"
)
_OFFERS = LazyPattern(
    r"\bif (?:you (?:need|require|have|want)|anything|there(?:['\u2019]s| is) anything|something)\b|"
    r"\b(?:falls|wenn|sollten) (?:sie |ihr )?(?:noch |weitere |etwas |irgend)|\bsi (?:vous avez|besoin|nécessaire|"
    r"quelque chose)\b|"
    r"\bsi (?:necesitan?|hace falta|hiciera falta|requieren)\b|\bse (?:avete bisogno|(?:vi )?serve|occorre|manca)\b|"
    r"\b(?:se|caso) (?:precisar\w*|precisem|faltar\w*|falte|for (?:preciso|necessário)|necessit\w+)\b|\b(?:als|"
    r"mocht) (?:u|jullie|"
    r"er) (?:nog|iets|meer)\b|"
    r"\bom (?:ni behöver|du behöver|något|det är något)\b|\b(?:gdyby|jeśli|jeżeli) (?:coś|będ\w+|potrze\w+|czegoś)\b|"
    r"\b(?:gerekirse|ihtiyac[\u0131i]n[\u0131i]z|ihtiyaç ol\w+)|必要(?:で|が)(?:あれば|ございましたら)|如(?:有|需|"
    r"果?还需)"
)
_SHORT, _SHORT_SIGNS = 12, 30
_SIGNS = re.compile("[\u3040-\u30ff\u3400-\u9fff]")


def is_polite(sentence: str) -> bool:
    """Tell whether a sentence is one of manners."""
    return MANNERS.search(sentence) is not None


def offers(sentence: str) -> bool:
    """Tell whether a sentence only offers more where it is needed: "Let me know if you need anything else." """
    return _OFFERS.search(sentence) is not None


def requests(sentence: str) -> bool:
    """Tell whether a sentence wants something done, and not only an answer, help or pardon as most mails do."""
    if (offers(sentence) and not _DOES.search(sentence)) or sentence.rstrip().endswith((":", "\uff1a")):
        return False
    if WISHES.search(_CLOSING.sub(" ", sentence)) is None:
        return False
    is_short = len(_SIGNS.findall(sentence)) <= _SHORT_SIGNS and len(sentence.split()) <= _SHORT
    return not (is_short and MANNERS.search(sentence) and not _DOES.search(sentence))
