"""Patterns of what customers ask to be done; texts, compiled where they are first used."""

from __future__ import annotations

CLAUSE = (
    r"(?i)(?<=[.!?;])\s+|\n+|,?\s+(?:and|so)\s+(?=(?:please|i|we|can you|could you|you can)\b)|"
    r",\s+(?=(?:please|i|we)\b)"
)
POLITE = (
    r"(?:(?:hi|hello|hey|hallo|bonjour|hola|ok|okay|yes|yeah|no|well|so|also|and|then|please|pls|kindly|just|thanks|"
    r"thank you|bitte|now|sorry|therefore|in that case|there|team|all|everyone)\b[\s,!.:-]{0,4}){0,6}"
)
ASK = (
    r"(?:(?:can|could|would|will) (?:you|u|someone|somebody|anybody|anyone)(?: please| kindly| just| maybe)? |"
    r"(?:i|we)(?: (?:just|really|now|would|hereby|also|only|do)){0,3}(?:'d)? (?:want|need|like|wish|wanna|request|"
    r"demand|ask)(?: for)?(?: you)?(?: to)? |(?:i am|i'm|we are|we're) (?:asking|requesting)(?: you)?(?: to| for)? |"
    r"you (?:can|may|should|must) |go ahead and |would you mind )?"
)
START = rf"^{POLITE}{ASK}(?:please |kindly |just |now |immediately |also ){{0,3}}"
WANT = (
    rf"^{POLITE}(?:(?:i|we)(?: (?:just|really|now|would|also|only)){{0,3}}(?:'d)? (?:want|need|like|request|demand|"
    r"wish)(?: for)?(?: to (?:get|have|request|receive|ask for|claim))? |"
    r"(?:please )?(?:give|get|send|issue)(?: me| us)? |"
    r"(?:can|could|would) you (?:please )?(?:give|get|send|issue)(?: me| us)? )"
)
TICKET = r"(?:tickets?|support request|service request|support case)"
NO_REQUEST = (
    r"(?i)\b(?:but|cannot|can't|can not|unable|doesn't|does not|didn't|won't|isn't|error|button|option|fails?|failed|"
    r"how|where|whether|if i|what happens|don't|do not|never|not sure|nicht|ne|pas)\b"
)
REASON = r"(?i)\b(?:because|since|as (?:it|i|we|this|that|the|my|our|your)|weil|da ich|parce que|car je|porque)\b"
REFUND_REASON = rf"{REASON}|,\s+(?!but\b|how\b|where\b|whether\b|if\b)"
# A noun may follow, and then it is another thing: "a refund form", "my data export".
WHOLE = (
    r"(?=\W*$|\s*[.,;:!?)]|\s+(?:for|from|that|which|you|and|please|now|in|on|at|of|to|as|because|since|immediately|"
    r"permanently|completely|right|asap|today|too|entirely|forever|stored|held|with|by|under|according|within|back|if|"
    r"this|it|after|due)\b)"
)
HOW_TO = r"(?i)^\W*(?:how (?:do|can|to|would|should|does|could)|where (?:do|can)|can i|could i|may i)\b"

