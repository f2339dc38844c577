// The server counts characters; the editor counts UTF-16 units. A sail emoji is one there and two here.

const ASTRAL = /[\ud800-\udbff]/;

/** Units of the first so many characters of a text. */
const units = (text, count) => {
  let at = 0;
  for (const letter of text) {
    if (count-- <= 0) break;
    at += letter.length;
  }
  return at;
};

/** From the server's offsets into a document to the editor's. Beyond the end is the end. */
export const offsetsIn = (doc) => {
  const text = doc.toString();
  const plain = !ASTRAL.test(text);
  return (count) => Math.min(plain ? count : units(text, count), text.length);
};

export const charactersBefore = (doc, offset) => {
  const text = doc.sliceString(0, offset);
  return ASTRAL.test(text) ? [...text].length : text.length;
};

/** The stretch of so many characters from a line and column (from 1) on, within its line. */
export const stretch = (doc, { line, column, length }) => {
  const { from, to, text } = doc.line(line);
  const start = Math.min(from + units(text, column - 1), to);
  return { from: start, to: Math.min(to, start + units(text.slice(start - from), length)) };
};
