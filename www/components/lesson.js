// A lesson as it goes and as it ended: how far, what is in the step, what was kept, and the ways to steer it.

import { batchBar } from '../charts/batch.js';
import { validationBase } from '../charts/curriculum.js';
import { fill, h } from '../dom.js';
import { count } from '../format.js';
import { usesGuidance } from '../methods.js';
import { isEnd } from '../taught.js';
import { words } from '../words.js';
import { Announcer, quarter } from './announcer.js';
import { FigretElement } from './element.js';
import { LessonExample } from './lesson-example.js';

const w = words.lesson;
const NONE = [];

class Lesson extends FigretElement {
  build() {
    this.heading = h('h2', {});
    this.left = h('span', { class: 'quiet' });
    this.announcer = new Announcer();
    this.bar = h('progress', { class: 'lesson-bar', 'data-test': 'teach-progress', 'aria-label': w.progress });
    this.controls = this.buildControls();
    this.batch = h('div', { class: 'batch' });
    this.chart = h('figret-curriculum-chart', {});
    this.rounds = h('figret-rounds', {});
    this.stories = h('figret-stories', {});
    this.example = new LessonExample();
    this.kept = h('p', { class: 'kept', 'data-test': 'kept' });
    this.note = h('p', { class: 'quiet' });
    this.ahead = h('dl', { class: 'objectives' });
    fill(
      this,
      h('div', { class: 'lesson-head' }, this.heading, this.left),
      this.bar,
      this.controls,
      this.kept,
      this.note,
      this.batch,
      this.chart,
      this.ahead,
      this.rounds,
      this.stories,
      this.example.element,
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
    const steps = lesson?.steps ?? NONE;
    const last = steps.at(-1);
    const ended = !teaching && taught?.origin === 'taught' ? taught : null;
    const rounds = (teaching ? lesson.rounds : ended?.rounds) ?? NONE;
    this.chart.state = {
      settings: lesson?.settings ?? settings,
      steps,
      rounds: steps.length > 0 ? rounds.filter((round) => !isEnd(round, ended)) : NONE,
      base: validationBase(ended, steps),
      kept: ended?.kept_step ?? null,
    };
    this.rounds.state = { rounds, taught: ended, poorBelow: lesson?.settings.poor_below ?? null };
    this.stories.state = { stories: ended?.stories ?? NONE };
    this.toggleAttribute('data-teaching', Boolean(teaching));
    const hasObjectives = steps.length === 0 && collection?.feedback && settings && usesGuidance(settings);
    fill(this.ahead, ...(hasObjectives ? objectiveList(collection.feedback) : []));
    this.bar.hidden = !teaching;
    this.controls.hidden = !teaching;
    this.showControls(teaching);
    this.showHead(teaching, last, rounds.at(-1), ended);
    this.kept.textContent = ended ? w.kept(ended) : '';
    this.note.textContent = teaching ? '' : note(ended, lesson, { settings, collection, evaluation });
    fill(this.batch, teaching && last ? batchBar(last, w.batch) : null);
    if (teaching) this.example.show(last?.example);
    else if (previous.teaching) this.example.clear();
  }

  /** While the passages are embedded again there is nothing left to halt, only to discard. */
  showControls(teaching) {
    const status = teaching?.status;
    const isTaught = teaching?.embedding?.what === 'passages';
    this.pause.hidden = isTaught || status !== 'running';
    this.stop.hidden = isTaught;
    this.resume.hidden = status !== 'paused';
    this.stop.disabled = status === 'stopping';
  }

  showHead(teaching, last, round, ended) {
    this.heading.textContent = headline(teaching, last, round, ended);
    this.left.textContent = teaching && last && !teaching.embedding ? remaining(teaching, last) : '';
    const { value, max } = teaching?.embedding
      ? { value: teaching.embedding.done, max: teaching.embedding.total }
      : { value: last?.step ?? 0, max: last?.steps ?? 1 };
    this.bar.max = max;
    this.bar.value = value;
    if (teaching)
      this.announcer.say(
        `${this.heading.textContent}. ${this.left.textContent}`,
        `${teaching.status} ${quarter(value, max)} ${round?.round}`,
      );
  }
}

function note(ended, lesson, { settings, collection, evaluation }) {
  if (ended) return w.endedNote(ended, lesson?.settings);
  const feedback = collection?.feedback;
  return feedback && settings ? w.aheadNote(feedback, evaluation?.feedback, settings) : '';
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

function headline(teaching, last, round, ended) {
  if (teaching) return last && !teaching.embedding ? w.title(last, round) : w.preparing(teaching.embedding);
  return ended ? w.ended(ended) : w.titleBefore;
}

function remaining({ status }, last) {
  return status === 'running' ? w.left(last.seconds_left, last.memory_bytes) : w[status];
}

customElements.define('figret-lesson', Lesson);
