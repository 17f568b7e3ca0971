"""By which words a sentence says that something is not as it should be, in twelve languages."""

from __future__ import annotations

from firstline.domain.mail.lazy_pattern import LazyPattern

_SIGNS = (
    # English
    r"\b(?:do|does|did|has|have|had|is|are|was|were|will|would|can|could|wo|ca)n['\u2019]?t\b|\bcannot\b|\bnot\b|"
    r"\bno longer\b|\bnever\b|\bnothing\b|\bnobody\b|\bno one\b|\bno \w+ (?:has|have|is|was|arrived|came|at all)\b|"
    r"\bonly (?:one|two|half|\d+)\b|\bstill (?:\w+ing|says?|shows?|no|at|on|the old|my old)\b|\bkeeps? \w+ing\b|"
    r"\bunable\b|\bfail\w*|\brefus\w+|\binstead of\b|\bwithout (?:asking|notice|warning|my|our)\b|"
    r"\b(?:un)?fortunately\b|"
    r"\bsadly\b|\b(?:broke|broken|damaged?|faulty|defective|torn|ripped|crack\w*|scratch\w*|dent(?:ed|s)?|smashed|"
    r"chipped|"
    r"leak\w*|crash\w*|freez\w+|frozen|froze|stuck|errors?|bugs?|glitch\w*|wrong(?:ly)?|incorrect\w*|mistakes?|missing|"
    r"lost|disappear\w*|vanish\w*|empty|blank|dead|late|delay\w*|overcharg\w*|twice|double|duplicat\w*|expired|locked|"
    r"blocked|blurr\w+|nois[ey]\w*|mou?ld\w*|dirty|stained|smell\w*|outages?|unreadable|misspel\w+|out of order|"
    r"a fine|"
    r"in pieces|"
    r"problems?|issues?|trouble|reminders?|penalt\w+|fined|rejected|declined|slow(?:ly)?|rattl\w+|drip\w*|flicker\w*|"
    r"rude|cold|overdue|unauthori[sz]ed|shut)\b|"
    r"\b(?:is|are|was|were|goes|went|been|keeps going) (?:\w+ )?(?:down|off)\b|\b(?:cuts?|cutting|drops?|"
    r"dropping) (?:out|off)\b|"
    r"\bstopped\b|\btoo (?:small|big|large|high|low|much|many|short|long|tight)\b|\bin pieces\b|\beven though\b|"
    r"\balthough\b",
    # German
    r"\b(?:nicht|nichts|niemand|nie|niemals|kein(?:e[nrms]?)?|leider|noch immer|immer noch|bis heute|statt(?:dessen)?|"
    r"obwohl|trotz\w*|versehentlich|irrtümlich|zu unrecht|unberechtigt\w*|falsch\w*|defekt\w*|kaputt\w*|beschädigt\w*|"
    r"fehl(?:t|en|te|ten|er\w*|end\w*|geschlagen)|riss\w*|gerissen\w*|kratzer\w*|zerkratzt\w*|zerbrochen\w*|"
    r"gebrochen\w*|"
    r"abgebrochen\w*|undicht\w*|leckt?|tropft|stürzt\w*|abgestürzt|hängt|eingefroren|friert|gesperrt\w*|blockiert\w*|"
    r"doppelt\w*|zweimal|zu (?:viel|hoch|hohe\w*|spät|klein|groß|wenig|langsam)|verspät\w*|ausgefallen|ausfall|"
    r"ausfälle|"
    r"bricht|langsam\w*|leer\w*|verschwunden\w*|verschwindet|verloren\w*|abgelaufen\w*|ungültig\w*|veraltet\w*|"
    r"abgelehnt|"
    r"verweigert|storniert|stör\w*|problem\w*|schimm\w*|stinkt|quietsch\w*|flacker\w*|wackel\w*|klemmt|verschmutzt\w*|"
    r"schief|unleserlich\w*|mahn\w+|säumnis\w*|kalt|(?:ist|sind) (?:tot|weg)|lahm\w*|rauscht)\b|\b(?:fällt|fallen|"
    r"läuft|laufen|geht|schaltet)\b[^.]{0,120}\baus\b",
    # French
    r"\b(?:pas|rien|jamais|aucune?|personne n\w*|impossible|malheureusement|hélas)\b|\b(?:ne |"
    r"n['\u2019])[^.]{1,40}\b(?:plus|personne)\b|"
    r"\b(?:cassé\w*|bris\w+|abîm\w+|endommag\w+|défectueu\w+|déchir\w+|fissur\w+|fêlé\w*|rayé\w*|rayures?|pannes?|"
    r"hors service|erron\w+|erreurs?|faux|fausse\w*|mauvaise?s?|incorrect\w*|manqu(?:e|ent|ait|ant\w*)|perdu\w*|"
    r"disparu\w*|vides?|bloqu\w+|plant(?:e|é\w*|ent)|coup(?:e|é|ée|és|ées|ures?)|fui(?:t|tes?)|froide?s?|retards?|"
    r"en double|deux fois|lente?s?|expiré\w*|refus\w+|rejet\w+|problèmes?|soucis?|dysfonctionn\w+|bugs?|bugu\w+|"
    r"moisi\w*|tach(?!t)\w+|trop|au lieu d\w*|sans (?:mon|notre|me|nous|raison|préavis)|à tort|malgré|relances?|"
    r"pénalités?|alors qu\w*)\b|"
    r"\bs['\u2019](?:éteint|arrête|interrompt)\w*|\bse (?:ferme|déconnecte|bloque|coupe)\w*|\btoujours (?:en|à|l)\b",
    # Spanish
    r"\b(?:no|nunca|jamás|ningun[oa]|ningún|nada|nadie|tampoco|rot[oa]s?|dañad\w+|defectuos\w+|defectos?|estropead\w+|"
    r"averiad\w+|averías?|rasgad\w+|agrietad\w+|rayad\w+|abollad\w+|gotea\w*|fugas?|fall(?:a|an|o|os|ó|ado)|errore?s?|"
    r"erróne\w+|equivocad\w+|incorrect\w+|(?:está|están|figura|va|funciona|sale|viene|salió) mal|falta|faltan|"
    r"faltaba\w*|perdid\w+|extraviad\w+|desaparec\w+|vací[oa]s?|"
    r"bloquead\w+|retras\w+|demora\w*|duplicad\w+|dos veces|doble|lent[oa]s?|caducad\w+|vencid\w+|rechaz\w+|problemas?|"
    r"ruidos?|suci[oa]s?|en (?:lugar|vez) de|sin (?:señal|luz|agua|servicio|conexión|motivo|avis\w+|mi|previo)|"
    r"sigue\w*|todavía|aún|a pesar|aunque|por desgracia|lamentablemente|desgraciadamente|de más|demasiado|recargos?|"
    r"multas?|penaliza\w+)\b|"
    r"\bse (?:cuelga|cierra|corta|apaga|congela|bloquea|cae|desconecta|rompió|ha roto)\w*|\b(?:cortes|caíd[oa])\b",
    # Italian
    r"\b(?:non|nessun[oa]?|niente|nulla|nemmeno|neanche|neppure|purtroppo|rott[oaie]|dannegg\w+|difett\w+|guast\w+|"
    r"graffi\w*|strappat\w+|crepat\w+|ammaccat\w+|perde|sbagliat\w+|errat[oaie]|error[ei]|manca|mancano|mancava\w*|"
    r"scompars\w+|sparit\w+|smarrit\w+|vuot[oaie]|bloccat\w+|inceppa\w*|cade|interruzion\w+|ritard\w+|due volte|"
    r"doppi\w+|"
    r"lent[oaie]|scadut\w+|rifiutat\w+|respint\w+|problem[ai]|rumor[ei]|rumoros\w+|sporc\w+|fredd[oaie]|macchiat\w+|"
    r"fuori servizio|invece (?:di|che|del\w*)|al posto d\w+|ancora (?:al|alla|in|il|la|a)|malgrado|nonostante|troppo|"
    r"solleciti?o?|penal[ei]|mora|"
    r"senza (?:preavviso|motivo|il mio|avvis\w+|linea|acqua|luce))\b|"
    r"\bsi (?:blocca|chiude|spegne|interrompe|disconnette|è rott[oa])\w*",
    # Portuguese
    r"\b(?:não|nunca|nenhum\w*|nada|ninguém|infelizmente|quebr\w+|partid[oa]s?|danificad\w+|avari\w+|defeit\w+|"
    r"estragad\w+|rasgad\w+|rachad\w+|amolgad\w+|riscad\w+|amassad\w+|vaza\w*|vazamento|fuga|errad[oa]s?|erros?|"
    r"incorret\w+|falta|faltam|faltava\w*|faltou|perdid\w+|extraviad\w+|sumiu|sumiram|desaparec\w+|vazi[oa]s?|"
    r"bloque\w+|"
    r"trav(?:a|ou|ando|ado|ada)|cai|caiu|caindo|quedas?|falh(?:a|as|ou|ando)|atras\w+|duas vezes|em dobro|duplicad\w+|"
    r"lent[oa]s?|vencid\w+|expir\w+|recus\w+|rejeitad\w+|problemas?|ruídos?|barulho\w*|suj[oa]s?|manchad\w+|"
    r"em vez d\w+|"
    r"no lugar d\w+|continua (?:a|sem|com|em)|ainda (?:não|aparece|consta|está|sem|diz|mostra|tem)|apesar|embora|"
    r"a mais|demais|demasiado|sozinh[oa]|indevid\w+|multas?|juros|"
    r"sem (?:aviso|sinal|luz|água|serviço|motivo|autoriz\w+|o meu|a minha))\b",
    # Dutch
    r"\b(?:niet|geen|nooit|niets|niemand|helaas|kapot\w*|defect\w*|stuk|beschadigd\w*|gescheurd\w*|scheur\w*|kras\w*|"
    r"gebroken|gebarsten|barst\w*|deuk\w*|lek(?:t|ken|kage)?|fout\w*|verkeerd\w*|onjuist\w*|ontbre\w+|mist|missen|"
    r"kwijt\w*|verdwenen|verdwijnt|leeg|lege|vastgelopen|loopt vast|geblokkeerd\w*|crasht?\w*|hapert|uitgevallen|"
    r"storing\w*|vertrag\w+|te (?:laat|veel|hoog|hoge|klein|groot|weinig)|dubbel\w*|twee keer|tweemaal|traag|langzaam|"
    r"verlopen|geweigerd\w*|afgewezen|proble\w+|lawaai|vies|vieze|nat|koud|in plaats van|een andere|nog steeds|"
    r"nog altijd|hoewel|ondanks|terwijl|(?:ten )?onrechte|onterecht\w*|aanmaning\w*|boete\w*)\b|"
    r"\bvalt\b[^.]{0,120}\b(?:uit|weg)\b",
    # Swedish
    r"\b(?:inte|ej|ing(?:en|et|a|enting)|aldrig|heller|tyvärr|trasig\w*|sönder|skadad\w*|skadat|defekt\w*|sprick\w*|"
    r"sprucken|spräckt|repig\w*|repor|riven|läck\w*|fel|felaktig\w*|felet|felmeddelande\w*|saknas\w*|saknar|borta|"
    r"försv\w+|är tom|tomt|tomma|låst|spärrad\w*|blockerad\w*|krasch\w*|hänger sig|fryser|frusit|fastna\w*|går ner|"
    r"ligger nere|avbrott\w*|bryts|försen\w*|för sent|dubbel\w*|två gånger|för (?:mycket|hög\w*|stor\w*|liten)|"
    r"långsam\w*|"
    r"utgången|nekad\w*|nekas|avvisad\w*|problem\w*|buller\w*|smutsig\w*|kallt?|kalla|istället|i stället|fortfarande|"
    r"trots|fastän|utan att|skriker|tappar|slutat|påminnelse\w*|straffavgift\w*)\b",
    # Polish
    r"\b(?:nie|nigdy|nic|nikt|żad\w+|brak\w*|niestety|zepsu\w+|popsu\w+|psuje|uszkodz\w+|pęk(?:ł\w*|ni\w+)|stłucz\w+|"
    r"rozbit\w+|połaman\w+|złaman\w+|podart\w+|porysowan\w+|wadliw\w+|przeciek\w*|ciekn\w+|cieknie|błąd\w*|błęd\w+|"
    r"zł[aey]|źle|niepraw\w+|niewłaściw\w+|pomył\w+|zgub\w+|zagin\w+|znik\w+|pust\w+|zablokowan\w+|zawiesz\w+|zacin\w+|"
    r"wyłącza\w*|rozłącza\w*|przerywa\w*|awari\w+|opóźni\w+|spóźni\w+|podwójn\w+|dwa razy|dwukrotnie|woln[oy]|wygas\w+|"
    r"odrzuc\w+|odmów\w+|problem\w*|hałas\w*|brudn\w+|zimn\w+|zamiast|nadal|wciąż|mimo|chociaż|choć|bezpodstawn\w+|"
    r"zrezygnował\w+|monit\w*|wezwani\w+|kar[aęy]|za (?:dużo|wysok\w+|mał\w+|późno|duż\w+))\b",
    # Turkish
    r"\w(?:m[\u0131iuü]yor|m[ae]m[\u0131i]ş|m[ae]mekte)\w*|\w{2}m[ae]d[\u0131i](?:m|k|n|l[ae]r|n[\u0131i]z)?\b|"
    r"(?-i:\b[a-zçğ\u0131öşü]\w+m[ae]z(?:l[ae]r|d[\u0131i])?\b)|\b(?:yok|değil|hiç|hâlâ|hala|maalesef|"
    r"ne yaz[\u0131i]k|boz[ua][kl]\w*|bozul\w*|k[\u0131i]r[\u0131i][kl]\w*|hasar\w*|ar[\u0131i]za\w*|y[\u0131i]rt\w*|"
    r"çatla\w*|çizi[kl]\w*|s[\u0131i]z[\u0131id]\w*|ak[\u0131i]t\w*|hata\w*|yanl[\u0131i]ş\w*|eksi[kğ]\w*|"
    r"kay[\u0131i]p|"
    r"kaybol\w*|boş|kilit\w*|dond\w*|donuyor|tak[\u0131i]l\w*|kapan\w*|kop(?:uyor|tu|uk)\w*|kesil\w*|kesinti\w*|"
    r"gecik\w*|geç (?:geldi|kald\w+)|iki (?:kez|defa|kere)|çift|fazla\w*|yavaş\w*|reddedil\w*|sorun(?:lu|u|lar)?|"
    r"problem\w*|gürültü\w*|ceza\w*|kirli|soğuk|yerine|rağmen|halde|süresi dol\w*)\b",
    # Japanese
    "ません(?!か)|ない(?:です|の|ん|ま|状態)|なくな|なかった|まま|壊れ|破損|破れ|割れ|傷|ひび|故障|不良|不具合|漏れ|"
    "エラー|間違|誤(?:っ|り|配|表)|"
    "違う|違い(?:ま|が)|違って|異な|足り|不足|欠け|紛失|消え|空(?:の|に|っぽ)|止ま|固ま|フリーズ|落ち(?:る|て|ます)|"
    "切れ|途切れ|遅(?:れ|い|く|延)|"
    "二重|重複|[二2]回|余分|高すぎ|勝手に|使って(?:い|)ない|つながら|繋がら|届かな|できな|出来な|異音|音がし|汚れ|"
    "冷え|期限切れ|拒否|督促|延滞|未(?:着|返金|反映)|"
    "残念ながら|のに[、]|古い|以前の|前の住所",
    # Chinese
    "不(?:能|了|到|上|出|开|动|见|对|符|行|通|亮|显示|工作|制|稳|准|一致|给)|[打连登加用进收看充读找]不|没(?:有|到|收|"
    "反|给|法|人|退|寄|用|开)|"
    "未(?!来)|无法|无(?:权|人|效|反应|响应|故)|坏|破|裂|碎|断|漏|错|误|少(?:了|发|一|寄)|缺|丢|失(?:败|效|灵|踪)|空白|"
    "卡(?:住|死|顿)|死机|闪退|"
    "崩溃|掉线|黑屏|停(?:了|电|水|机)|延(?:误|迟)|迟(?:迟|到)|晚(?:了|点)|重复|两次|多(?:扣|收|算|出)|太(?:慢|高|小|"
    "大|贵|吵)|很慢|过期|拒绝|故障|异常|"
    "噪音|脏|不热|冻结|锁(?:定|住|了)|居然|竟然|却|仍|一直(?:没|不|提|显)|被(?:扣|收|取消|锁|划)|从未|并未|滞纳金|"
    "催(?:款|缴)|不翼",
)
_MORE_SIGNS = (
    # What things do or are like that are not in order, in each language
    r"\b(?:incomplete|unusable|unreachable|unavailable|unreliable|inaccurate|unjustified|outdated|invalid|unanswered|"
    r"unresolved|"
    r"illegible|only|hum(?:s|ming)|buzz\w*|overheat\w*|fell (?:off|apart)|falls? (?:off|apart)|came (?:off|loose|"
    r"open)|bent|loose|"
    r"wobbl\w+|squeak\w*|shrunk|faded|spilled|soaked|wet|rust\w*|bounced|tim(?:es|ed) out|disconnect\w*|lag(?:s|ging)|"
    r"jam(?:s|med)|"
    r"fault\w*|burst|spoiled|rotten|stale|ignored|hung up|raised|doubled|(?:higher|more|less|fewer) than|"
    r"unexpected\w*|unwanted|"
    r"different (?:from|colou?r|size|model)|old (?:address|name|number|price|tariff|plan|rate|email|card))\b",
    r"\b(?:un(?:vollständig|brauchbar|möglich|erreichbar|bekannt|gerechtfertigt|scharf|sauber|pünktlich|freundlich|"
    r"zuverlässig)\w*|"
    r"brummt|surrt|piept|überhitzt|heiß|lose|locker|verbogen|rostig|verrostet|eingelaufen|verblasst|geplatzt|"
    r"durchnässt|verdorben|"
    r"ignoriert|aufgelegt|(?:höher|mehr|weniger) als|andere[nrsm]? (?:farbe|größe|modell)|abweich\w*|nur|trennt|"
    r"stockt|ruckelt|hakt|"
    r"spinnt|streikt|verstopft|abgesagt|gestrichen|entfall\w*|ausgeblieben|vertauscht|verwechselt|ungefragt|"
    r"ohne (?:mein\w*|unser\w*|vorwarnung|ankündigung|grund|absprache)|alte[rnsm]? (?:adresse|anschrift|name\w*|"
    r"nummer|tarif|preis))\b",
    r"\b(?:incompl\w+|illisibles?|inutilisables?|indisponibles?|injoignables?|introuvables?|injustifié\w*|invalides?|"
    r"inexact\w*|"
    r"périmé\w*|surchauff\w+|grésill\w+|rouill\w+|décoll\w+|tordu\w*|trempé\w*|pourri\w*|ignoré\w*|raccroché|"
    r"annulé\w*|supprimé\w*|"
    r"plus (?:élevé\w*|chère?)|différente?s?|déconnect\w+|clignote\w*|inond\w+|bouché\w*|seulement|ouverte?s?|"
    r"ancien(?:ne)? (?:adresse|nom|numéro|tarif|forfait))\b",
    r"\b(?:incomplet\w+|inutilizable|ilegible|injustificad\w+|inválid\w+|obsolet\w+|indebid\w+|recalienta|oxidad\w+|"
    r"suelt[oa]s?|"
    r"doblad\w+|mojad\w+|podrid\w+|cancelad\w+|cancelaron|anulad\w+|más (?:alt|car)[oa]|distint[oa]s?|diferente|"
    r"desconect\w+|"
    r"parpadea|atasc\w+|s[oó]lo|manchad\w+|abiert[oa]s?|(?:antigu|viej)[oa] (?:dirección|nombre|número|tarifa|"
    r"domicilio))\b",
    r"\b(?:inutilizzabil\w+|illeggibil\w+|indisponibil\w+|irraggiungibil\w+|ingiustificat\w+|invalid\w+|indebit\w+|"
    r"inesatt\w+|"
    r"surriscald\w+|arrugginit\w+|stort[oaie]|bagnat[oaie]|annullat\w+|cancellat\w+|soppress\w+|più (?:alt|car)[oa]|"
    r"divers[oaie] da\w*|disconnett\w+|lampeggia|intasat\w+|solo|soltanto|apert[oaie]|scollat\w+|staccat\w+|"
    r"vecchi[oa] (?:indirizzo|nome|numero|tariffa|contratto))\b",
    r"\b(?:inutiliz\w+|ilegível|indisponível|inacessível|injustificad\w+|inválid\w+|desatualizad\w+|enferrujad\w+|"
    r"solt[oa]s?|"
    r"tort[oa]s?|molhad\w+|podres?|cancelad\w+|mais (?:alt|car)[oa]|diferentes?|desconect\w+|desliga\w*|pisca|"
    r"entupid\w+|só|apenas|"
    r"abert[oa]s?|trocad[oa]s?|(?:antig|velh)[oa] (?:morada|endereço|nome|número|tarifa|plano)|(?:morada|"
    r"endereço) antig[oa])\b",
    r"\b(?:on(?:volledig|bruikbaar|leesbaar|bereikbaar|geldig|duidelijk)\w*|incompleet|verouderd\w*|bromt|"
    r"oververhit\w*|(?:zit|laat|komt) los|krom|"
    r"roestig|verroest|doorweekt|bedorven|genegeerd|opgehangen|geannuleerd|vervallen|(?:hoger|meer|minder) dan|"
    r"verbreekt|flikkert|"
    r"verstopt|slechts|maar (?:een|één|twee|half)|zonder (?:mijn|onze|overleg|reden)|piept|oude? (?:adres|naam|nummer|"
    r"tarief))\b",
    r"\b(?:ofullständig\w*|oanvändbar\w*|oläslig\w*|ogiltig\w*|otillgänglig\w*|föråldrad\w*|brummar|överhett\w*|lös|"
    r"lossn\w*|böjd|"
    r"rostig\w*|blöt\w*|rutt\w+|ignorer\w*|inställ(?:t|d|da)|avboka(?:t|d|des)|högre än|annan (?:färg|storlek|modell)|"
    r"kopplas|blinkar|"
    r"igensatt|bara|endast|fläck\w*|glappar|piper|gam(?:la|mal) (?:adress\w*|namn\w*|nummer\w*|pris\w*))\b",
    r"\b(?:niekompletn\w+|nieczyteln\w+|nieważn\w+|niedostępn\w+|nieaktualn\w+|niesprawn\w+|niezgodn\w+|nieszczeln\w+|"
    r"przegrzewa\w*|"
    r"buczy|luźn\w+|zgięt\w+|zardzewia\w+|mokr\w+|zgnił\w+|zignorow\w+|odwołan\w+|anulowan\w+|wyższ\w+|rozłącz\w+|"
    r"mig(?:a|ocze)|"
    r"zapchan\w+|tylko|jedynie|poplamion\w+|odkleja\w*|skrzypi|inn(?:y|a|e|ego|ym) (?:kolor|rozmiar|model)\w*|"
    r"star(?:y|ą|ego) (?:adres|nazwisko|numer|taryf)\w*)\b",
    r"\b(?:geçersiz|okunaks[\u0131i]z|yetersiz|[\u0131i]s[\u0131i]n\w*|gevşek|eğri|pasl[\u0131i]\w*|[\u0131i]slak|"
    r"çürük|iptal edil\w*|"
    r"yüksek|farkl[\u0131i]|t[\u0131i]kan\w*|sadece|yaln[\u0131i]zca|leke\w*|düşüyor|yar[\u0131i]m|başka (?:renk|"
    r"beden|model)\w*|"
    r"eski (?:adres|numara|isim|tarife)\w*)\b",
    "だけ|しか|錆|濡れ|腐|異臭|点滅|熱く|ぐらつ|外れ|剥が|取り消|キャンセルされ|断られ|高(?:く|い)|別の(?:色|サイズ|"
    "商品|人)|混入|詰ま|ずれ|無効|使えな|読めな|旧(?:住所|姓)",
    "只(?:有|收|剩|能)|生锈|湿|烂|臭|发烫|松|脱落|掉(?:色|了|下)|被?取消|涨|比.{1,12}(?:高|贵|多|少)|颜色|混|堵|吵|"
    "没人|失效|过时|旧(?:地址|的)",
)
SIGNS = LazyPattern("|".join((*_SIGNS, *_MORE_SIGNS)))
"""That something is not as it should be: broken, wrong, missing, late, too much, or not at all."""
