// Which LLM: an endpoint with its test, or a batch file; and the model's name.

import { fill, h } from '../dom.js';
import { words } from '../words.js';
import { askStep } from './ask-step.js';
import { causeNotice } from './cause.js';
import { FigretElement } from './element.js';
import { field, numberInput, showValue } from './field.js';

const w = words.ask.llm;
const { fields } = words.ask;
const WAYS = ['endpoint', 'batch'];

class AskLlm extends FigretElement {
  build() {
    this.lead = h('p', { class: 'quiet' });
    this.ways = new Map(WAYS.map((way) => [way, this.wayButton(way)]));
    this.inputs = this.buildInputs();
    this.models = h('datalist', { id: 'ask-models' });
    this.test = h(
      'button',
      { class: 'button', type: 'button', 'data-test': 'ask-test', onclick: () => this.send('ask-test') },
      w.test,
    );
    this.connection = h('div', { 'aria-live': 'polite' });
    const { base, key, model, concurrency, timeoutSeconds } = this.inputs;
    this.endpoint = h(
      'div',
      { class: 'ask-fields' },
      field(fields.base, base),
      field(fields.key, key),
      field(fields.concurrency, concurrency),
      field(fields.timeoutSeconds, timeoutSeconds),
    );
    fill(
      this,
      askStep(
        h('h3', {}, w.title),
        this.lead,
        h('div', { class: 'segments', role: 'group', 'aria-label': w.way }, ...this.ways.values()),
        this.endpoint,
        h('div', { class: 'ask-model' }, field(fields.model, model), this.test),
        this.models,
        this.connection,
      ),
    );
  }

  wayButton(way) {
    const choose = () => this.send('ask-endpoint', { way });
    return h('button', { type: 'button', 'data-test': `ask-way-${way}`, onclick: choose }, w.ways[way]);
  }

  buildInputs() {
    const text = (name, event, props) => {
      const onchange = ({ target }) => this.send(event, { [name]: target.value.trim() });
      return h('input', { type: 'text', spellcheck: 'false', autocomplete: 'off', ...props, onchange });
    };
    const number = (name, props) => numberInput(props, (value) => this.send('ask-endpoint', { [name]: value }));
    return {
      base: text('base', 'ask-endpoint', { 'data-test': 'ask-base', inputmode: 'url' }),
      // No name and no form: nothing here is offered to a password manager as a login.
      key: text('key', 'ask-endpoint', { type: 'password', autocomplete: 'new-password', 'data-test': 'ask-key' }),
      model: text('model', 'ask-wish', { list: 'ask-models', 'data-test': 'ask-model' }),
      concurrency: number('concurrency', { min: 1, max: 32, step: 1 }),
      timeoutSeconds: number('timeoutSeconds', { min: 5, max: 3600, step: 1 }),
    };
  }

  update({ asking, isSending }, previous) {
    this.inert = isSending;
    const { way, endpoint, wishes, connection } = asking;
    const isEndpoint = way === 'endpoint';
    this.lead.textContent = w.lead[way];
    for (const [name, button] of this.ways) button.setAttribute('aria-pressed', String(name === way));
    this.endpoint.hidden = !isEndpoint;
    this.test.hidden = !isEndpoint;
    this.connection.hidden = !isEndpoint;
    for (const name of ['base', 'key', 'concurrency', 'timeoutSeconds']) showValue(this.inputs[name], endpoint[name]);
    showValue(this.inputs.model, wishes.model ?? '');
    this.test.disabled = connection?.kind === 'testing';
    if (connection !== previous.asking?.connection) this.showConnection(connection);
  }

  showConnection(connection) {
    fill(this.models, ...(connection?.models ?? []).map((value) => h('option', { value })));
    const notice =
      connection?.kind === 'testing'
        ? h('p', { class: 'notice' }, w.testing)
        : connection && causeNotice(connection, (model) => this.chooseModel(model));
    fill(this.connection, notice);
  }

  chooseModel(model) {
    this.send('ask-wish', { model });
    this.send('ask-test');
  }
}

customElements.define('figret-ask-llm', AskLlm);
