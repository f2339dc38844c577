"""How people write what the language says in one way: patterns, and what each means. Guesses, to be checked."""

from __future__ import annotations

import re

_MANAGER, _LEAD = r"(?:duty )?manager", r"(?:team )?(?:lead(?:er)?|supervisor)"
_TELL = r"(?:notify|inform|tell|ping|page|e?-?mail|warn|alert|call|escalate to)"
_WHOM = r"(?: (?:it|this|them|the (?:call|ticket|escalation|customer)|tickets?|calls?))?"
_NOT_ANSWERED = (
    r"(?:not|un)[ -]?(?:answered|accepted|taken|picked up)|no (?:answer|response|reply|reaction)|no[ -]?one|none"
)
_ANSWERS = r"(?:answers?|accepts?|responds?|replies|reacts?|takes it|picks? (?:it )?up|is (?:free|available|there))"
_LEADS = r"when|and|or when|unless|given|then"

BEGINNINGS = tuple(
    (re.compile(pattern, re.IGNORECASE), replacement)
    for pattern, replacement in (
        (r"^(\s*)(?://|--+|;+|/\*)\s*(.*)$", r"\1# \2"),
        (r"^(\s*)(?:[-*•–·]|\d+[.)])\s+", r"\1"),
        (r"[.;,]\s*$", ""),
        (r"^(\s*)(?:then|do|please|and then|just|always)\s+"
         r"(?=(?:send|require|prefer|order by|offer|note|book|no call)\b)", r"\1"),
        (r"^(\s*)(?:if )?none of (?:the|these)(?: above)?(?: rules?)?(?: appl(?:y|ies))?\s*:?\s*$", "otherwise"),
        (r"^(\s*)(?:in )?all other cases\s*:?\s*$", "otherwise"),
        (r"^(\s*)(rule \"[^\"]*\") ?:?\s+(?=(?:when|if)\b)", r"\1\2\n  "),
        (r"^(\s*)(send to .*?\"),? (?:with|having|who (?:has|have))(?: the)? (skill \".*)$", r"\1\2\n\1require \3"),
        (r"^(\s*)(?:needs?|must have|requires) (?=skill)", r"\1require "),
        (r"^(\s*)(require|prefer) skills? (\"[^\"]*\") (?:and|,|&) (?:skill )?(\"[^\"]*\")\s*$",
         r"\1\2 skill \3\n\1\2 skill \4"),
        (r"^(\s*)order(?:ed)?(?: by)?\s*:?\s+(?:by )?", r"\1order by "),
        (r"^(\s*)note\s*:?\s+([^\"“'].*)$", r'\1note "\2"'),
        (r"^(\s*)note\s*:\s*(?=[\"“])", r"\1note "),
        (r"^(\s*prepare \d+ \w+)\s*$", r"\1 before"),
        (r"^(\s*)book (\d+)[ -]?(min(?:ute)?s?|hours?)[ -]slots?\s*$", r"\1book slots of \2 \3"),
        (r"^(\s*)(?:opening|business|office|working|support|service) hours (?=[\"“'])", r"\1hours "),
        (r"^(\s*)(?:at least |minimum )?(\d+ \w+) (?:pause |break |rest )?between (?:the )?calls\s*$",
         r"\1at least \2 between calls"),
        (r"^(\s*)(notice|wrap-up)(?: time| period)?(?: is|:)? (?=\d)", r"\1\2 of "),
        (r"^(\s*)wrap ?up(?: time)?(?: is|:| of)? (?=\d)", r"\1wrap-up of "),
        (r"^(\s*up to \d+ (?:working )?\w+) (?:in advance|before|into the future)\s*$", r"\1 ahead"),
        (r"^(\s*remind )(?=customers?\b|agents?\b)", r"\1the "),
        (r"^(\s*remind the (?:customer|agent) \d+ \w+) before( and \d+ \w+ before)", r"\1\2"),
        (r"^(\s*(?:live call|booking|survey) link expires) (?:in|within) ", r"\1 after "),
        (r"^(\s*ask for a) (?:rating|feedback|review|grade) ", r"\1 score "),
        (r"^(\s*if nobody in \d+ \w+)\s*[:;–-]\s*", r"\1, "),
        (r"^(\s*)(?:else|default|fallback|(?:all|any|every)(?:thing|body|one)? (?:other|else)s?|the rest)\s*:?\s*$",
         "otherwise"),
        (r"^(\s*)(?:otherwise|else|default)\s*:?\s+(\S.*)$", r"otherwise\n  \2"),
        (r"^(\s*)(when|and|or when|unless|given|then|note|time zone|currency)\s*:\s*", r"\1\2 "),
        (r"^(\s*)time-?zone\b:?", r"\1time zone"),
        (r"^(\s*)(?:or|\|\||or if|or where)\s+(?!when\b)", r"\1or when "),
        (r"^(\s*)(?:and (?:if|when|where)|&&?|plus|also)\s+", r"\1and "),
        (r"^(\s*)(?:except|but not|unless|not)(?: (?:if|when|where|for))?\s+(?=\w.* (?:is|are|include) )",
         r"\1unless "),
        (r"^(\s*)(?:if|where|whenever|in case)\s+(?!no|not|un)", r"\1when "),
        (r"^(\s*)should (?:go|be sent|be routed) to ", r"\1then "),
        (r"^(\s*)(?:please )?(?:assign|route|escalate|forward|transfer|give|go(?:es)?|send|pass|direct|connect|call)"
         + _WHOM + r" to ", r"\1send to "),
        (r"^(\s*)(?:prioriti[sz]e|preferably|ideally|favou?r)\s+", r"\1prefer "),
        (r"^(\s*)sort by ", r"\1order by "),
        (r"^(\s*)(?:only (?:offer )?bookings?|(?:offer )?bookings? only|book only)\s*$", r"\1offer booking only"),
        (r"^(\s*)no calls?,? (?:because|since|reason|text|with)?:? ?(?=[\"'“„])", r"\1no call, say "),
        (r"^(\s*)slots? (?:length|duration|size)(?: (?:of|is|=))? ", r"\1slots of "),
        (r"^(\s*)(?:max(?:imum)?(?: of)?|up to|no more than|not more than|at most)(?= \d+ (?:calls|bookings))",
         r"\1at most"),
        (r"^(\s*at most \d+ (?:calls|bookings)) (?:a|per|each) day(?: (?:per|for each|each) (?:agent|person))?\s*$",
         r"\1 a day per agent"),
        (r"^(\s*)(?:after|when|if) (\d+ \w+)(?: (?:without (?:an )?answer|of (?:waiting|silence)))?,\s*",
         r"\1if nobody in \2, "),
        (r"^(\s*)if (?:no[ -]?body|" + _NOT_ANSWERED + r")(?: " + _ANSWERS + r")? (?:in|within|after|for)\b",
         r"\1if nobody in"),
        (r"^(\s*)(if nobody) in (\d+ \w+) (?=[a-z])(?!\d)(?!and\b)(?!min)", r"\1\2 in \3, "),
        (r"(, )" + _TELL + r" (?:the |a |my |our )?" + _MANAGER + r"\s*$", r"\1alert the duty manager"),
        (r"(, )" + _TELL + r" (?:the |a |my |our )?" + _LEAD + r"\s*$", r"\1alert the team lead"),
        (r"(, )(?:offer|send|suggest)(?: an?| the)? (?:booking(?: link)?|slots?|appointments?)\s*$",
         r"\1offer booking"),
        (r"(, )(?:also )?(?:ask|try|include|add|go to|send to|extend to|expand to)(?: also)?"
         r" (?=(?:the )?(?:team|title)\b)", r"\1widen to "),
    )
)  # fmt: skip
"""How lines begin, and their steps. The first match of each, in order, on the whole line."""

