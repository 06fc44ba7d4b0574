// A field with its label and what it is for.

import { h } from '../dom.js';

/** A labelled input; `words` is `{ label, help }`. */
export const field = ({ label, help }, input) =>
  h('label', { class: 'field' }, h('span', { class: 'field-name' }, label), input, h('span', { class: 'quiet' }, help));

/** An input for a whole or broken number; `onChange` gets valid numbers only. */
export function numberInput(props, onChange) {
  const input = h('input', {
    type: 'number',
    required: true,
    ...props,
    onchange: () => {
      if (input.reportValidity()) onChange(input.valueAsNumber);
    },
  });
  return input;
}

/** Shows a value, unless a person is writing there. */
export function showValue(input, value) {
  if (document.activeElement !== input && input.value !== String(value)) input.value = value;
}
