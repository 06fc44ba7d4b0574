// Experiments about the method: which, at what cost, start and stop, and what they have come to so far.

import { drawing } from '../charts/drawing.js';
import { lessonSeconds } from '../cost.js';
import { fill, h } from '../dom.js';
import { words } from '../words.js';
import { Announcer } from './announcer.js';
import { FigretElement } from './element.js';
import { field, numberInput, showValue } from './field.js';

const w = words.experiments;

/** Files of a report, by their endings. */
const ENDINGS = ['json', 'md', 'svg'];

class Experiments extends FigretElement {
  build() {
    const send = (name) => (value) => this.send('experiment', { [name]: value });
    this.choice = h(
      'select',
      { 'data-test': 'experiment', onchange: () => send('name')(this.choice.value) },
      ...Object.entries(w.names).map(([value, name]) => h('option', { value }, name)),
    );
    this.question = h('p', { class: 'quiet prose' });
    this.seeds = numberInput({ min: 1, max: 10, step: 1 }, send('seeds'));
    this.steps = numberInput({ min: 2, max: 2000, step: 1, 'data-test': 'experiment-steps' }, send('steps'));
    this.button = h('button', {
      class: 'button primary',
      type: 'button',
      'data-test': 'experiment-button',
      onclick: () => this.send('experiment-run'),
    });
    this.stop = h(
      'button',
      { class: 'button', type: 'button', 'data-test': 'experiment-stop', onclick: () => this.send('experiment-stop') },
      w.stop,
    );
    this.note = h('p', { class: 'quiet', 'data-test': 'experiment-note' });
    this.bar = h('progress', { class: 'lesson-bar', max: 1, value: 0 });
    this.announcer = new Announcer();
    this.result = h('div', { class: 'experiment-result', 'data-test': 'experiment-result' });
    const choices = h(
      'div',
      { class: 'experiment-choices' },
      field(w.choice, this.choice),
      field(w.seeds, this.seeds),
      field(w.steps, this.steps),
    );
    this.details = h(
      'details',
      { class: 'experiments', ontoggle: () => this.planIfOpen() },
      h('summary', {}, w.title),
      h('p', { class: 'quiet prose' }, w.lead),
      choices,
      this.question,
      h('div', { class: 'row' }, this.button, this.stop),
      this.note,
      this.bar,
      this.announcer.element,
      this.result,
      h('p', { class: 'quiet prose' }, w.transfer),
    );
    fill(this, this.details);
  }

  /** The cost is found out when somebody looks. */
  planIfOpen() {
    const { experimenting, mayTeach } = this.state;
    if (this.details.open && mayTeach && !experimenting.report) this.send('experiment-plan');
  }

  update(state, previous) {
    const { collection, experiment, experimenting, mayTeach } = state;
    this.hidden = !collection?.feedback || collection.judged_queries === 0;
    if (this.hidden) return;
    const { report, running } = experimenting;
    this.showChoice(experiment, running);
    this.button.textContent = w.button(report);
    this.button.disabled = !mayTeach || isDone(report);
    this.stop.hidden = !running?.isRun;
    this.stop.disabled = Boolean(running?.isStopping);
    this.note.textContent = running?.isRun ? w.running(running, report) : this.cost(state);
    this.bar.hidden = !running?.isRun;
    this.bar.value = report ? report.done / report.trials : 0;
    this.bar.setAttribute('aria-label', w.title);
    if (report) this.announcer.say(w.done(report), `${report.name} ${report.done}`);
    if (report !== previous.experimenting?.report) this.show(report);
    if (mayTeach && !previous.mayTeach) this.planIfOpen();
  }

  showChoice({ name, seeds, steps }, running) {
    this.choice.value = name;
    this.question.textContent = w.questions[name];
    showValue(this.seeds, seeds);
    showValue(this.steps, steps);
    for (const input of [this.choice, this.seeds, this.steps]) input.disabled = running !== null;
  }

  show(report) {
    const save = (detail) => this.send('experiment-save', detail);
    fill(this.result, ...(report?.done > 0 ? parts(report, save) : []));
  }

  /** What the missing trials will take, measured by lessons of the same kind. */
  cost({ experiment: { steps }, experimenting: { report }, defaults, settings, textSeconds, engineInfo }) {
    if (!report) return '';
    if (isDone(report)) return w.done(report);
    const lesson = { ...defaults, steps, batch_queries: settings.batch_queries };
    const seconds = lessonSeconds({ settings: lesson, textSeconds, engineInfo });
    return w.cost(report, seconds === null ? null : seconds * (report.trials - report.done));
  }
}

const isDone = (report) => report !== null && report.done === report.trials;

function parts(report, save) {
  const button = (ending) =>
    h(
      'button',
      { class: 'button', type: 'button', 'data-test': `experiment-${ending}`, onclick: () => save({ ending }) },
      w.files[ending],
    );
  const cell = (text, i) => (i === 0 ? h('th', { scope: 'row' }, text) : h('td', {}, text));
  const row = ({ cells }) => h('tr', {}, ...cells.map(cell));
  const table = h(
    'table',
    { class: 'table', 'data-test': 'experiment-table' },
    h('thead', {}, h('tr', {}, ...report.header.map((text) => h('th', { scope: 'col' }, text)))),
    h('tbody', {}, ...report.rows.map(row)),
  );
  return [
    h('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': w.plot }, drawing(report.drawing)),
    h('p', { class: 'quiet prose' }, report.summary),
    h('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': w.table }, table),
    h('div', { class: 'row' }, ...ENDINGS.map(button)),
  ];
}

customElements.define('figret-experiments', Experiments);
