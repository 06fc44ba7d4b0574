// Vectors of texts, as the page needs them itself.

import { requests } from '../protocol.js';

/** Embeds texts by the base model, or as they are after teaching; gives a `Float32Array` each. `asker` is an engine or a turn. */
export async function embedTexts(asker, texts, { tuned = false } = {}) {
  const { bytes, columns } = await asker.request(requests.embed({ texts, tuned }));
  const all = new Float32Array(bytes.buffer, bytes.byteOffset, texts.length * columns);
  return texts.map((_, i) => all.slice(i * columns, (i + 1) * columns));
}

/** The cosine of vectors of any length. */
export function cosine(a, b) {
  const [ab, aa, bb] = a.reduce(([ab, aa, bb], x, i) => [ab + x * b[i], aa + x * x, bb + b[i] * b[i]], [0, 0, 0]);
  return ab / Math.sqrt(aa * bb);
}
