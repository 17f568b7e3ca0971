"""By which words a sentence of a mail wants something done, in twelve languages and Arabic."""

from __future__ import annotations

import re

_WISHES = (
    # English
    r"\b(?:i|we)(?:'d| would)(?: \w+)? (?:like|love|prefer|appreciate)\b|"
    r"\b(?:i|we)(?: \w+)? (?:want|need|require|wish)\b|"
    r"\bplease\b|\b(?:i|we)(?:'m| am|'re| are) (?:asking|requesting|looking) (?:for|you|to)\b|"
    r"\b(?:i|we) (?:hereby )?(?:request|demand|insist|ask you|cancel|terminate|withdraw)\b|\bkindly \w+|"
    r"\b(?:was|were|am|are) hoping\b|\bwould be (?:great|nice|good|helpful|grateful)\b|\b(?:you (?:need|have) to|"
    r"you should)\b",
    # German
    r"\b(?:ich|wir) (?:\w+ ){0,3}?(?:möchten?|will|wollen|brauchen?|benötigen?|wünschen?|bitten?)\b|"
    r"\b(?:möchten?|will|wollen|brauchen?|benötigen?|wünschen?|bitten?) (?:ich|wir)\b|"
    r"\b(?:hätten?|würden?) (?:ich |wir )?(?:\w+ ){0,3}?gerne?\b|\bbitte\b|"
    r"\bwär(?:e|en) (?:es )?(?:schön|nett|toll)\b|"
    r"\b(?:ich|wir) (?:\w+ )?(?:verlangen?|fordern?|erwarten?|kündigen?|widerrufen?|storniere|beantragen?|"
    r"bestellen?)\b|"
    r"\b(?:verlange|fordere|kündige|widerrufe|storniere|beantrage|bestelle|ersuche) ich\b|\bkönnt (?:ihr|du)\b|"
    r"\bhiermit\b|\bbräuchten?\b",
    # French
    r"\b(?:je|nous) (?:\w+ )?(?:voudr(?:ais|ions)|souhait(?:e|ons|erais|erions)|désir(?:e|ons|erais)|veux|voulons|"
    r"demand(?:e|ons)|aimer(?:ais|ions))\b|\bj['\u2019]aimerais\b|\bbesoin d|\bveuillez\b|\bmerci (?:de|d['\u2019])|"
    r"\bprière de\b|\b(?:je|nous) (?:vous|te) (?:prie|prions)\b|\bs['\u2019]il (?:vous|te) pla[iî]t\b|\bsvp\b|"
    r"\bj['\u2019](?:exige|attends|annule)\b|"
    r"\b(?:je|nous) (?:tiens|tenons) à\b|\bil (?:me|nous) (?:faut|faudrait)\b|\bje (?:résilie|réclame)\b",
    # Spanish
    r"\b(?:quiero|queremos|quisiera|quisiéramos|querría|necesito|necesitamos|deseo|deseamos|desearía|solicito|"
    r"solicitamos|pido|pedimos)\b|\b(?:me|nos) gustaría\b|\bpor favor\b|\b(?:les?|os|te) (?:ruego|rogamos|pido|pedimos|"
    r"agradecería|solicito)\b|\brogamos\b|"
    r"\b(?:exijo|exigimos|reclamo|reclamamos)\b|\b(?:me|nos) (?:hacen?|haría) falta\b|\bden de baja\b|"
    r"\bprefer(?:iría|iríamos|imos)\b",
    # Italian
    r"\b(?:vorrei|vorremmo|desidero|desideriamo|voglio|vogliamo|chiedo|chiediamo|richiedo)\b|"
    r"\b(?:ho|abbiamo) bisogno d|"
    r"\b(?:mi|ci) (?:serve|servono|servirebbe|piacerebbe|occorre)\b|\bper (?:favore|piacere|cortesia)\b|"
    r"\b(?:vi|la|ti) (?:prego|preghiamo|chiedo)\b|\bcortesemente\b|"
    r"\b(?:pretendo|pretendiamo|esigo|disdico|preferi(?:sco|amo|rei|remmo)|richiediamo|reclamo)\b",
    # Portuguese
    r"\b(?:quero|queremos|queria|queríamos|gostaria|gostaríamos|preciso|precisamos|desejo|desejamos|solicito|peço|"
    r"pedimos|necessito)\b|\bpor favor\b|\bfavor \w+r\b|\bagradeço que\b|"
    r"\b(?:exijo|exigimos|reclamo|requeiro|solicitamos|prefer(?:iria|iríamos|imos))\b",
    # Dutch
    r"\b(?:ik|we|wij) (?:\w+ ){0,2}?(?:wil|willen|wens|verzoek|vraag u)\b|"
    r"\b(?:wil|willen|wens|zou|zouden) (?:ik|we|wij)\b|"
    r"\b(?:ik|we|wij) (?:zou|zouden)\b[^.]*\bgraag\b|\bgraag (?!gedaan)|\b(?:nodig|behoefte aan)\b|\balstublieft\b|"
    r"\balsjeblieft\b|\ba\.?u\.?b\b|\bgelieve\b|\bverzoeke?\b|"
    r"\b(?:ik|we|wij) (?:eis|eisen|annuleer|verlang)\b|\bhierbij\b|\bliever\b",
    # Swedish
    r"\b(?:jag|vi) (?:\w+ )?(?:vill|önskar|behöver|ber)\b|\b(?:vill|önskar|behöver) (?:jag|vi)\b|"
    r"\b(?:jag|vi) skulle (?:\w+ )?(?:vilja|behöva|önska)\b|\bskulle (?:jag|vi) (?:\w+ )?(?:vilja|behöva)\b|"
    r"\bvar (?:så )?(?:vänlig|god|snäll)\b|\bvänligen\b|\bsnälla\b|,\s*tack\b|"
    r"\b(?:jag|vi) (?:kräver|begär|säger upp|avslutar)\b|\b(?:kräver|begär) jag\b|\bhärmed\b",
    # Polish
    r"\b(?:chcę|chcemy|chciał(?:a)?bym|chcieli(?:by|)śmy|chciałybyśmy|potrzebuję|potrzebujemy|pragnę|życzę sobie|"
    r"wnoszę o|żądam|żądamy|wypowiadam|rezygnuję|składam|wolał(?:a)?bym|wolelibyśmy)\b|"
    r"\b(?:prosz[eę]|prosimy|poproszę|prosiłbym|prosiłabym)\b",
    # Turkish
    r"\b(?:isti|istiyor)(?:um|uz|yorum|yoruz)\b|\bister(?:im|iz|dim|dik)\b|\blütfen\b|\brica ed|\bihtiyac[\u0131i]m|"
    r"\btalep ed|\bgerek(?:iyor|li)\b|\blaz[\u0131i]m\b|"
    r"(?:iptal ed|gönder|sil|değiştir|ç\u0131kar|düzelt|kapat)(?:in|\u0131n|un|ün|iniz|\u0131n\u0131z|er misiniz)\b",
    # Japanese
    r"(?:てください|て下さい|お願い(?:し|いたし|致し|でき)|たいです|たい(?:と(?:思|考)|の(?:です|で)|んです)|てほしい|て欲しい|いただけ(?:る|れば|ますと|ないで)|"
    r"いただきたい|が必要です|が必要なの|希望(?:し|いた|致)|"
    r"求めます|(?:解約|退会|キャンセル|返品)(?:を)?(?:し|いたし|致し)ます|ご(?:対応|手配|変更|送付)(?:を)?(?:願|お))",
    # Chinese
    r"(?:(?<![申邀])请(?!问|假|教|求书)|麻烦|劳驾|我们?(?:也|还|都)?(?:想(?!知道|问)|要(?!是)|需要|希望|打算)|(?:帮|替|给)我们?|烦请|(?<!希)望(?:您|贵)|我们?要求|^(?:把|将))",
    # Arabic
    r"(?:يرجى|الرجاء|من فضلك|رجاء|أرجو|نرجو|أريد|نريد|أود|نود|أحتاج|نحتاج|أطلب|نطلب)",
)
_VERBS = (
    r"cancel|change|update|delete|remove|refund|send|resend|close|stop|return|exchange|replace|transfer|add|switch|move|"
    r"upgrade|downgrade|activate|deactivate|unsubscribe|fix|forward|book|extend|renew|reset|unlock|correct|invoice|ship|take|put|make|give|increase|reduce|merge|enable|disable|turn|"
    r"block|unblock|restore|issue|credit|reimburse|repair",
    # German: of "Sie", and of "du" and "ihr".
    r"(?:löschen|kündigen|ändern|senden|schicken|stornieren|erstatten|tauschen|korrigieren|überweisen|entfernen|schließen|"
    r"sperren|aktualisieren|stellen|buchen|verlängern|setzen|nehmen|geben|tragen|legen|machen|richten) sie|"
    r"(?:lösche|kündige|ändere?|sende|schicke?|storniere)t?"
    r" (?:mir|uns|mein|unser|die|das|den)\w*",
    r"(?:annulez|modifiez|supprimez|envoyez|remboursez|changez|résiliez|désactivez|corrigez|retirez|ajoutez|remplacez|faites|créez|activez|mettez|donnez)",
    r"(?:cancelen?|cambien?|eliminen?|envíen(?:me|nos)?|borren?|devuelvan(?:me|nos)?|actualicen?|anulen?|corrijan?|manden(?:me|nos)?|agreguen|añadan|quiten(?:me|nos)?|activen)",
    r"(?:annullate|cancellate|cambiate|modificate|inviate(?:mi|ci)?|rimborsate(?:mi|ci)?|eliminate|correggete|disdite|"
    r"mandate(?:mi|ci)|aggiungete|toglietemi|attivate|chiudete)",
    r"(?:cancelem?|alterem?|excluam?|enviem?|apaguem?|mudem?|reembolsem?|corrijam?|atualizem?|"
    r"(?:me |nos )?mandem?|adicionem?|retirem?|ativem?|encerrem?)",
    r"(?:annuleer|wijzig|verwijder|stuur|zeg|verander|stort|corrigeer|zet|haal|voeg|maak|geef|sluit|verhoog)",
    r"(?:ändra|avsluta|ta bort|skicka|radera|säg upp|byt|avboka|återbetala|uppdatera|rätta|lägg|stäng|ge)",
    r"(?:anulujcie|zmieńcie|usuńcie|wyślijcie|zwróćcie|zamknijcie|poprawcie|dodajcie|wyłączcie|włączcie)",
)
WISHES = re.compile(
    rf"{'|'.join(_WISHES)}|^\W*(?:(?:and|also|then|und|außerdem|et|aussi|y|también|e|anche|inoltre|também|en|ook|och|oraz)"
    rf"\W+)?(?:{'|'.join(_VERBS)})\b",
    re.IGNORECASE,
)
"""By which words a sentence that asks nothing wants something."""

