// What of the feedback touched the shown query: its own where it is a feedback query, otherwise what lies nearest.

import { fill, h } from '../dom.js';
import { fixed } from '../format.js';
import { standingOf } from '../taught.js';
import { excerpt, termsOf } from '../terms.js';
import { words } from '../words.js';
import { FigretElement } from './element.js';
import { marked } from './marked.js';

const w = words.queryFeedback;

class QueryFeedback extends FigretElement {
  build() {
    this.said = h('div', { class: 'prose' });
    this.examples = h('ol', { class: 'seen-examples' });
    this.progress = h('p', { class: 'quiet' });
    this.rows = h('ol', { class: 'nearest' });
    this.nearest = h(
      'details',
      { 'data-test': 'nearest' },
      h('summary', {}, w.nearest),
      h('p', { class: 'quiet' }, w.nearestNote),
      this.progress,
      this.rows,
    );
    this.nearest.addEventListener('toggle', () => this.look());
    fill(this, h('h2', {}, w.title), this.said, this.examples, this.nearest);
  }

  /** The feedback query that is shown, if it is one. */
  get sample() {
    const { search, evaluation } = this.state;
    return evaluation?.feedback?.samples.find(({ query }) => query === search.result?.query);
  }

  update({ search, evaluation, lesson, taught, nearest, isRecorded, collection }, previous) {
    const { result } = search;
    this.hidden = !result || !(collection?.feedback || isRecorded);
    if (this.hidden) return;
    const old = [previous.search?.result, previous.evaluation, previous.taught, previous.lesson];
    if (old.some((value, i) => value !== [result, evaluation, taught, lesson][i])) this.showOwn(result);
    this.nearest.hidden = !evaluation?.feedback;
    this.look();
    if (nearest !== previous.nearest) this.showNearest(nearest);
  }

  showOwn(result) {
    const { taught, lesson } = this.state;
    const { sample } = this;
    const story = sample && taught?.stories.find(({ query }) => query === sample.query);
    const kind = sample ? 'taught' : result.query_id ? 'judged' : 'own';
    fill(this.said, h('p', {}, w.kinds[kind](sample, this.state.evaluation?.feedback)), story && storyLine(story));
    const seen = sample && lesson ? seenOf(lesson.steps, sample.query) : [];
    const terms = termsOf(result.query);
    fill(this.examples, ...seen.map((example) => exampleItem(example, terms)));
    this.examples.hidden = seen.length === 0;
  }

  /** Asked for while the disclosure is open, for each query once. */
  look() {
    const { search, nearest, evaluation, ready } = this.state;
    const query = search.result?.query;
    if (!this.nearest.open || !query || !ready || !evaluation?.feedback || nearest?.query === query) return;
    this.send('nearest', { query });
  }

  showNearest(nearest) {
    const isUnderWay = nearest && !nearest.list;
    this.progress.textContent = isUnderWay ? w.embedding(nearest) : '';
    this.progress.hidden = !isUnderWay;
    if (nearest?.list) fill(this.rows, ...nearest.list.map((sample) => this.nearestRow(sample)));
  }

  nearestRow(sample) {
    const story = this.state.taught?.stories.find(({ query }) => query === sample.query);
    const show = () => this.send('show-query', { query: sample.query, queryId: null });
    return h(
      'li',
      {},
      h('button', { class: 'row-button', type: 'button', onclick: show }, sample.query),
      h('span', { class: 'quiet number' }, w.near(sample, story && story.figures.at(-1))),
    );
  }
}

/** The examples about a query that the lesson has shown, each once. */
function seenOf(steps, query) {
  const about = steps
    .filter(({ example }) => example?.query === query)
    .map(({ step, example }) => ({ step, ...example }));
  return [
    ...new Map(about.map((example) => [`${example.objective} ${example.better} ${example.worse}`, example])).values(),
  ];
}

const exampleItem = ({ step, objective, better, worse }, terms) =>
  h(
    'li',
    {},
    h('p', { class: 'quiet' }, w.seen(step, objective)),
    h('p', {}, h('span', { class: 'seen-sign tone-up' }, '▲ '), ...marked(excerpt(better, terms), terms)),
    h(
      'p',
      { class: 'quiet' },
      h('span', { class: 'seen-sign tone-down' }, '▼ '),
      ...marked(excerpt(worse, terms), terms),
    ),
  );

const storyLine = (story) =>
  h(
    'p',
    {},
    w.story(
      story.figures.map((value) => fixed(value)),
      words.stories.standings[standingOf(story)],
    ),
  );

customElements.define('figret-query-feedback', QueryFeedback);
