// What of the feedback touched the shown query: its own where it is a feedback query, otherwise what lies nearest.

import { fill, h } from '../dom.js';
import { fixed } from '../format.js';
import { standingOf } from '../taught.js';
import { words } from '../words.js';
import { FigretElement } from './element.js';
import { feedbackLine } from './feedback-line.js';

const w = words.queryFeedback;

class QueryFeedback extends FigretElement {
  build() {
    this.said = h('div', { class: 'prose' });
    this.lines = h('ol', { class: 'told', 'data-test': 'told' });
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
    fill(this, h('h2', {}, w.title), this.said, this.lines, this.nearest);
  }

  /** The feedback query that is shown, if it is one. */
  get sample() {
    const { search, evaluation } = this.state;
    return evaluation?.feedback?.samples.find(({ query }) => query === search.result?.query);
  }

  update({ search, evaluation, taught, told, nearest, isRecorded, collection }, previous) {
    const { result } = search;
    this.hidden = !result || !(collection?.feedback || isRecorded);
    if (this.hidden) return;
    const isOther = result !== previous.search?.result || evaluation !== previous.evaluation;
    if (isOther || taught !== previous.taught) this.showOwn(result);
    if (isOther || told !== previous.told) this.showTold(result);
    this.nearest.hidden = !evaluation?.feedback;
    this.look();
    if (nearest !== previous.nearest) this.showNearest(nearest);
  }

  showOwn(result) {
    const { taught, evaluation } = this.state;
    const { sample } = this;
    const story = sample && taught?.stories.find(({ query }) => query === sample.query);
    const kind = sample ? 'taught' : result.query_id ? 'judged' : 'own';
    fill(this.said, h('p', {}, w.kinds[kind](sample, evaluation?.feedback)), story && storyLine(story));
  }

  /** What the LLM said about a query of the feedback is asked for once. */
  showTold(result) {
    const { told, ready } = this.state;
    const isTold = told?.query === result.query;
    if (this.sample && ready && !isTold) this.send('feedback-on', { query: result.query });
    const lines = (isTold && told.lines) || [];
    fill(this.lines, ...lines.map((line) => feedbackLine(line, result.query)));
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
