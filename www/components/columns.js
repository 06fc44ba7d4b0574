// The two rankings side by side, and between them the lines of every passage's movement.

import { movementLines } from '../charts/movement.js';
import { fill, h } from '../dom.js';
import { isBaseKept } from '../taught.js';
import { words } from '../words.js';
import { FigretElement } from './element.js';
import { invitation } from './invitation.js';
import { movement, passageItem } from './passage.js';

const w = words.columns;

class Columns extends FigretElement {
  build() {
    this.sides = { before: column('before', w.before, w.beforeNote), after: column('after', w.after, w.afterNotes.query) };
    this.picture = h('div', { class: 'movement' });
    this.frame = h(
      'div',
      { class: 'columns', 'data-shown': 'before' },
      this.sides.before.root,
      this.picture,
      this.sides.after.root,
    );
    this.switch = this.buildSwitch();
    fill(this, this.switch, this.frame);
    this.frame.addEventListener('pointerover', (event) => this.light(event.target));
    this.frame.addEventListener('pointerleave', () => this.light(null));
    this.frame.addEventListener('focusin', (event) => this.light(event.target));
    this.frame.addEventListener('click', () => this.draw());
    new ResizeObserver(() => this.draw()).observe(this.frame);
  }

  buildSwitch() {
    const choice = (side) =>
      h(
        'button',
        {
          type: 'button',
          'data-side': side,
          'aria-pressed': String(side === 'before'),
          onclick: () => this.showSide(side),
        },
        w[side],
      );
    return h(
      'div',
      { class: 'segments side-switch', role: 'group', 'aria-label': w.show },
      choice('before'),
      choice('after'),
    );
  }

  /** On a narrow screen one column shows at a time. */
  showSide(side) {
    this.frame.dataset.shown = side;
    for (const button of this.switch.children)
      button.setAttribute('aria-pressed', String(button.dataset.side === side));
  }

  update(state, previous) {
    const { result } = state.search;
    this.frame.classList.toggle('busy', state.search.busy);
    if (result !== previous.search?.result) this.showRankings(result, previous.search?.result);
    if (!result?.after)
      fill(
        this.sides.after.body,
        invitation(state, (name) => this.send(name)),
      );
    this.frame.classList.toggle('single', !result?.after);
    this.sides.after.note.textContent = afterNote(state.taught);
  }

  showRankings(result, shownBefore) {
    this.showColumn('before', result, result?.ndcg_before);
    if (result?.after) {
      this.showColumn('after', result, result.ndcg_after);
      if (shownBefore && !shownBefore.after) this.showSide('after');
    }
    this.draw();
  }

  showColumn(side, result, ndcg) {
    const passages = result?.[side] ?? [];
    const options = (passage) => ({
      side,
      judged: Boolean(result.query_id),
      moved: movement(passage, side, passages.length),
    });
    const list = h('ol', { class: 'passages' }, ...passages.map((passage) => passageItem(passage, options(passage))));
    fill(this.sides[side].body, list);
    this.sides[side].figure.textContent = ndcg === null || ndcg === undefined ? '' : w.ndcg(ndcg);
  }

  draw() {
    const result = this.state?.search.result;
    if (!result?.after || this.picture.clientWidth === 0) {
      fill(this.picture);
      return;
    }
    const size = { width: this.picture.clientWidth, height: this.picture.clientHeight, label: w.picture };
    fill(this.picture, movementLines(this.links(result), size));
  }

  /** For every passage of either column where its line begins and ends. */
  links({ before, after }) {
    const top = this.picture.getBoundingClientRect().top;
    const left = centers(this.sides.before.body, top);
    const right = centers(this.sides.after.body, top);
    const all = [
      ...before.map((passage) => ({ passage, moved: movement(passage, 'before', after.length) })),
      ...after
        .filter(({ passage_id: id }) => !left.has(id))
        .map((passage) => ({ passage, moved: movement(passage, 'after', before.length) })),
    ];
    return all.map(({ passage, moved }) => ({
      id: passage.passage_id,
      kind: moved?.kind ?? 'same',
      relevant: passage.grade > 0,
      from: left.get(passage.passage_id) ?? null,
      to: right.get(passage.passage_id) ?? null,
    }));
  }

  /** Lights one passage in both columns and its line; `null` lights none. */
  light(target) {
    const id = target?.closest?.('[data-passage-id]')?.dataset.passageId ?? null;
    this.picture.classList.toggle('dimmed', id !== null);
    for (const element of this.frame.querySelectorAll('[data-passage-id]')) {
      element.classList.toggle('lit', element.dataset.passageId === id);
    }
  }
}

const afterNote = (taught) => (isBaseKept(taught) ? w.baseNote : w.afterNotes[taught?.towers ?? 'query']);

function column(side, title, note) {
  const figure = h('span', { class: 'column-figure' });
  const body = h('div', { class: 'column-body' });
  const about = h('span', { class: 'quiet' }, note);
  const head = h('div', { class: 'column-head' }, h('h2', {}, title), about, figure);
  return {
    root: h(
      'section',
      { class: `column column-${side}`, 'data-test': `column-${side}`, 'aria-label': title },
      head,
      body,
    ),
    body,
    figure,
    note: about,
  };
}

function centers(body, top) {
  const rows = [...body.querySelectorAll('[data-passage-id]')];
  return new Map(
    rows.map((row) => {
      const box = row.getBoundingClientRect();
      return [row.dataset.passageId, Math.round(box.top - top + box.height / 2)];
    }),
  );
}

customElements.define('figret-columns', Columns);
