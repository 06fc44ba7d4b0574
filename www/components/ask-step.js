// One step of the asking: what it is on the left, what to do on the right.

import { h } from '../dom.js';

/** A step; `title` and `lead` are elements, so that their words can change. */
export const askStep = (title, lead, ...content) =>
  h('section', { class: 'ask-step' }, h('div', {}, title, lead), h('div', { class: 'ask-content' }, ...content));
