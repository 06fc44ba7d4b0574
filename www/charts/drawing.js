// A picture that the engine has drawn, built from its shapes one by one.

import { svg } from '../dom.js';

/** What a shape may be; anything else is left out. */
const TAGS = ['path', 'text'];
const ATTRIBUTES = ['class', 'd', 'stroke-dasharray', 'text-anchor', 'x', 'y'];

/** The drawing of a `DrawingInfo`. */
export function drawing({ width, height, label, shapes }) {
  return svg(
    'svg',
    { viewBox: `0 0 ${width} ${height}`, class: 'drawing', role: 'img', 'aria-label': label },
    ...shapes.filter(({ tag }) => TAGS.includes(tag)).map(element),
  );
}

function element({ tag, attributes, text }) {
  const known = attributes.filter(({ name }) => ATTRIBUTES.includes(name));
  return svg(tag, Object.fromEntries(known.map(({ name, value }) => [name, value])), text);
}
