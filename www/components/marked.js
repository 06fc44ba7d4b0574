// A text with the query's words marked: text nodes and `mark` elements, never markup.

import { h } from '../dom.js';
import { pieces } from '../terms.js';

/** The nodes of a text. */
export const marked = (text, terms) =>
  pieces(text, terms).map((piece) => (piece.isTerm ? h('mark', {}, piece.text) : piece.text));
