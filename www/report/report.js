// The report of a comparison: verdict, figures, plots, every question, and what it takes to make it again.

import { curriculum, validationBase } from '../charts/curriculum.js';
import { intervalChart } from '../charts/interval.js';
import { changeStrip } from '../charts/strip.js';
import { probesTable, systemsTable, testRows } from '../components/evaluator-tables.js';
import { measuresTable } from '../components/measured.js';
import { filledTable } from '../components/numbers-table.js';
import { verdict } from '../components/verdict.js';
import { h } from '../dom.js';
import { fixed, signed } from '../format.js';
import { isEnd } from '../taught.js';
import { changeOf, countsOf, kindOf } from '../walk.js';
import { words } from '../words.js';
import { factsOf } from './facts.js';
import { documentFile } from './file.js';

const w = words.report;

/** Pixels; the plots shrink with the page and do not grow. */
const WIDTH = 960;
const INTERVAL_WIDTH = 480;

/** `{ name, bytes }` of the report on the state's comparison. */
export async function reportFile(state) {
  const { comparison, taught, lesson, systems } = state;
  const evaluation = systems?.comparison === comparison ? systems.evaluation : null;
  const facts = await factsOf(state);
  const title = w.title(state.collection.name);
  return documentFile('figret-report.html', title, [
    h('h1', {}, title),
    h('p', { class: 'quiet' }, w.lead(state.engineInfo, facts.written)),
    verdict(comparison, taught),
    ...measured(comparison, state.collection.is_sample),
    ...changes(comparison),
    ...(evaluation ? baselines(evaluation) : []),
    ...(lesson?.steps?.length ? lessonPlot(lesson, taught) : []),
    h('h2', {}, w.again),
    h('p', { class: 'quiet' }, w.againLead),
    h('pre', {}, JSON.stringify(facts, null, 2)),
    h('h2', {}, words.compare.tableTitle(comparison.per_query.length, comparison.per_query.length)),
    wide(filledTable(words.compare.head, comparison.per_query.map(questionRow))),
  ]);
}

function measured(c, isSample) {
  const figures = {
    mean: c.mean_change,
    interval: c.interval,
    detectable: c.detectable_change || null,
    verdict: c.verdict,
  };
  const notes = [c.detectable_change > 0 && words.compare.detectable(c), words.compare.test(c), words.compare.conditions(c)];
  return [
    h('h2', {}, words.compare.measuredTitle),
    ...measuresTable(c),
    h('h3', {}, words.compare.intervalTitle),
    intervalChart(figures, { width: INTERVAL_WIDTH, label: words.compare.intervalLabel(c) }),
    ...[...notes, isSample && words.compare.llm].filter(Boolean).map((text) => h('p', { class: 'quiet' }, text)),
  ];
}

function changes(c) {
  const bars = c.per_query.map((query) => ({ change: changeOf(query), kind: kindOf(query), isIn: true }));
  const mean = { value: c.mean_change, interval: c.interval, text: words.compare.stripMean(c) };
  return [
    h('h2', {}, words.compare.stripTitle),
    h('p', {}, w.counts(countsOf(c.per_query))),
    changeStrip(bars, mean, { width: WIDTH, label: words.compare.stripTitle }),
  ];
}

function baselines(evaluation) {
  return [
    h('h2', {}, words.evaluator.title),
    systemsTable(evaluation),
    h('p', { class: 'quiet' }, words.evaluator.note(evaluation)),
    wide(filledTable(words.evaluator.testHead, testRows(evaluation))),
    h('h3', {}, words.evaluator.probes.title),
    ...probesTable(evaluation.probes),
  ];
}

function lessonPlot({ settings, steps, rounds }, taught) {
  return [
    h('h2', {}, w.lesson),
    curriculum({
      settings,
      steps,
      rounds: (rounds ?? []).filter((round) => !isEnd(round, taught)),
      base: validationBase(taught, steps),
      kept: taught.kept_step,
      focus: null,
      width: WIDTH,
    }),
  ];
}

const wide = (table) => h('div', { class: 'scroll', tabindex: 0 }, table);

const questionRow = (query) => [query.text, fixed(query.before), fixed(query.after), signed(changeOf(query))];