PHRASES = tuple(
    (re.compile(pattern, re.IGNORECASE), replacement)
    for pattern, replacement in (
        (r"[«‹]([^»›\"]*)[»›]|(?<=\s)[`´'‘]([^'`´’\"]*)[`´'’](?!\w)", r'"\1\2"'),
        (r"\b(is|are|do|does)n['’]t\b", r"\1 not"),
        (r"\b(more|less|fewer|older|higher|lower|longer|greater) then\b", r"\1 than"),
        (r"\b(team|title|skill) (?:=|:|is|named|called) (?=[\"“'])", r"\1 "),
        (r"^(\s*(?:when|and|or when|unless) \w[\w ]*?)\s*:\s+", r"\1 is "),
        (r"^(\s*when) (?:always|all(?: tickets| cases| calls)?|every(?:thing| ticket)|any(?: ticket)?)\s*$",
         r"\1 anything"),
        (r"\b(?:number|count|amount) of (?=\w)", ""),
        (r"\b(between \S+) ?(?:-|–|to) ?(?=\d)", r"\1 and "),
        (r"\b(between \d+\w?)[-–](?=\d)", r"\1 and "),
        (r" (?:&&|&) ", " and "),
        (r" \|\| ", " or "),
        (r"\b(when|and|unless) given\b", r"\1"),
        (r"(?<=[\w\s])\s*>=\s*|\s*≥\s*", " is at least "),
        (r"(?<=[\w\s])\s*<=\s*|\s*≤\s*", " is at most "),
        (r"(?<=[\w\s])\s*(?:!=|<>|≠)\s*", " is not "),
        (r"(?<=[\w\s])\s*==?\s*", " is "),
        (r"(?<=[\w\s])\s*>\s*", " is over "),
        (r"(?<=[\w\s])\s*<\s*", " is under "),
        (r"\b(?:does not|do not|is not) (?:equal(?: to)?|the same as)\b", "is not"),
        (r"\b(?:equals(?: to)?|is equal to|is exactly|is the same as)\b", "is"),
        (r"\bis (not )?(?:one of|any of|either|in|among)\b", r"is \1"),
        (r"(?<=\s)in (?=\()", "is "),
        (r"[()\[\]]", ""),
        (r"\b(?:greater|higher|larger|bigger|longer|older|more) than or equal to\b", "at least"),
        (r"\b(?:less|lower|smaller|fewer|shorter|younger) than or equal to\b", "at most"),
        (r"\b(?:(?:greater|higher|larger|bigger|longer|older) than|above|more than)\b", "over"),
        (r"\b(?:(?:lower|smaller|fewer|shorter|younger) than|below|less than)\b", "under"),
        (r"\bexceeds\b", "is over"),
        (r"^(\s*(?:when|and|or when|unless)) (over|under|at least|at most) (\d+) (\w+)\s*$", r"\1 \4 is \2 \3"),
        (r"\b(?:is|are) (\S+(?: \w+)?) (?:or|and) (?:over|above|higher|more|better|longer|up)\b", r"is at least \1"),
        (r"\b(?:is|are) (\S+(?: \w+)?) (?:or|and) (?:under|below|lower|less|fewer|shorter)\b", r"is at most \1"),
        (r"\b(?:is|are) (\d+)\+", r"is at least \1"),
        (r"^(\s*(?:when|and|or when|unless) (?!.*\bis\b)\w[\w ]*?) (over|under|at least|at most|between) ",
         r"\1 is \2 "),
        (r"^(\s*(?:when|and|or when|unless)) (?:the )?(?:ticket|it|this)(?: is)?"
         r" (over|under|at least|at most) (?=\d|an? )",
         r"\1 ticket age is \2 "),
        (r"\b(?:is|are) not (?:empty|blank|null|missing|none|set)\b", "is known"),
        (r"\b(?:is|are) (?:empty|blank|null|missing|none)\b", "is unknown"),
        (r"\btags? (?:contains?|has|have|is|are|equals?)\b", "tags include"),
        (r"\b(" + _LEADS + r") (?:is )?(?:tagged|with (?:the )?tag|has (?:the )?tag|tag)(?: (?:as|with))? (?=[\"“])",
         r"\1 tags include "),
        (r"\bsend to (?:the )?teams\b", "send to team"),
        (r"\b(send to|widen to) (?:any(?:one|body)|every(?:one|body)|some(?:one|body)|people|all|agents|members)"
         r"(?: (?:people|agents|members))? (?:in|of|from|with) (?:the )?(?=team|title)", r"\1 "),
        (r"\b(title \"[^\"]*\"(?: or \"[^\"]*\")*) (?:in|of|from|at) (?:the )?(team \"[^\"]*\")", r"\2, \1"),
        (r"(\") (?:and|&|\+|/) (?=(?:the )?(?:team|title)\b)", r"\1 or "),
        (r"\b(require skill \"[^\"]*\"),? (?:at least |min(?:imum)? |of )?level (\d)\+?", r"\1 at level \2"),
        (r"\b(business|work|week)[ -]?days?\b(?=.*$)", "working days"),
        (r"\bnotice of (?:the )?next working days\b", "notice of 1 working day"),
        (r"\b(order by .*?\w) (?:and|, and|and then|&|/) (?=\w)", r"\1, then "),
        (r"\bround-robin\b", "round robin"),
    )
)  # fmt: skip
"""Phrases inside lines."""

