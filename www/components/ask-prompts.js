// The prompts of a stage: to be read before anything is sent, and to be edited.

import { fill, h } from '../dom.js';
import { words } from '../words.js';

const w = words.ask.what;

/** Details for each prompt; `onEdit` gets all edited texts by name. */
export class AskPrompts {
  #shown = null;

  constructor(onEdit) {
    this.onEdit = onEdit;
    this.parts = new Map();
    this.list = h('div', {});
    this.element = h(
      'div',
      { class: 'ask-prompts' },
      h('p', { class: 'field-name' }, w.promptTitle),
      h('p', { class: 'quiet' }, w.promptLead),
      this.list,
    );
  }

  /** Shows the prompts named `names`; `prompts` are the originals, `null` before they are known. */
  show(prompts, edited, names) {
    this.element.hidden = !prompts;
    if (!prompts) return;
    this.edited = edited;
    if (names !== this.#shown) this.#build(prompts, names);
    this.#shown = names;
    for (const [name, { prompt, area, version, back }] of this.parts) {
      const text = edited[name] ?? prompt.text;
      if (area.value !== text) area.value = text;
      version.textContent = w.version(prompt, name in edited);
      back.hidden = !(name in edited);
    }
  }

  #build(prompts, names) {
    this.parts = new Map(names.map((name) => [name, this.#part(prompts.find((prompt) => prompt.name === name))]));
    fill(this.list, ...[...this.parts.values()].map(({ element }) => element));
  }

  #part(prompt) {
    const { name } = prompt;
    const title = w.promptNames[name];
    const area = h('textarea', {
      rows: 16,
      spellcheck: 'false',
      'aria-label': title,
      'data-test': `ask-prompt-${name}`,
      onchange: () => this.#edit(prompt, area.value),
    });
    const version = h('span', { class: 'quiet' });
    const onclick = () => this.#edit(prompt, prompt.text);
    const back = h('button', { class: 'link-button', type: 'button', onclick }, w.original);
    const element = h('details', {}, h('summary', {}, title, ' ', version), area, back);
    return { prompt, area, version, back, element };
  }

  #edit({ name, text: original }, text) {
    const { [name]: _before, ...others } = this.edited;
    this.onEdit(text === original ? others : { ...others, [name]: text });
  }
}
