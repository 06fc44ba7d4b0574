// The evaluator's tables as functions of its result: systems by measures, tests in full, probes.

import { h } from '../dom.js';
import { count, fixed, pValue, signed } from '../format.js';
import { words } from '../words.js';
import { numbersTable } from './numbers-table.js';

const w = words.evaluator;

const TONES = { better: 'tone-up', worse: 'tone-down' };
const ARROWS = { better: '▲ ', worse: '▼ ' };

/** A row a system, a column a measure: its mean, and under it the change with its interval. */
export function systemsTable(evaluation) {
  const { measures, systems, reference } = evaluation;
  const row = (system) =>
    h(
      'tr',
      { 'data-system': system.name },
      h(
        'th',
        { scope: 'row' },
        w.systems[system.name],
        system.name === reference && h('span', { class: 'tag' }, w.reference),
      ),
      ...measures.map((name, i) => figure(system, name, system.means[i])),
    );
  return h(
    'div',
    { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': w.caption(evaluation) },
    h(
      'table',
      { class: 'table systems-table', 'data-test': 'systems-table' },
      h('caption', { class: 'quiet' }, w.caption(evaluation)),
      head([w.system, ...measures]),
      h('tbody', {}, ...systems.map(row)),
    ),
  );
}

function figure(system, measure, mean) {
  const test = system.tests.find((candidate) => candidate.measure === measure);
  const change =
    test &&
    h(
      'span',
      { class: `change ${TONES[test.verdict] ?? 'quiet'}` },
      `${ARROWS[test.verdict] ?? ''}${signed(test.mean_change)} (${w.interval(test.interval)})`,
    );
  return h('td', { class: 'number' }, h('span', { class: 'mean' }, fixed(mean)), change);
}

/** Every test with all its numbers, in a disclosure. */
export function testsTable(evaluation) {
  const table = numbersTable(w.testHead, () => testRows(evaluation));
  table.querySelector('summary').textContent = w.tests;
  return table;
}

/** A row for each test, under `words.evaluator.testHead`. */
export const testRows = ({ systems, reference }) =>
  systems
    .filter(({ name }) => name !== reference)
    .flatMap((system) =>
      system.not_tested
        ? [[w.systems[system.name], w.notTested(system.not_tested)]]
        : system.tests.map((test) => testRow(system, test)),
    );

const optional = (value, write) => (value === null || value === undefined ? w.noFigure : write(value));

const testRow = (system, test) => [
  w.systems[system.name],
  test.measure,
  signed(test.mean_change),
  w.interval(test.interval),
  pValue(test.p_randomization),
  pValue(test.p_holm),
  optional(test.p_t_test, pValue),
  optional(test.detectable_change, fixed),
  test.won_tied_lost.map(count).join(' / '),
  w.verdicts[test.verdict],
];

/** The probes by objective, or why there are none. */
export function probesTable(probes) {
  if (!probes) return [h('p', { class: 'quiet prose' }, w.probes.none)];
  const row = (probe) =>
    h(
      'tr',
      {},
      h('th', { scope: 'row' }, words.objectives[probe.objective]),
      ...[
        count(probe.examples),
        w.share(probe.before, probe.before_interval),
        w.share(probe.after, probe.after_interval),
        fixed(probe.chance, 2),
        probe.gained_lost.map(count).join(' / '),
        pValue(probe.p_value),
      ].map((text) => h('td', { class: 'number' }, text)),
    );
  const table = h(
    'table',
    { class: 'table', 'data-test': 'probes-table' },
    head(w.probes.head),
    h('tbody', {}, ...probes.objectives.map(row)),
  );
  return [
    h('p', { class: 'quiet prose' }, w.probes.lead(probes)),
    h('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': w.probes.title }, table),
  ];
}

const head = (texts) =>
  h('thead', {}, h('tr', {}, ...texts.map((text, i) => h('th', { scope: 'col', class: i > 0 && 'number' }, text))));
