// The rankings side by side, and between neighbours the lines of every passage's movement.

import { movementLines } from '../charts/movement.js';
import { fill, h } from '../dom.js';
import { movesBetween, systemsOf } from '../systems.js';
import { isBaseKept } from '../taught.js';
import { termsOf } from '../terms.js';
import { words } from '../words.js';
import { clearColumn, column, showColumn } from './column.js';
import { FigretElement } from './element.js';
import { invitation } from './invitation.js';

const w = words.columns;

class Columns extends FigretElement {
  /** What is shown: `{ key, passages, ndcg }` each. */
  systems = [];
  /** Between neighbours: `{ picture, moves }`. */
  gaps = [];
  litId = null;

  build() {
    this.shells = new Map();
    this.switch = h('div', { class: 'segments side-switch', role: 'group', 'aria-label': w.show });
    this.frame = h('div', { class: 'columns', 'data-shown': 'before' });
    fill(this, this.switch, this.frame);
    this.place(['before', 'after']);
    this.frame.addEventListener('pointerover', ({ target }) => this.light(target));
    this.frame.addEventListener('pointerleave', () => this.light(null));
    this.frame.addEventListener('focusin', ({ target }) => this.light(target));
    this.frame.addEventListener('focusout', ({ relatedTarget }) => this.light(relatedTarget));
    this.frame.addEventListener('click', () => this.draw());
    new ResizeObserver(() => this.draw()).observe(this.frame);
  }

  /** Puts the columns of these systems in their order, with room for lines between them. */
  place(keys) {
    if (this.keys?.join() === keys.join()) return;
    this.keys = keys;
    for (const key of keys) if (!this.shells.has(key)) this.shells.set(key, column(key));
    this.gaps = keys.slice(1).map(() => ({ picture: h('div', { class: 'movement' }), moves: [] }));
    const parts = keys.map((key, i) => [i > 0 && this.gaps[i - 1].picture, this.shells.get(key).root]);
    this.frame.dataset.systems = keys.length;
    fill(this.frame, ...parts.flat());
    fill(this.switch, ...keys.map((key) => this.choice(key)));
    this.showSide(keys.includes(this.frame.dataset.shown) ? this.frame.dataset.shown : 'before');
  }

  choice(key) {
    const press = () => this.showSide(key);
    return h('button', { type: 'button', 'data-side': key, onclick: press }, w.systems[key].name);
  }

  /** On a narrow screen one column shows at a time. */
  showSide(side) {
    this.frame.dataset.shown = side;
    for (const { root } of this.shells.values()) root.classList.toggle('shown', root.dataset.side === side);
    for (const button of this.switch.children) {
      button.setAttribute('aria-pressed', String(button.dataset.side === side));
    }
  }

  update(state, previous) {
    const { result, busy } = state.search;
    this.frame.classList.toggle('busy', busy);
    const isOther = result !== previous.search?.result;
    if (isOther || this.gains(state) !== this.gains(previous)) this.showRankings(result, previous.search?.result);
    this.frame.classList.toggle('single', !result?.after);
    if (!result?.after) {
      const card = invitation(state, (name) => this.send(name));
      fill(this.shells.get('after').body, card);
    }
    for (const [key, { about }] of this.shells) {
      about.textContent = key === 'after' ? afterNote(state.taught) : w.systems[key].note;
    }
  }

  /** What the LLM said of candidates in its latest line on the shown query. */
  gains({ told, search }) {
    return told && told.query === search?.result?.query ? (told.lines?.at(-1)?.gains ?? null) : null;
  }

  showRankings(result, shownBefore) {
    this.systems = systemsOf(result);
    const others = this.systems.map(({ key }) => key).filter((key) => key !== 'before' && key !== 'after');
    this.place(['before', 'after', ...others]);
    if (!result?.after) clearColumn(this.shells.get('after'));
    if (!result) clearColumn(this.shells.get('before'));
    const ways = this.keys.slice(1).map((key, i) => this.movesTo(i, key));
    const terms = termsOf(result?.query ?? '');
    const gains = new Map(this.gains(this.state)?.map(({ passage_id: id, gain }) => [id, gain]));
    for (const system of this.systems) {
      const at = this.keys.indexOf(system.key);
      const moves = ways[Math.max(0, at - 1)];
      const byId = moves && new Map(moves.map((move) => [move.id, move]));
      const options = { terms, judged: Boolean(result.query_id), gains, moves: byId, isFirst: at === 0 };
      showColumn(this.shells.get(system.key), system, options);
    }
    this.gaps.forEach((gap, i) => (gap.moves = ways[i] ?? []));
    if (result?.after && !shownBefore?.after) this.showSide('after');
    this.draw();
  }

  /** The moves into a column from its left neighbour; `null` if one of them is empty. */
  movesTo(i, key) {
    const system = (name) => this.systems.find((candidate) => candidate.key === name);
    const [left, right] = [system(this.keys[i]), system(key)];
    return left && right ? movesBetween(left, right) : null;
  }

  draw() {
    this.litId = null;
    // All is measured before anything is drawn, so that the page is laid out once.
    const measured = this.gaps.map((gap, i) => this.measure(gap, i));
    for (const [i, { picture }] of this.gaps.entries()) {
      fill(picture, measured[i] && movementLines(measured[i].moves, measured[i].size));
    }
  }

  /** The moves of a gap with heights in place of ranks, and the picture's size; `null` if there is nothing to draw. */
  measure({ picture, moves }, i) {
    const [width, height] = [picture.clientWidth, picture.clientHeight];
    if (moves.length === 0 || width === 0) return null;
    const { top } = picture.getBoundingClientRect();
    const [left, right] = [i, i + 1].map((at) => centers(this.shells.get(this.keys[at]).body, top));
    const placed = moves.map((move) => ({
      ...move,
      from: left.get(move.id) ?? null,
      to: right.get(move.id) ?? null,
      text: w.stub(move),
    }));
    const names = [this.keys[i], this.keys[i + 1]].map((key) => w.systems[key].name);
    return { moves: placed, size: { width, height, label: w.picture(...names), name: `gap-${i}` } };
  }

  /** Lights one passage in all columns and its lines; `null` lights none. */
  light(target) {
    const id = target?.closest?.('[data-passage-id]')?.dataset.passageId ?? null;
    if (id === this.litId) return;
    this.litId = id;
    this.frame.classList.toggle('dimmed', id !== null);
    for (const element of this.frame.querySelectorAll('[data-passage-id]')) {
      element.classList.toggle('lit', element.dataset.passageId === id);
    }
  }
}

const afterNote = (taught) => (isBaseKept(taught) ? w.baseNote : w.afterNotes[taught?.towers ?? 'query']);

function centers(body, top) {
  const rows = [...body.querySelectorAll('.passage')];
  return new Map(
    rows.map((row) => {
      const box = row.getBoundingClientRect();
      return [row.dataset.passageId, Math.round(box.top - top + box.height / 2)];
    }),
  );
}

customElements.define('figret-columns', Columns);
