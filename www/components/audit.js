// The audit of the feedback: a button with its cost, what was found, and what to leave out of it.

import { partsOf, placesOf } from '../audit.js';
import { auditCost } from '../cost.js';
import { fill, h } from '../dom.js';
import { words } from '../words.js';
import { FigretElement } from './element.js';
import { findingItem } from './finding.js';

const w = words.audit;

class Audit extends FigretElement {
  /** Codes of the findings whose places are to be left out. */
  chosen = new Set();

  build() {
    this.button = h('button', {
      class: 'button',
      type: 'button',
      'data-test': 'audit-button',
      onclick: () => this.send('audit'),
    });
    this.cost = h('p', { class: 'quiet' });
    this.apply = h('button', {
      class: 'button primary',
      type: 'button',
      'data-test': 'apply-leave-out',
      onclick: () => this.send('leave-out', { places: this.places() }),
    });
    this.head = h('p', { class: 'audit-head', role: 'status', 'data-test': 'audit-head' });
    this.result = h('div', { class: 'audit-result' });
    const start = h('div', { class: 'audit-start' }, this.button, this.cost);
    fill(this, h('h2', {}, w.title), h('p', { class: 'quiet' }, w.lead), start, this.head, this.result);
  }

  update(state, previous) {
    const { collection, audit, mayTeach, engineInfo, work } = state;
    this.hidden = !collection?.feedback;
    if (this.hidden) return;
    // What was found in other feedback is of no use here.
    const shown = audit?.collection === collection ? audit : null;
    const { texts, seconds } = auditCost(state);
    this.button.textContent = (shown?.report ? w.again : w.button)(seconds, engineInfo);
    this.button.disabled = !mayTeach;
    this.cost.textContent = work?.task === 'auditing' ? progressOf(work) : w.cost(texts, collection.feedback.rounds);
    if (audit !== previous.audit || collection !== previous.collection) this.show(shown);
    this.showApply();
  }

  show(audit) {
    this.chosen.clear();
    const { report, leftOut } = audit ?? {};
    this.head.textContent = report ? w.result(report) : leftOut > 0 ? w.leftOut(leftOut) : '';
    fill(this.result, ...(report ? this.reportParts(report) : []));
  }

  reportParts({ findings, absent, not_checked: notChecked }) {
    const item = (finding) => findingItem(finding, (isChosen) => this.choose(finding.code, isChosen));
    const hasPlaces = findings.some((finding) => finding.leave_out.length > 0);
    return [
      findings.length > 0 && h('ol', { class: 'findings' }, ...findings.map(item)),
      hasPlaces && h('div', { class: 'row audit-apply' }, this.apply, h('p', { class: 'quiet' }, w.applyNote)),
      h('div', { class: 'audit-rest' }, absentList(absent), notCheckedList(notChecked)),
    ];
  }

  choose(code, isChosen) {
    if (isChosen) this.chosen.add(code);
    else this.chosen.delete(code);
    this.showApply();
  }

  places() {
    return placesOf(this.state.audit?.report?.findings ?? [], this.chosen);
  }

  showApply() {
    const places = this.places();
    this.apply.textContent = places.length > 0 ? w.apply(partsOf(places)) : w.applyNothing;
    this.apply.disabled = places.length === 0 || !this.state.mayTeach;
  }
}

const progressOf = ({ progress }) => (progress ? words.status.embedding(progress) : '');

function absentList(codes) {
  if (codes.length === 0) return null;
  const item = (code) => h('li', {}, w.code(code));
  return h('section', {}, h('h3', {}, w.absent), h('ul', { class: 'plain' }, ...codes.map(item)));
}

function notCheckedList(missing) {
  if (missing.length === 0) return null;
  const item = ({ code, reason }) => h('li', {}, `${w.code(code)}: `, h('span', { class: 'quiet' }, reason));
  return h('section', {}, h('h3', {}, w.notChecked), h('ul', { class: 'plain' }, ...missing.map(item)));
}

customElements.define('figret-audit', Audit);
