// A person's vector server: which collection, whether it can be reached, and what to do there.

import { fill, h } from '../dom.js';
import { words } from '../words.js';
import { serverNotice } from './cause.js';
import { FigretElement } from './element.js';
import { field, showValue } from './field.js';

import './server-work.js';

const w = words.server;

/** The fields that each kind of server needs. */
const FIELDS = {
  chroma: ['base', 'collection', 'key', 'tenant', 'database', 'titleField', 'textField', 'idField'],
  qdrant: ['base', 'collection', 'key', 'vector', 'titleField', 'textField', 'idField'],
};
const ALL = [...new Set(Object.values(FIELDS).flat())];

class Server extends FigretElement {
  build() {
    const kind = (name) =>
      h(
        'button',
        { type: 'button', 'data-test': `server-${name}`, onclick: () => this.send('server', { kind: name }) },
        w.kinds[name],
      );
    this.kinds = new Map(Object.keys(FIELDS).map((name) => [name, kind(name)]));
    this.inputs = new Map(ALL.map((name) => [name, this.input(name)]));
    this.fields = new Map(ALL.map((name) => [name, field(w.fields[name], this.inputs.get(name))]));
    this.test = h(
      'button',
      { class: 'button', type: 'button', 'data-test': 'server-test', onclick: () => this.send('server-test') },
      w.test,
    );
    this.connection = h('div', { 'aria-live': 'polite' });
    this.work = h('figret-server-work', {});
    const summary = [h('h2', {}, w.title), ' ', h('span', { class: 'quiet' }, w.summary)];
    fill(
      this,
      h(
        'details',
        { class: 'server', 'data-test': 'server-section' },
        h('summary', { 'data-test': 'server-summary' }, ...summary),
        h('p', { class: 'quiet prose' }, w.lead),
        h('div', { class: 'segments', role: 'group', 'aria-label': w.kind }, ...this.kinds.values()),
        h('div', { class: 'server-fields' }, ...this.fields.values()),
        h('div', { class: 'row' }, this.test),
        this.connection,
        this.work,
      ),
    );
  }

  input(name) {
    const props = {
      // No name and no form: nothing here is offered to a password manager as a login.
      type: name === 'key' ? 'password' : 'text',
      autocomplete: name === 'key' ? 'new-password' : 'off',
      inputmode: name === 'base' && 'url',
      spellcheck: 'false',
      'data-test': `server-${name}`,
      onchange: ({ target }) => this.send('server', { [name]: target.value.trim() }),
    };
    return h('input', props);
  }

  update({ server, engineInfo, collection, taught, mayAsk }, previous) {
    const { form, connection } = server;
    for (const [name, button] of this.kinds) button.setAttribute('aria-pressed', String(name === form.kind));
    for (const [name, input] of this.inputs) showValue(input, form[name]);
    for (const [name, label] of this.fields) label.hidden = !FIELDS[form.kind].includes(name);
    this.fields.get('textField').lastElementChild.textContent = w.textHelp[form.kind];
    this.test.disabled = !engineInfo || connection?.kind === 'testing';
    if (connection !== previous.server?.connection) this.showConnection(connection);
    this.work.state = { server, collection, taught, mayAsk };
  }

  showConnection(connection) {
    const isTesting = connection?.kind === 'testing';
    fill(this.connection, isTesting ? h('p', { class: 'notice' }, w.testing) : connection && serverNotice(connection));
  }
}

customElements.define('figret-server', Server);