MANNERS = re.compile(
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
    r"\b(?:respuesta|respond\w+|contest\w+|contactar\w*|ayuda\w*|agradec\w+|gracias|disculp\w+|adjunt\w+|felicitar\w*)\b|"
    r"\b(?:rispo\w+|ricontatt\w+|contattar\w+|aiut\w+|ringrazi\w+|grazie|scus\w+|allegat\w+|complimenti)\b|"
    r"\b(?:respo(?:nd|st)\w+|retorno|contact\w+|ajud\w+|agradec\w+|obrigad[oa]|desculp\w+|anexo|parabenizar)\b|"
    r"\b(?:antwoord\w*|reactie|reageren|hoor|hore|horen|verneem|vernemen|help\w*|hulp|bedank\w*|dank\w*|excuses|bijlage|"
    r"bijgaand|complimenten)\b|"
    r"\b(?:svar\w*|återkom\w*|hör av|höra av|hjälp\w*|tacka\w*|ursäkt\w*|bifog\w*|på förhand|berömma)\b|"
    r"\b(?:odpowied\w+|odpisa\w+|kontakt\w*|pomoc\w*|pomóc|podzięk\w+|dzięk\w+|przepr[oa]s\w+|załącz\w+|pochwalić|"
    r"życzyć)\b|"
    r"(?:\b(?:cevap|yan[\u0131i]t|geri dön|dönüş|yard[\u0131i]m|teşekkür|özür|ekte|iletişime geç)\w*)|"
    r"(?:よろしく|宜しく|ご返信|ご返事|お返事|ご連絡|ご回答|お待ち|助けて|手伝|お礼|お詫び|申し訳|添付|ご了承|ご査収|ご確認|お手数|お許し)|"
    r"(?:回复|答复|联系我|帮忙|帮助|帮帮|感谢|谢谢|抱歉|原谅|见谅|附件|查收|查看附|尽快给我|稍等|一切)|"
    r"(?:الرد|ردكم|مساعد|شكر|أشكر|عذر|المرفق|التواصل)",
    re.IGNORECASE,
)
"""By which words a wish is one of manners: for an answer, for help, to thank, pardon, to say what is attached."""
_DOES = re.compile(
    r"\b(?:cancel|chang|refund|delet|remov|updat|exchang|replac|transfer|upgrad|downgrad|renew|reset|resend|unsubscri|"
    r"kündig|änder|lösch|stornier|erstatt|zurückzahl|überweis|sperr|umtausch|"
    r"annul|modifi|supprim|rembours|résili|désinscri|elimin|devol|reembols|borr|actualiz|anul|"
    r"modific|rimbors|disd|sostitu|alter|exclu|troc|wijzig|verwijder|opzeg|terugbetal|annuleer|"
    r"ändra|avslut|återbetal|radera|säg upp|zmian|zmien|usun|usuń|zwro|zwró|wymian|wymien|"
    r"iptal|değiş|iade et|sil(?:in|me))"
    r"|解約|キャンセル|変更|返金|削除|交換|退会|取消|退款|更改|更换|删除|修改|注销|换货|إلغاء|تغيير|حذف|استرداد",
    re.IGNORECASE,
)
_SHORT, _SHORT_SIGNS = 12, 30
_SIGNS = re.compile("[\u3040-\u30ff\u3400-\u9fff]")


def is_polite(sentence: str) -> bool:
    """Tell whether a sentence is one of manners."""
    return MANNERS.search(sentence) is not None


def requests(sentence: str) -> bool:
    """Tell whether a sentence wants something done, and not only an answer, help or pardon as most mails do."""
    if WISHES.search(sentence) is None or sentence.rstrip().endswith((":", "\uff1a")):
        return False
    is_short = len(_SIGNS.findall(sentence)) <= _SHORT_SIGNS and len(sentence.split()) <= _SHORT
    return not (is_short and MANNERS.search(sentence) and not _DOES.search(sentence))
