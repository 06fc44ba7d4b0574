// "Ask your LLM": which one, what, the way there and back, and what came of it.

import { fill, h } from '../dom.js';
import { words } from '../words.js';
import { FigretElement } from './element.js';

import './ask-llm.js';
import './ask-report.js';
import './ask-send.js';
import './ask-what.js';

const w = words.ask;

class Ask extends FigretElement {
  build() {
    this.kept = h('div', { class: 'ask-kept' });
    const steps = ['figret-ask-llm', 'figret-ask-what', 'figret-ask-send', 'figret-ask-report'];
    this.steps = steps.map((tag) => h(tag, {}));
    this.details = h(
      'details',
      { class: 'ask', 'data-test': 'ask-section' },
      h('summary', { 'data-test': 'ask-summary' }, h('h2', {}, w.title), ' ', h('span', { class: 'quiet' }, w.lead)),
      this.kept,
      ...this.steps,
    );
    fill(this, this.details);
  }

  update(state, previous) {
    const { collection, asked, asking, taught, settings, mayAsk } = state;
    if (!collection) return;
    if (isOther(collection, previous.collection)) {
      this.details.open = !collection.feedback;
      this.send('ask-look');
    }
    // Where there is nothing to teach with yet, asking comes first.
    this.toggleAttribute('data-first', !collection.feedback);
    if (asked.kept !== previous.asked?.kept || asked.batch !== previous.asked?.batch) this.showKept(asked);
    const [llm, what, send, report] = this.steps;
    llm.state = { asking, isSending: Boolean(asked.sending?.isRunning) };
    what.state = { asking, asked, collection, taught, settings, mayAsk };
    send.state = { asking, asked, mayAsk };
    report.state = { asked };
  }

  showKept({ kept, batch }) {
    const waiting = kept.filter(({ id, answered }) => answered > 0 && id !== batch?.id);
    if (waiting.length > 0) this.details.open = true;
    fill(this.kept, ...waiting.map((one) => this.keptNotice(one)));
  }

  keptNotice(kept) {
    const button = (kind, event, text) =>
      h('button', { class: kind, type: 'button', onclick: () => this.send(event, { id: kept.id }) }, text);
    return h(
      'div',
      { class: 'notice', 'data-test': 'ask-kept' },
      h('p', {}, w.kept(kept)),
      h(
        'div',
        { class: 'row' },
        button('button', 'ask-take-up', w.takeUp),
        button('link-button', 'ask-forget', w.forget),
      ),
    );
  }
}

/** The feedback of a collection may change; a collection is another one by its name and its passages. */
const isOther = (collection, before) => collection.name !== before?.name || collection.passages !== before?.passages;

customElements.define('figret-ask', Ask);
