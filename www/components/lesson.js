// A lesson as it goes: how far, what is in the step, one example in words, and the ways to steer it.

import { batchBar } from '../charts/batch.js';
import { fill, h } from '../dom.js';
import { count } from '../format.js';
import { words } from '../words.js';
import { Announcer, quarter } from './announcer.js';
import { FigretElement } from './element.js';

const w = words.lesson;

/** An example stays for so long that it can be read. */
const EXAMPLE_MS = 5000;

class Lesson extends FigretElement {
  exampleSince = 0;

  build() {
    this.heading = h('h2', {});
    this.left = h('span', { class: 'quiet' });
    this.announcer = new Announcer();
    this.bar = h('progress', { class: 'lesson-bar', 'data-test': 'teach-progress', 'aria-label': w.progress });
    this.controls = this.buildControls();
    this.batch = h('div', { class: 'batch' });
    this.chart = h('figret-curriculum-chart', {});
    this.example = h('div', { class: 'example' });
    this.note = h('p', { class: 'quiet' });
    this.ahead = h('dl', { class: 'objectives' });
    fill(
      this,
      h('div', { class: 'lesson-head' }, this.heading, this.left),
      this.bar,
      this.controls,
      this.note,
      this.batch,
      this.chart,
      this.ahead,
      this.example,
      this.announcer.element,
    );
  }

  buildControls() {
    const button = (name, event, kind = '') =>
      h(
        'button',
        { class: `button ${kind}`, type: 'button', 'data-test': name, onclick: () => this.send(event) },
        w[name],
      );
    this.pause = button('pause', 'pause');
    this.resume = button('resume', 'resume', 'primary');
    this.stop = button('stop', 'stop');
    this.cancel = h(
      'button',
      {
        class: 'link-button',
        type: 'button',
        'data-test': 'teach-cancel',
        onclick: () => this.send('cancel', { target: this.state.teaching.id }),
      },
      w.cancel,
    );
    return h('div', { class: 'row' }, this.pause, this.resume, this.stop, this.cancel);
  }

  update({ teaching, lesson, taught, settings, evaluation, collection }, previous) {
    const steps = lesson?.steps ?? [];
    const last = steps.at(-1);
    this.chart.state = { settings: lesson?.settings ?? settings, steps, base: base(taught, steps) };
    this.toggleAttribute('data-teaching', Boolean(teaching));
    fill(this.ahead, ...(steps.length === 0 && collection?.feedback ? objectiveList(collection.feedback) : []));
    this.bar.hidden = !teaching;
    this.controls.hidden = !teaching;
    this.showControls(teaching);
    this.showHead(teaching, last, taught);
    this.note.textContent = teaching ? '' : note(taught, collection?.feedback, evaluation?.feedback);
    fill(this.batch, teaching && last ? batchBar(last, w.batch) : null);
    if (teaching) this.showExample(last?.example);
    else if (previous.teaching) fill(this.example);
  }

  showControls(teaching) {
    const status = teaching?.status;
    this.pause.hidden = status !== 'running';
    this.resume.hidden = status !== 'paused';
    this.stop.disabled = status === 'stopping';
  }

  showHead(teaching, last, taught) {
    this.heading.textContent = headline(teaching, last, taught);
    this.left.textContent = teaching && last ? remaining(teaching, last) : '';
    const { value, max } = teaching?.embedding
      ? { value: teaching.embedding.done, max: teaching.embedding.total }
      : { value: last?.step ?? 0, max: last?.steps ?? 1 };
    this.bar.max = max;
    this.bar.value = value;
    if (teaching)
      this.announcer.say(
        `${this.heading.textContent}. ${this.left.textContent}`,
        `${teaching.status} ${quarter(value, max)}`,
      );
  }

  showExample(example) {
    const now = performance.now();
    if (!example || (now - this.exampleSince < EXAMPLE_MS && this.example.firstChild)) return;
    this.exampleSince = now;
    fill(
      this.example,
      h('h3', {}, w.exampleTitle, h('span', { class: 'tag' }, words.objectives[example.objective])),
      h('p', { class: 'example-query' }, example.query),
      h('p', { class: 'quiet' }, w.exampleFor(example.objective)),
      h(
        'div',
        { class: 'example-pair' },
        side('▲', w.better, example.better, 'up'),
        side('▼', w.worse, example.worse, 'down'),
      ),
    );
  }
}

function note(taught, feedback, measured) {
  if (taught?.origin === 'taught') return w.endedNote(taught);
  return feedback ? w.aheadNote(feedback, measured) : '';
}

/** What the guidance examples are for, and how many there are. */
function objectiveList({ guidance }) {
  return ['relevance', 'comprehensiveness', 'purity'].map((name, i) =>
    h(
      'div',
      {},
      h('dt', {}, h('strong', {}, count(guidance[i])), ` ${words.objectives[name]}`),
      h('dd', { class: 'quiet' }, words.teach.objectiveHelp[name]),
    ),
  );
}

function headline(teaching, last, taught) {
  if (teaching) return last && !teaching.embedding ? w.title(last.step, last.steps) : w.preparing(teaching.embedding);
  return taught?.origin === 'taught' ? w.ended(taught) : w.titleBefore;
}

function remaining({ status }, last) {
  return status === 'running' ? w.left(last.seconds_left, last.memory_bytes) : w[status];
}

/** The figure that validation is held against: the base model's on the same lines. */
function base(taught, steps) {
  const value = steps.at(-1)?.validation_before ?? taught?.validation?.[0];
  return typeof value === 'number' ? { value, label: words.chart.base(value) } : null;
}

const side = (arrow, label, text, kind) =>
  h(
    'div',
    { class: `example-side example-${kind}` },
    h('p', { class: 'example-label' }, `${arrow} ${label}`),
    h('p', { class: 'example-text' }, text),
  );

customElements.define('figret-lesson', Lesson);