OPEN = (
    rf"(?i){START}(?:(?:open|create|raise|file|submit|log|make|start|write|register|lodge)(?: up| me| us)?|"
    r"(?:give|get) (?:me|us)|have) (?:a|an|another|one|one more|this as a|it as a)(?: (?:new|support|help|bug|urgent|"
    rf"separate)){{0,2}} (?:{TICKET}|case)\b|"
    rf"{WANT}(?:a|an|another)(?: (?:new|support|help)){{0,2}} {TICKET}\b|"
    rf"^{POLITE}(?:new|another) {TICKET}\b(?=\s*[:,-])|"
    r"^\W*(?:bitte )?(?:erstelle|er\u00f6ffne|\u00f6ffne|mach)\w* (?:sie )?(?:bitte )?(?:mir )?ein (?:neues )?ticket\b|"
    r"^\W*ouvr(?:ez|e|ir) (?:moi )?un (?:nouveau )?ticket\b|^\W*(?:abr[ae]|abrir|crea|crear) un (?:nuevo )?ticket\b"
)
CLOSE = (
    rf"(?i){START}(?:close|resolve|cancel|withdraw|mark) [^.:?]{{0,24}}\b{TICKET}\b|"
    rf"\b{TICKET}\b[^.:?]{{0,30}} (?:can|may|could|should) (?:now )?be (?:closed|resolved|marked)\b"
)
REOPEN = rf"(?i){START}re-?open [^.:?]{{0,24}}\b{TICKET}\b"
COMMENT = (
    rf"(?i){START}(?:(?:add|append|put|post|write)\b[^:]{{0,40}}\b(?:to|on|in|into|under)|update|comment on)\b"
    rf"[^:]{{0,16}}\b{TICKET}\b[^:]{{0,30}}:\s*(?P<comment>\S.*)"
)
STATUS = (
    r"(?i)\b(?:status|state|news|updates?|progress|happen\w*|about|how is|how's|where is|where's|when will|solved|"
    r"fixed|resolved|looked at|word|still open|check|look up|show|see|find|done with|going on|stand)\b"
)
ONE_TICKET = (
    r"(?i)\b(?:my|our|the)(?: \w+){0,2} ticket\b(?! (?:system|price|office|sale|shop|desk|form|field|list|view|queue))|"
    r"\bticket\W*(?:number |no |nr |id )?\W*(?=[a-z-]*\d)[a-z0-9-]{2,}"
)
ONLY_TICKET = r"(?i)\W*(?:my |the |our )?ticket\W+(?:number\W+|no\W+|id\W+)?[a-z0-9-]{4,18}\W*"
LIST = (
    r"(?i)\b(?:my|our|any|all)(?: (?:my|our|the|open|current|latest|recent|support|old|closed|pending|existing|"
    r"unresolved|own|active)){0,3} tickets\b|\btickets (?:do|did|have) (?:i|we)\b|\bhave (?:i|we) (?:any )?open tickets"
)
ACCOUNT = (
    r"(?i)\bwhat (?:all )?do you know about (?:me|us)\b|\bwhat (?:data|information) do you (?:have|hold|store|keep) "
    r"(?:on|about) (?:me|us)\b|\b(?:what|which) plan (?:am i|are we) on\b|\bwhich plan do (?:i|we) have\b|"
    rf"{START}show (?:me )?(?:my|our) (?:account|profile)(?: details| data| information)?\W*$|"
    r"\bwhat(?:'s| is) (?:my|our) (?:current )?(?:plan|tier|account status)\b(?! for)"
)
FIELDS = {
    "email": r"e-?mail(?: address)?|mail address",
    "phone": r"(?:tele)?phone(?: number)?|mobile(?: number)?|cell(?: number)?",
    "address": r"(?:postal |billing |shipping |delivery |home |street |mailing )?address",
    "company": r"company(?: name)?|organi[sz]ation(?: name)?",
    "plan": r"plan|subscription|tier",
    "name": r"(?:last |full |first |family |display )?name|surname",
}
FIELD = "|".join(f"(?P<{name}>{pattern})" for name, pattern in FIELDS.items())
UPDATE = (
    rf"(?i)(?:{START}(?:change|update|correct|set|switch|replace|edit|modify|move|upgrade|downgrade) "
    rf"(?:my|our|the)(?: (?:contact|account|current|old|registered))? (?:{FIELD})(?: on file| in my account| of my "
    r"account| on my account)?(?: from \S+)? (?:to|into|with|as)(?: be)?:? |"
    rf"^{POLITE}(?:my|our) new (?:{FIELD.replace('?P<', '?P<new_')}) is:? )(?P<value>\S.*)"
)
VALUES = {
    "email": r"[^\s@<>,;]+@[^\s@<>,;]+\.[A-Za-z]{2,}",
    "phone": r"\+?\(?\d[\d ()/.-]{5,20}\d",
    "address": r"(?=.*\d)[^\n?]{6,200}",
    "company": r"[^\n?@]{2,80}",
    "plan": r"(?:the )?[\w+ -]{2,40}",
    "name": r"[^\W\d_][^\n\d?@:;]{1,60}",
}
REFUND = (
    rf"(?i){START}(?:refund|reimburse) (?:me|us|my|our|the|this|that|it|order|invoice|payment|everything|all|"
    r"[$\u20ac\u00a3]?\s?\d+)\b|"
    rf"{WANT}(?:a|an|my|our|the)(?: (?:full|partial|complete|immediate|total))? (?:refund|reimbursement){WHOLE}|"
    r"\b(?:want|need|demand|like|give me) (?:to have )?(?:all |back )?(?:of )?(?:my|our) money(?: back\b|\W*$)|"
    r"^\W*ich (?:m\u00f6chte|will|verlange) (?:mein geld zur\u00fcck|eine (?:r\u00fcck)?erstattung)|"
    r"^\W*je veux (?:un remboursement|\u00eatre rembours\u00e9)|^\W*quiero (?:un reembolso|mi dinero de vuelta)"
)
MY_ACCOUNT_DE = r"(?:mein|unser)(?:en|e)? (?:konto|account|benutzerkonto|kundenkonto)"
CLOSE_ACCOUNT = (
    rf"(?i){START}(?:close|delete|cancel|deactivate|terminate|remove|shut down|erase)(?: down)? (?:my|our|this)"
    r"(?: (?:user|customer|online|whole|entire|company|business|personal))? account\b(?! (?:manager|owner|number))|"
    rf"^{POLITE}(?:l(?:\u00f6|oe)sch|k(?:\u00fc|ue)ndig|schlie(?:\u00df|ss)|deaktivier)\w* (?:sie )?(?:bitte )?"
    rf"{MY_ACCOUNT_DE}\b|^{POLITE}(?:ich|wir) (?:m\u00f6chten?|wollen|will) (?:bitte |gerne? )?{MY_ACCOUNT_DE} "
    r"(?:l\u00f6schen|k\u00fcndigen|schlie\u00dfen|deaktivieren)\b|"
    rf"^{POLITE}(?:veuillez |je (?:veux|voudrais|souhaite) )?(?:supprim|ferm|cl\u00f4tur|r\u00e9sili)\w* "
    rf"(?:mon|notre) compte\b|"
    rf"^{POLITE}(?:por favor,? |quiero |quisiera )?(?:elimin|borr|cierr|cerr|cancel)\w* mi cuenta\b"
)
DELETE_DATA = (
    rf"(?i){START}(?:delete|erase|remove|wipe|purge|destroy) (?:all |any )?(?:of )?(?:"
    rf"(?:my|our) (?:personal |private |customer |own )*(?:data|information){WHOLE}|"
    r"(?:the )?(?:data|information|everything) (?:that )?you (?:have|hold|store|keep|know)\b|"
    r"me from your (?:systems?|databases?|records|servers?|files|data|books)\b)|"
    rf"^{POLITE}l(?:\u00f6|oe)sch\w* (?:sie )?(?:bitte )?(?:alle )?(?:meine|unsere) (?:pers\u00f6nlichen )?daten\b|"
    rf"^{POLITE}(?:veuillez )?(?:supprim|effac)\w* (?:toutes )?(?:mes|nos) donn\u00e9es\b|"
    rf"^{POLITE}(?:por favor,? )?(?:elimin|borr)\w* (?:todos )?mis datos\b|"
    rf"{START}(?:forget me|be forgotten|exercise my right to (?:erasure|be forgotten))\b"
)

NO_PERSON = (
    r"(?i)\b(?:(?:do not|don'?t|did not|didn'?t|would not|wouldn'?t|never) (?:\w+ ){0,2}?"
    r"(?:want|need|wish|like|wanna|have|ask(?:ed)?)|no need|without|(?:will|m\u00f6chte|brauche) (?:nicht|keine?n?)|"
    r"ne (?:veux|souhaite) pas|no quiero)\b"
    r"(?:(?!\b(?:but|just|i want|i need|let me|give me|sondern|mais|sino)\b)[^.!?;,\n])*"
)
NOT_THIS_BUT = NO_PERSON + r",? *\b(?:but|sondern|mais|sino)\b"