_NUMBERS = (
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen".split()  # noqa: SIM905
)
AMOUNTS = tuple(
    (re.compile(pattern, re.IGNORECASE), replacement)
    for pattern, replacement in (
        (r"\bhalf an hour\b", "30 minutes"),
        (r"\ban? (hour|day|week|minute)\b(?!.*per agent)", r"1 \1"),
        (r"\b(\d+),(\d+)(?= ?(?:h|hours?|days?|weeks?|min|minutes?)\b)", r"\1.\2"),
        *((rf"\b{word}(?= (?:seconds?|min|minutes?|h|hrs?|hours?|days?|weeks?|working)\b)", str(number))
          for number, word in enumerate(_NUMBERS, 1)),
        (r"\btwenty(?= (?:seconds?|minutes?|hours?|days?)\b)", "20"),
        (r"\bthirty(?= (?:seconds?|minutes?|hours?|days?)\b)", "30"),
        (r"\b(\d+) ?d\b", r"\1 days"),
        (r"\b(\d+(?:\.\d+)?) ?(?:hrs?|std\.?|stunden)\b", r"\1 hours"),
        (r"\b(\d+(?:[.,]\d+)?) ?(?:thousand|tsd\.?)\b", r"\1k"),
        (r"\b(\d+(?:[.,]\d+)?) ?(?:millions?|mio\.?|mn)\b", r"\1M"),
        (r"(?<=[\dkM]) ?(?:EUR|euros?|USD|dollars?|GBP|pounds?|CHF|DKK|SEK)\b", ""),
    )
)  # fmt: skip
