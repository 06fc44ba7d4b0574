// How far the sending is, for eyes and for screen readers.

import { h } from '../dom.js';
import { words } from '../words.js';
import { Announcer, quarter } from './announcer.js';
import { causeMessage } from './cause.js';

const w = words.ask.send;

/** A bar with its numbers, and the way to stop. */
export class AskProgress {
  constructor(onCancel) {
    this.bar = h('progress', { class: 'lesson-bar', 'aria-label': w.progress, 'data-test': 'ask-progress' });
    this.text = h('p', { class: 'number ask-figures' });
    this.wait = h('p', { class: 'quiet' });
    this.notKept = h('p', { class: 'quiet warn' }, w.notKept);
    this.announcer = new Announcer();
    const hooks = { 'data-test': 'ask-cancel', onclick: onCancel };
    this.cancel = h('button', { class: 'button', type: 'button', ...hooks }, w.cancel);
    this.element = h(
      'div',
      { class: 'ask-content' },
      this.text,
      this.bar,
      this.wait,
      this.notKept,
      this.announcer.element,
      this.cancel,
    );
  }

  /** Shows a run, or nothing without one. */
  show(sending) {
    this.element.hidden = !sending;
    if (!sending) return;
    const { done, total, failed, isRunning, isLasting, secondsLeft, wait } = sending;
    const parts = [
      w.done(sending),
      failed > 0 && w.failed(failed),
      isRunning && secondsLeft !== null && w.left(secondsLeft),
    ];
    this.text.textContent = parts.filter(Boolean).join(', ');
    this.bar.max = total || 1;
    this.bar.value = done;
    this.wait.textContent = wait ? w.wait(causeMessage(wait.cause), wait.seconds) : '';
    this.notKept.hidden = isLasting;
    this.cancel.hidden = !isRunning;
    this.announcer.say(this.text.textContent, `${isRunning} ${quarter(done + failed, total)}`);
  }
}
