// Highlights by sentence: the first words of a line say what it is; then quoted names, values, amounts, comments.
import { LanguageSupport, StreamLanguage, syntaxHighlighting } from "@codemirror/language";
import { classHighlighter } from "@lezer/highlight";
import { AMOUNT, BEGINNING, DAY, HEADINGS_ALONE, HEADINGS_NAMED, KEYWORD } from "./words.js";

const VALUES_FOLLOW = /^(?:is|are|include|do)/i;
const AMONG_VALUES = /^or$/i;

function beginning(stream, line) {
  line.begun = true;
  line.heading = Boolean(stream.match(HEADINGS_ALONE) || stream.match(HEADINGS_NAMED));
  if (line.heading) return "heading";
  return stream.match(BEGINNING) ? "keyword" : undefined;
}

function word(stream, line) {
  if (stream.match(AMOUNT)) return "number";
  if (stream.match(DAY)) return "atom";
  const keyword = stream.match(KEYWORD);
  if (keyword) {
    if (!AMONG_VALUES.test(keyword[0])) line.value = VALUES_FOLLOW.test(keyword[0]);
    return "keyword";
  }
  stream.match(/^[^\s,"“”„#][^\s,"“”„]*/);
  return line.value ? "atom" : "propertyName";
}

function token(stream, line) {
  if (stream.sol()) Object.assign(line, { begun: false, heading: false, value: false });
  if (stream.eatSpace()) return null;
  if (stream.match(/^#.*/)) return "comment";
  if (stream.match(/^["“”„][^"“”]*["“”]/)) return line.heading ? "string heading" : "string";
  if (stream.match(/^["“”„].*/)) return "invalid";
  if (stream.eat(",")) return "punctuation";
  if (line.begun) return word(stream, line);
  const found = beginning(stream, line);
  return found === undefined ? word(stream, line) : found;
}

const rules = StreamLanguage.define({
  name: "rules",
  startState: () => ({ begun: false, heading: false, value: false }),
  copyState: (line) => ({ ...line }),
  token,
  languageData: { commentTokens: { line: "#" }, closeBrackets: { brackets: ['"'] } },
});

export const language = () => new LanguageSupport(rules, [syntaxHighlighting(classHighlighter)]);
