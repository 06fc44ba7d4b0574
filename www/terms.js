// The query's words in a passage: which ones to look for, where they stand, and the part that holds most of them.

const WORD = /[\p{L}\p{N}]+/gu;

/** Words that stand in nearly every text. */
const COMMON = new Set(
  (
    'a about after all also an and any are as at be because been before being between both but by can could did do does ' +
    'each even few for from get had has have how i if in into is it its itself just like ll may me might more most much ' +
    'must my no not now of off on one only or other our out over own re same should since so some still such than that ' +
    'the their them then there these they this those through to too under until up us ve very was way we were what when ' +
    'where which while who why will with without would yes yet you your'
  ).split(' '),
);

/** Characters of a passage that a row may show. */
const EXCERPT = 160;

/** Characters in which terms count as standing together. */
const TOGETHER = 90;

/** Characters left standing before the first term. */
const LEAD = 16;

/** What to look for, as a set of folded words; common words only if there are no others. */
export function termsOf(query) {
  const words = [...query.matchAll(WORD)].map(([word]) => folded(word)).filter((word) => word.length > 1);
  const telling = words.filter((word) => !COMMON.has(word));
  return new Set(telling.length > 0 ? telling : words);
}

/** A text in pieces `{ text, isTerm }`; only whole words are terms. */
export function pieces(text, terms) {
  const parts = [];
  let end = 0;
  for (const { word, index } of hits(text, terms)) {
    if (index > end) parts.push({ text: text.slice(end, index), isTerm: false });
    parts.push({ text: word, isTerm: true });
    end = index + word.length;
  }
  if (end < text.length) parts.push({ text: text.slice(end), isTerm: false });
  return parts;
}

/** The part of a text that shows most of the terms, from its beginning if that is as good. */
export function excerpt(text, terms) {
  const found = hits(text, terms);
  const together = (from) => {
    const near = found.filter(({ index }) => index >= from && index < from + TOGETHER);
    return new Set(near.map(({ term }) => term)).size;
  };
  const best = found.reduce(
    (known, { index }) => (together(index) > known.terms ? { index, terms: together(index) } : known),
    { index: 0, terms: together(0) },
  );
  const start = best.index <= LEAD ? 0 : wordStart(text, best.index - LEAD, best.index);
  const end = text.length > start + EXCERPT ? wordEnd(text, start, start + EXCERPT) : text.length;
  return `${start > 0 ? '… ' : ''}${text.slice(start, end)}${end < text.length ? ' …' : ''}`;
}

/** Where the terms stand in a text, each with the word as it is written there. */
function hits(text, terms) {
  const found = [];
  for (const { 0: word, index } of text.matchAll(WORD)) {
    const term = folded(word);
    if (terms.has(term)) found.push({ word, term, index });
  }
  return found;
}

/** The first word that begins after a place and before a term; the place itself where no blank lies between. */
function wordStart(text, place, term) {
  const blank = text.indexOf(' ', place);
  return blank >= 0 && blank < term ? blank + 1 : place;
}

/** The end of the last word before a place; the place itself where words are not set apart by blanks. */
function wordEnd(text, from, place) {
  const blank = text.lastIndexOf(' ', place);
  return blank > from ? blank : place;
}

/** Words seen before: passages share most of theirs, and every selection folds thousands. */
const known = new Map();
const KNOWN_WORDS = 20_000;

/** Lower case, without accents and without the ending of a plain English plural. */
function folded(word) {
  let plain = known.get(word);
  if (plain === undefined) {
    if (known.size >= KNOWN_WORDS) known.clear();
    plain = singular(word.toLowerCase().normalize('NFD').replace(/\p{M}/gu, ''));
    known.set(word, plain);
  }
  return plain;
}

function singular(plain) {
  if (plain.length < 4 || !plain.endsWith('s') || /(ss|us|is)$/.test(plain)) return plain;
  if (plain.endsWith('ies') && plain.length > 4) return `${plain.slice(0, -3)}y`;
  return /(s|x|z|ch|sh)es$/.test(plain) ? plain.slice(0, -2) : plain.slice(0, -1);
}
