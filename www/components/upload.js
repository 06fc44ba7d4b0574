// One's own files: pickers, what is wrong with them, what was used.

import { fill, h } from '../dom.js';
import { words } from '../words.js';
import { badLineList, refusedLines } from './bad-lines.js';
import { FigretElement } from './element.js';
import { formatChoice, importPreview } from './import-preview.js';

const w = words.upload;

class Upload extends FigretElement {
  build() {
    this.outcome = h('div', { class: 'outcome', 'aria-live': 'polite' });
    fill(this, h('h2', {}, w.title), h('p', { class: 'prose quiet' }, w.lead), this.zone(), this.outcome, formats());
  }

  zone() {
    const picked = ({ target }) => this.picked(target);
    const files = h('input', {
      type: 'file',
      multiple: true,
      class: 'visually-hidden',
      'data-test': 'file-input',
      onchange: picked,
    });
    const folder = h('input', { type: 'file', webkitdirectory: true, class: 'visually-hidden', onchange: picked });
    return h(
      'div',
      { class: 'drop-zone' },
      h('p', {}, h('strong', {}, w.drop), ' ', w.anywhere),
      h(
        'div',
        { class: 'row' },
        h('label', { class: 'button' }, files, w.files),
        h('label', { class: 'button' }, folder, w.folder),
      ),
    );
  }

  /** Brings the pickers into view and the focus to the first. */
  reveal() {
    this.scrollIntoView({ block: 'nearest' });
    this.querySelector('input').focus();
  }

  picked(input) {
    const files = [...input.files];
    input.value = '';
    if (files.length > 0) this.send('files', { files });
  }

  update({ upload, collection }) {
    const views = {
      idle: () => null,
      waiting,
      reading,
      refused: () => this.refused(upload, Boolean(collection)),
      done: () => report(collection, this.preview(upload, collection)),
    };
    fill(this.outcome, views[upload.stage](upload));
  }

  refused(upload, isOpen) {
    const { failure } = upload;
    const notes = [this.otherFormat(upload), isOpen && h('p', { class: 'quiet' }, w.kept)].filter(Boolean);
    return failure.code === 'bad_lines' ? this.badLines(upload, failure, notes) : wholeFailure(failure, notes);
  }

  /** A format that was chosen by hand may be the wrong one. */
  otherFormat({ files, leaveOut, wish }) {
    return wish && formatChoice(wish, [], (next) => this.send('files', { files, leaveOut, wish: next }));
  }

  /** How another tool's feedback was understood, with the way to have it read otherwise. */
  preview({ files, leaveOut, wish }, collection) {
    const { import: info } = collection ?? {};
    if (!info) return null;
    return importPreview(info, Boolean(wish), (next) => this.send('files', { files, leaveOut, wish: next }));
  }

  badLines({ files, wish }, failure, notes) {
    const leaveOut = () => this.send('files', { files, wish, leaveOut: true });
    return h(
      'div',
      { class: 'notice problem', 'data-test': 'upload-error', role: 'alert' },
      h('strong', {}, w.badLines(failure)),
      refusedLines(failure),
      h(
        'div',
        { class: 'row' },
        h(
          'button',
          { class: 'button primary', type: 'button', 'data-test': 'leave-out', onclick: leaveOut },
          w.leaveOut(failure.bad_line_count),
        ),
        h('button', { class: 'button', type: 'button', onclick: () => this.send('forget-upload') }, w.stop),
      ),
      ...notes,
    );
  }
}

const reading = ({ files }) => h('p', { class: 'notice' }, w.reading(files));

const waiting = ({ files }) => h('p', { class: 'notice' }, w.waiting(files));

function wholeFailure({ message, hint }, notes) {
  return h(
    'div',
    { class: 'notice problem', 'data-test': 'upload-error', role: 'alert' },
    h('strong', {}, message),
    hint && h('p', {}, hint),
    ...notes,
  );
}

function report(collection, preview) {
  if (!collection) return null;
  const { left_out: lines, left_out_count: leftOut } = collection;
  const notice = h(
    'div',
    { class: 'notice good', 'data-test': 'upload-report' },
    h('strong', {}, w.report(collection)),
    leftOut > 0 && h('p', {}, w.leftOut(leftOut)),
    lines.length > 0 && h('details', {}, h('summary', {}, w.showLeftOut), badLineList(lines, leftOut)),
  );
  return [notice, preview];
}

function formats() {
  const format = ({ name, note, example }) =>
    h(
      'div',
      { class: 'format' },
      h('p', {}, h('code', {}, name), ' ', h('span', { class: 'quiet' }, note)),
      h('pre', { tabindex: 0 }, example),
    );
  return h('details', { class: 'formats' }, h('summary', {}, w.formats), ...w.formatList.map(format));
}

customElements.define('figret-upload', Upload);
