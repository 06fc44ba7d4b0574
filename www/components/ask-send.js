// The requests on their way: sent one by one with progress, or saved as files and brought back.

import { fill, h } from '../dom.js';
import { bytes, counted } from '../format.js';
import { baseOf } from '../llm/address.js';
import { kindsOf, roughTokens } from '../llm/wishes.js';
import { words } from '../words.js';
import { AskProgress } from './ask-progress.js';
import { askStep } from './ask-step.js';
import { causeMessage, causeNotice, failureNotice } from './cause.js';
import { FigretElement } from './element.js';

const w = words.ask.send;

class AskSend extends FigretElement {
  build() {
    this.heading = h('h3', {});
    this.lead = h('p', { class: 'quiet' });
    this.requests = h('div', { class: 'ask-requests', 'data-test': 'ask-requests' });
    this.progress = new AskProgress(() => this.send('ask-cancel'));
    this.failures = h('details', { class: 'ask-failures ask-wide' });
    this.end = h('div', { 'aria-live': 'polite' });
    this.actions = h('div', { class: 'row' });
    this.failure = h('div', { 'aria-live': 'polite' });
    this.files = h('div', { class: 'ask-content' });
    fill(
      this,
      askStep(
        this.heading,
        this.lead,
        this.requests,
        this.progress.element,
        this.end,
        this.failures,
        this.actions,
        this.files,
        this.failure,
      ),
    );
  }

  update({ asking, asked, mayAsk }, previous) {
    const { way } = asking;
    const { batch, sending, files, failure } = asked;
    const isEndpoint = way === 'endpoint';
    this.heading.textContent = w.title[way];
    this.lead.textContent = w.lead[way];
    if (batch !== previous.asked?.batch || !previous.asked) fill(this.requests, ...batchSummary(batch));
    this.progress.show(isEndpoint ? sending : null);
    this.showEnd(isEndpoint ? sending : null, previous.asked?.sending);
    fill(this.actions, ...(isEndpoint && batch ? this.endpointActions(asking, asked, mayAsk) : []));
    fill(this.failure, failure?.task === 'taking' && failureNotice(failure));
    const isOther = way !== previous.asking?.way || files !== previous.asked?.files || mayAsk !== previous.mayAsk;
    if (isOther) fill(this.files, ...(isEndpoint ? [] : [fileList(files), this.answerFiles(mayAsk)]));
  }

  showEnd(sending, before) {
    this.failures.hidden = !sending?.failures.length;
    if (sending === before && sending) return;
    const end = sending?.end;
    const cause = end?.cause && causeNotice(end.cause, (model) => this.send('ask-wish', { model }));
    fill(this.end, end && h('p', { class: 'strong', 'data-test': 'ask-end' }, w.ended[endingOf(end)]), cause);
    if (!sending?.failures.length) return;
    const failure = ({ query, cause: why }) => h('li', {}, query, ' ', h('span', { class: 'quiet' }, causeMessage(why)));
    const list = h('ul', { class: 'bad-lines', tabindex: 0 }, ...sending.failures.map(failure));
    fill(this.failures, h('summary', {}, w.showFailures(sending.failed)), list);
  }

  endpointActions({ endpoint }, { batch, sending }, mayAsk) {
    if (sending?.isRunning || batch.asks.length === 0) return [];
    const done = sending?.done ?? 0;
    const open = batch.asks.length - done;
    const button = (kind, test, event, text, props) =>
      h('button', { class: kind, type: 'button', 'data-test': test, onclick: () => this.send(event), ...props }, text);
    const host = hostOf(endpoint.base);
    const send = done > 0 ? w.more(open) : w.button(open, host);
    return [
      done > 0 && button('button primary', 'ask-take', 'ask-take', w.take(done), { disabled: !mayAsk }),
      open > 0 && button(done > 0 ? 'button' : 'button primary', 'ask-send', 'ask-send', send),
    ];
  }

  answerFiles(mayAsk) {
    const input = h('input', {
      type: 'file',
      multiple: true,
      class: 'visually-hidden',
      disabled: !mayAsk,
      'data-test': 'ask-answer-files',
      onchange: () => {
        const files = [...input.files];
        input.value = '';
        if (files.length > 0) this.send('ask-answers', { files });
      },
    });
    return h(
      'div',
      { class: 'ask-back' },
      h('label', { class: 'button' }, input, w.files),
      h('p', { class: 'quiet' }, w.filesNote),
    );
  }
}

function batchSummary(batch) {
  if (!batch) return [h('p', { class: 'quiet' }, w.none)];
  const { asks, judged, without } = batch;
  const kinds = kindsOf(asks).map(([kind, n]) => counted(n, w.kinds[kind], w.kinds[kind]));
  const notes = [judged > 0 && w.judged(judged), without > 0 && w.without(without)].filter(Boolean);
  const size = asks.length > 0 && h('p', { class: 'quiet' }, w.tokens(roughTokens(asks)));
  const head = asks.length > 0 ? `${w.requests(asks.length)}: ${kinds.join(', ')}` : w.nothing;
  return [h('p', { class: 'strong' }, head), size, ...notes.map((text) => h('p', { class: 'quiet' }, text))];
}

const hostOf = (text) => {
  const base = baseOf(text);
  return base ? new URL(base).host : text;
};

const endingOf = ({ isWhole, isCancelled, cause }) =>
  (isWhole && 'whole') || (cause && 'fatal') || (isCancelled && 'cancelled') || 'partly';

function fileList(files) {
  if (files.length === 0) return null;
  const item = ({ name, url, sizeBytes }) =>
    h(
      'li',
      {},
      h(
        'a',
        { href: url, download: name, 'data-test': 'ask-batch-file' },
        h('code', {}, name),
        h('span', { class: 'quiet' }, bytes(sizeBytes)),
        h('span', { class: 'download' }, w.save),
      ),
    );
  return h('ul', { class: 'export-files' }, ...files.map(item));
}

customElements.define('figret-ask-send', AskSend);
