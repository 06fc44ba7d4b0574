// The query field: own words, or one of the collection's questions from a list under it.

import { fill, h } from '../dom.js';
import { hostOf, isOnServer } from '../servers/searched.js';
import { words } from '../words.js';
import { FigretElement } from './element.js';

const w = words.search;
const SUGGESTIONS = 8;

class Search extends FigretElement {
  active = -1;
  suggestions = [];

  build() {
    this.input = h('input', {
      type: 'text',
      id: 'query',
      class: 'query-input',
      autocomplete: 'off',
      placeholder: w.placeholder,
      'data-test': 'query-input',
      role: 'combobox',
      'aria-expanded': 'false',
      'aria-controls': 'query-options',
      'aria-autocomplete': 'list',
      oninput: () => this.suggest(),
      onclick: () => this.suggest(),
      onblur: () => this.close(),
      onkeydown: (event) => this.key(event),
    });
    this.list = h('ul', {
      id: 'query-options',
      class: 'options floating',
      role: 'listbox',
      'aria-label': w.options,
      hidden: true,
    });
    this.button = h('button', { class: 'button', 'data-test': 'search-button' }, w.button);
    this.next = h('button', { class: 'button', type: 'button', onclick: () => this.another() }, w.next);
    this.note = h('p', { class: 'quiet search-note' });
    const option = ([value, text]) => h('option', { value }, text);
    this.beside = h(
      'select',
      { 'data-test': 'beside', onchange: () => this.send('beside', { beside: this.beside.value }) },
      ...Object.entries(w.besides).map(option),
    );
    this.besideLabel = h('label', { class: 'beside quiet' }, w.beside, this.beside);
    this.where = h(
      'select',
      { 'data-test': 'where', onchange: () => this.send('server-search', { isSearched: this.where.value !== '' }) },
      h('option', { value: '' }, words.server.here),
      h('option', { value: 'server' }),
    );
    this.whereLabel = h('label', { class: 'beside quiet' }, words.server.where, this.where);
    const field = h(
      'div',
      { class: 'query-field' },
      h('label', { for: 'query', class: 'visually-hidden' }, w.label),
      this.input,
      this.list,
    );
    fill(
      this,
      h(
        'form',
        { class: 'search', role: 'search', onsubmit: (event) => this.submit(event) },
        field,
        this.button,
        this.next,
      ),
      h('div', { class: 'search-foot' }, this.note, this.whereLabel, this.besideLabel),
    );
  }

  update({ search, questions, ready, isRecorded, isWalked, server }, previous) {
    if (search.query !== previous.search?.query) this.input.value = search.query;
    this.beside.value = search.beside ?? '';
    this.besideLabel.hidden = !ready || isRecorded || isOnServer(server);
    this.showWhere(server);
    this.button.disabled = !ready && !isRecorded;
    this.next.disabled = !ready;
    this.next.hidden = isWalked || !questions?.list.length;
    this.note.textContent = isOnServer(server) ? words.server.note(hostOf(server)) : note(search.result, questions);
  }

  /** Where a person's server answers, it can be searched in place of the tab. */
  showWhere(server) {
    this.whereLabel.hidden = !server.connection?.found;
    if (this.whereLabel.hidden) return;
    this.where.lastElementChild.textContent = hostOf(server);
    this.where.value = isOnServer(server) ? 'server' : '';
  }

  /** Asks what is in the field; a question of the collection keeps its judgements. */
  submit(event) {
    event.preventDefault();
    const query = this.input.value.trim();
    this.close();
    const known = this.state.questions?.list.find((item) => item.text === query);
    if (query) this.ask({ query, queryId: known?.query_id ?? null });
  }

  /** Without the model only what was recorded can be shown. */
  ask(asked) {
    const { ready, isRecorded } = this.state;
    if (ready || (isRecorded && asked.queryId)) this.send('search', asked);
    else if (isRecorded) this.note.textContent = w.ownLater;
  }

  choose(item) {
    this.input.value = item.text;
    this.close();
    this.ask({ query: item.text, queryId: item.query_id });
  }

  another() {
    const { list } = this.state.questions;
    const at = list.findIndex((item) => item.query_id === this.state.search.queryId);
    this.choose(list[(at + 1) % list.length]);
  }

  suggest() {
    const list = this.state?.questions?.list ?? [];
    this.suggestions = matching(list, this.input.value, this.state?.search.query);
    this.active = -1;
    fill(this.list, ...this.suggestions.map((item, i) => this.option(item, i)));
    this.show(this.suggestions.length > 0);
  }

  option(item, i) {
    // On mousedown, because the field's blur closes the list before a click.
    const pick = (event) => {
      event.preventDefault();
      this.choose(item);
    };
    return h('li', { id: `query-option-${i}`, role: 'option', 'aria-selected': 'false', onmousedown: pick }, item.text);
  }

  key(event) {
    const moves = { ArrowDown: 1, ArrowUp: -1 };
    if (event.key in moves) {
      event.preventDefault();
      if (this.list.hidden) this.suggest();
      else this.move(moves[event.key]);
    } else if (event.key === 'Escape') {
      this.close();
    } else if (event.key === 'Enter' && this.active >= 0 && !this.list.hidden) {
      event.preventDefault();
      this.choose(this.suggestions[this.active]);
    }
  }

  move(by) {
    const n = this.suggestions.length;
    this.active = (this.active + by + n + (this.active < 0 && by < 0 ? 1 : 0)) % n;
    [...this.list.children].forEach((option, i) => option.setAttribute('aria-selected', String(i === this.active)));
    this.input.setAttribute('aria-activedescendant', `query-option-${this.active}`);
  }

  show(shown) {
    this.list.hidden = !shown;
    this.input.setAttribute('aria-expanded', String(shown));
    if (!shown) this.input.removeAttribute('aria-activedescendant');
  }

  close() {
    this.active = -1;
    this.show(false);
  }
}

/** Questions that hold every typed word; the list from its start while the shown query is unchanged. */
function matching(list, typed, shown) {
  const wanted = typed === shown ? [] : typed.toLowerCase().split(/\s+/).filter(Boolean);
  const fits = ({ text }) => wanted.every((word) => text.toLowerCase().includes(word));
  return list.filter(fits).slice(0, SUGGESTIONS);
}

function note(result, questions) {
  if (!result || !questions) return w.waiting;
  if (!result.query_id) return w.own;
  const judged = w.judged(questions.judged, result.relevant ?? 0);
  return questions.isSample ? `${judged} ${w.llmJudged}` : judged;
}

customElements.define('figret-search', Search);
