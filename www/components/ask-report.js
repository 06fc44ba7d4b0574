// What came of the LLM's answers, and what to do next.

import { fill, h } from '../dom.js';
import { bytes } from '../format.js';
import { words } from '../words.js';
import { askStep } from './ask-step.js';
import { badLineList } from './bad-lines.js';
import { FigretElement } from './element.js';

const w = words.ask.report;

class AskReport extends FigretElement {
  build() {
    this.setAttribute('aria-live', 'polite');
  }

  update({ asked: { report } }, previous) {
    if (previous.asked && report === previous.asked.report) return;
    fill(this, report && this.notice(report));
  }

  notice(report) {
    const { repeated, refused, refused_count: refusedCount, notes, open, stage } = report;
    return askStep(
      h('h3', {}, w.title),
      h('p', { class: 'quiet' }, w.lead),
      h('p', { class: 'strong', 'data-test': 'ask-report' }, w.taken(report)),
      repeated > 0 && h('p', {}, w.repeated(repeated)),
      refusedCount > 0 && disclosure(w.refused(refusedCount), badLineList(refused, refusedCount), 'ask-refused'),
      notes.length > 0 && disclosure(w.notes(notes.length), noteList(notes), 'ask-notes'),
      open > 0 && h('p', {}, w.open(open)),
      open === 0 && stage === 'guidance' && h('p', {}, w.teachNext),
      h('div', { class: 'row' }, stage === 'preferences' && this.guidanceNext(), feedbackLink(report.file)),
    );
  }

  guidanceNext() {
    const onclick = () => this.send('ask-wish', { stage: 'guidance' });
    return h('button', { class: 'button', type: 'button', 'data-test': 'ask-guidance-next', onclick }, w.guidanceNext);
  }
}

const disclosure = (summary, content, test) =>
  h('details', { class: 'ask-wide', 'data-test': test }, h('summary', {}, summary), content);

const noteList = (notes) => h('ul', { class: 'bad-lines', tabindex: 0 }, ...notes.map((note) => h('li', {}, note)));

const feedbackLink = ({ name, url, sizeBytes }) =>
  h(
    'a',
    { class: 'button', href: url, download: name, 'data-test': 'ask-feedback-file' },
    `${w.save} (${bytes(sizeBytes)})`,
  );

customElements.define('figret-ask-report', AskReport);
