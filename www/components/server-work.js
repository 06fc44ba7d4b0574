// What can be done with a vector server that answers: search it, measure on it, fetch passages from it.

import { fill, h } from '../dom.js';
import { leavesPassages } from '../taught.js';
import { words } from '../words.js';
import { FigretElement } from './element.js';
import { systemsTable, testsTable } from './evaluator-tables.js';

const w = words.server;

class ServerWork extends FigretElement {
  build() {
    this.search = this.button('button primary', 'server-search', () => {
      this.send('server-search', { isSearched: !this.state.server.isSearched });
    });
    this.note = h('p', { class: 'quiet warn' }, w.noAfter);
    this.measure = this.button('button', 'server-measure', () => this.send('server-measure'));
    this.measureLead = h('p', { class: 'quiet prose' });
    this.progress = h('p', { class: 'quiet', 'aria-live': 'polite' });
    this.cancel = this.button('button', 'server-cancel', () => this.send('server-cancel'));
    this.cancel.textContent = w.cancel;
    this.result = h('div', { class: 'evaluation', 'data-test': 'server-evaluation' });
    this.fetched = h('p', { class: 'quiet', 'aria-live': 'polite' });
    this.judged = h('div', { class: 'server-task' }, this.measureLead, h('div', { class: 'row' }, this.measure));
    fill(
      this,
      h('div', { class: 'row' }, this.search),
      this.note,
      this.judged,
      h('div', { class: 'row' }, this.progress, this.cancel),
      this.result,
      h('div', { class: 'server-task' }, h('p', { class: 'quiet prose' }, w.fetchLead), this.picker(), this.fetched),
    );
  }

  button(kind, test, onclick) {
    return h('button', { class: kind, type: 'button', 'data-test': test, onclick });
  }

  picker() {
    const picked = ({ target }) => {
      const files = [...target.files];
      target.value = '';
      if (files.length > 0) this.send('server-files', { files });
    };
    const props = { type: 'file', multiple: true, class: 'visually-hidden', 'data-test': 'server-files' };
    return h('div', { class: 'row' }, h('label', { class: 'button' }, h('input', { ...props, onchange: picked }), w.fetch));
  }

  update({ server, collection, taught, mayAsk }, previous) {
    this.hidden = !server.connection?.found;
    if (this.hidden) return;
    const questions = collection?.query_list.length ?? 0;
    const { measuring, fetched } = server;
    this.search.textContent = server.isSearched ? w.searchHere : w.search;
    this.note.hidden = !taught || leavesPassages(taught);
    this.judged.hidden = questions === 0;
    this.measure.textContent = w.measure(questions);
    this.measure.disabled = !mayAsk || measuring !== null;
    this.measureLead.textContent = w.measureLead(leavesPassages(taught));
    this.progress.textContent = measuring ? w.measuring(measuring) : '';
    this.cancel.hidden = measuring === null;
    this.fetched.textContent = fetched ? (fetched.total ? w.fetching(fetched) : w.fetched(fetched)) : '';
    // Figures of another lesson or of other questions are no longer what would be measured.
    const { measured } = server;
    const isCurrent = measured && measured.taught === taught && measured.collection === collection;
    const shown = isCurrent ? measured : null;
    if (shown !== this.shown || !previous.server) this.showMeasured(shown);
  }

  showMeasured(measured) {
    this.shown = measured;
    if (!measured) return fill(this.result);
    const { evaluation } = measured;
    const tests = evaluation.systems.length > 1 && testsTable(evaluation);
    fill(this.result, systemsTable(evaluation), h('p', { class: 'quiet prose' }, w.measured(measured)), tests);
  }
}

customElements.define('figret-server-work', ServerWork);
