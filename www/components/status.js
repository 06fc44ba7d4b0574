// One line about what is under way, with a bar and a number; about the last search when nothing is.

import { fill, h } from '../dom.js';
import { words } from '../words.js';
import { Announcer, quarter } from './announcer.js';
import { FigretElement } from './element.js';

const w = words.status;

/** How each kind of progress is said and how far it is. */
const readings = {
  model: (p) => ({ text: w.model(p), value: p.loaded_bytes, max: p.total_bytes }),
  indexing: (p) => ({ text: w.task('indexing', w.indexing(p)), value: p.done, max: p.total }),
  embedding: (p, task) => ({
    text: w.task(p.what === 'passages' ? 'passages' : task, w.embedding(p)),
    value: p.done,
    max: p.total,
  }),
};

/** Hooks of the tests, by task. */
const hooks = { model: 'model-progress', indexing: 'index-progress' };

class Status extends FigretElement {
  build() {
    this.bar = h('progress', { class: 'status-bar', max: 1, value: 0 });
    this.text = h('p', { class: 'status-text' });
    this.announcer = new Announcer();
    this.cancel = h(
      'button',
      {
        class: 'link-button',
        type: 'button',
        'data-test': 'index-cancel',
        onclick: () => this.send('cancel', { target: this.state.work.cancelId }),
      },
      w.cancel,
    );
    this.line = h('div', { class: 'status' }, this.text, this.cancel, this.bar, this.announcer.element);
    fill(this, this.line);
  }

  update({ work, ...state }) {
    const { phase } = state;
    const { text, value, max } = work ? reading(work) : rest(state);
    if (this.text.textContent !== text) this.text.textContent = text;
    this.announcer.say(text, work ? `${work.task} ${quarter(value, max)}` : phase);
    this.bar.hidden = !work;
    this.bar.max = max || 1;
    this.bar.value = value;
    this.bar.setAttribute('aria-label', text);
    this.cancel.hidden = !work?.cancelId;
    if (hooks[work?.task]) this.line.dataset.test = hooks[work.task];
    else delete this.line.dataset.test;
  }
}

function reading({ task, progress }) {
  if (progress) return readings[progress.kind](progress, task);
  return { text: task === 'model' ? w.model(null) : w.task(task, ''), value: 0, max: 1 };
}

/** Places that show the results of the last search. */
const SEARCH_PLACES = ['before', 'compare'];

function rest({ search, collection, engineInfo, phase, place, isRecorded }) {
  const idle = { value: 0, max: 1 };
  if (!engineInfo) return { ...idle, text: phase === 'failed' ? w.stopped : w.starting };
  const searched = search.result && !isRecorded && SEARCH_PLACES.includes(place);
  return { ...idle, text: searched ? w.searched(collection.passages, search.result.elapsed_ms) : '' };
}

customElements.define('figret-status', Status);
