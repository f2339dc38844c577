// The server counts characters; the editor counts UTF-16 units. A sail emoji is one there and two here.

const ASTRAL = /[\ud800-\udbff]/;

/** UTF-16 units in the first `count` characters of a text. */
const units = (text, count) => {
  let at = 0;
  for (const letter of text) {
    if (count-- <= 0) break;
    at += letter.length;
  }
  return at;
};

/** Converts the server's offsets into a document to the editor's, clamped to its end. */
export const offsetsIn = (doc) => {
  const text = doc.toString();
  const plain = !ASTRAL.test(text);
  return (count) => Math.min(plain ? count : units(text, count), text.length);
};

export const charactersBefore = (doc, offset) => {
  const text = doc.sliceString(0, offset);
  return ASTRAL.test(text) ? [...text].length : text.length;
};

/** The range of `length` characters from a line and column (both from 1), clamped to the line. */
export const stretch = (doc, { line, column, length }) => {
  const { from, to, text } = doc.line(line);
  const start = Math.min(from + units(text, column - 1), to);
  return { from: start, to: Math.min(to, start + units(text.slice(start - from), length)) };
};
