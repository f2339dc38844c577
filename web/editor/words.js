// The language's words, for highlighting only. The server decides what a line means.

export const HEADINGS_ALONE = /^(?:by default|otherwise|limits|booking|calls|reminders|feedback|links)\s*(?=#|$)/i;
export const HEADINGS_NAMED = /^(?:rules for|rule|define|hours|expect never|expect every escalation finds a rule|expect)(?=\s|["“”„#]|$)/i;

const BEGINNINGS = [
  "when anything", "when", "and not", "and", "or when", "unless", "send to", "require", "prefer", "order by",
  "if nobody in", "offer booking only", "no call, say", "no call", "book slots of", "prepare", "note", "given", "at most",
  "at least", "at", "then not", "then", "after", "time zone", "currency", "up to", "slots of", "start every",
  "back to back", "notice of", "keep", "during hours", "offer for", "accept automatically", "wait", "wrap-up of",
  "remind the customer", "remind the agent", "ask for a score", "ask again", "tell the team lead", "follow up within", "no calls",
  "live call link expires", "booking link expires", "survey link expires",
];

const INSIDE = [
  "is not", "is at least", "is at most", "is over", "is under", "is between", "is", "are", "not", "include",
  "do not include", "includes", "known", "unknown", "during hours", "outside hours", "during", "outside", "hours",
  "team", "title", "skill of this product area", "skill", "the customer's language", "the customer’s language",
  "at level", "widen to", "drop preferred skills", "drop skill", "alert the team lead", "alert the duty manager",
  "offer booking", "least busy", "longest idle", "fewest calls today", "round robin", "best CSAT on this product area",
  "best CSAT", "handled this customer before", "most experienced", "rule", "or", "and", "then", "except holidays",
  "also", "before", "ahead", "in reserve", "per agent", "for the customer", "calls a day", "bookings a day",
  "between calls", "by", "after the call", "after", "the score", "of a shift in calls", "when", "in", "on", "to",
];

const wholeWords = (phrases) => {
  const longestFirst = [...phrases].sort((one, other) => other.length - one.length);
  const said = longestFirst.map((phrase) => phrase.replaceAll(" ", "\\s+")).join("|");
  return new RegExp(`^(?:${said})(?=[\\s,"“”„#]|$)`, "i");
};

export const BEGINNING = wholeWords(BEGINNINGS);
export const KEYWORD = wholeWords(INSIDE);
export const AMOUNT =
  /^(?:\d{1,2}:\d{2}|\d[\d.]*(?:k|m|%)?(?:\s+(?:working\s+)?(?:seconds?|minutes?|hours?|days?|weeks?))?)(?=[\s,"“”„#]|$)/i;
export const DAY = /^(?:mon|tue|wed|thu|fri|sat|sun)(?:day|sday|nesday|rsday|urday)?(?=[\s,"“”„#]|$)/i;
