// One finding of an audit: how grave it is, what was found and where, what it means, what to do.

import { partsOf } from '../audit.js';
import { fill, h } from '../dom.js';
import { words } from '../words.js';
import { fillLongList } from './long-list.js';

const w = words.audit;

/** A list item; `onChoose(isChosen)` is called when a person wants its places left out, or no more. */
export function findingItem(finding, onChoose) {
  const { code, severity, found, means, remedy, cases, leave_out: places } = finding;
  return h(
    'li',
    { class: `finding finding-${severity}`, 'data-test': 'finding', 'data-code': code },
    h('p', { class: 'severity' }, h('span', { 'aria-hidden': 'true' }, w.marks[severity]), ' ', w.severities[severity]),
    h(
      'div',
      { class: 'finding-body' },
      h('h3', {}, w.code(code)),
      h('p', {}, found),
      h('dl', {}, ...pair(w.means, means), ...pair(w.remedy, remedy)),
      cases.length > 0 && caseList(cases),
      places.length > 0 && choice(places, onChoose),
    ),
  );
}

const pair = (name, text) => [h('dt', {}, name), h('dd', {}, text)];

function caseList(cases) {
  const list = h('ol', { class: 'cases', tabindex: 0 });
  const more = h('div', {});
  const details = h('details', {}, h('summary', {}, w.cases(cases.length)), list, more);
  const show = () => fill(more, fillLongList(list, cases, caseItem, w.showAll));
  details.addEventListener('toggle', () => details.open && list.children.length === 0 && show());
  return details;
}

const caseItem = ({ place, detail }) =>
  h('li', { tabindex: -1 }, h('span', { class: 'case-place' }, w.place(place)), ' ', detail);

function choice(places, onChoose) {
  const box = h('input', { type: 'checkbox', 'data-test': 'choose-places', onchange: () => onChoose(box.checked) });
  return h('label', { class: 'choose' }, box, h('span', {}, w.choose(partsOf(places))));
}
