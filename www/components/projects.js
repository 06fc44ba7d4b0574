// The projects in this browser: what they hold, their room, and the way out and in as a file.

import { fill, h } from '../dom.js';
import { words } from '../words.js';
import { FigretElement } from './element.js';
import { projectItem } from './project-item.js';

const w = words.projects;

class Projects extends FigretElement {
  /** The item that is being renamed or deleted: `{ id, kind }`. */
  mode = null;
  /** What gets the focus when the list is drawn again. */
  focus = null;

  build() {
    this.heading = h('h2', { tabindex: -1 }, w.title);
    this.notes = h('div', { class: 'prose' });
    this.list = h('ul', { class: 'projects', 'data-test': 'projects' });
    this.room = h('p', { class: 'quiet' });
    const input = h('input', {
      type: 'file',
      class: 'visually-hidden',
      'data-test': 'project-import',
      onchange: () => this.picked(input),
    });
    const imports = h(
      'div',
      { class: 'row' },
      h('label', { class: 'button' }, input, w.import),
      h('span', { class: 'quiet' }, w.importNote),
    );
    fill(this, this.heading, h('p', { class: 'prose quiet' }, w.lead), this.notes, this.list, imports, this.room);
  }

  picked(input) {
    const files = [...input.files];
    input.value = '';
    if (files.length > 0) this.send('project-import', { files });
  }

  update({ projects, isUnkept, projectFile }, previous) {
    if (!projects) return;
    if (projectFile && projectFile !== previous.projectFile) this.focus = { id: projectFile.id, act: 'save' };
    fill(this.notes, ...this.notesOf(projects, isUnkept));
    this.room.textContent = projects.room ? w.room(projects.room) : '';
    this.room.hidden = !projects.room;
    // What is being written there stays until it is done.
    const isBusy = this.mode && projects.list.some(({ id }) => id === this.mode.id);
    if (!isBusy) this.draw();
  }

  notesOf({ isAvailable, isLasting, list }, isUnkept) {
    if (!isAvailable) return [h('p', { class: 'notice' }, w.unavailable)];
    const again = () => this.send('project-copy');
    return [
      !isLasting && h('p', { class: 'notice', 'data-test': 'projects-not-lasting' }, w.notLasting),
      list.length === 0 && h('p', { class: 'quiet', 'data-test': 'projects-none' }, w.none),
      isUnkept &&
        h('p', {}, w.unkept, ' ', h('button', { class: 'link-button', type: 'button', onclick: again }, w.keepAgain)),
    ];
  }

  draw() {
    const { projects, project, projectFile } = this.state;
    const item = (one) => {
      const isOpen = one.id === project?.id;
      const how = {
        isOpen,
        isElsewhere: isOpen && project.isElsewhere,
        mode: this.mode?.id === one.id ? this.mode.kind : null,
        file: projectFile?.id === one.id ? projectFile : null,
      };
      return projectItem(one, how, (name, detail) => this.act(one.id, name, detail));
    };
    const active = document.activeElement;
    const row = active?.closest('figret-projects li');
    if (row && active.dataset.act) this.focus ??= { id: row.dataset.id, act: active.dataset.act };
    const opened = new Set([...this.list.querySelectorAll('li:has(details[open])')].map(({ dataset }) => dataset.id));
    fill(this.list, ...projects.list.map(item));
    for (const details of this.list.querySelectorAll('details')) {
      details.open = opened.has(details.closest('li').dataset.id);
    }
    this.refocus();
  }

  refocus() {
    if (!this.focus) return;
    const { id, act } = this.focus;
    this.focus = null;
    const row = [...this.list.children].find(({ dataset }) => dataset.id === id);
    (row?.querySelector(`[data-act="${act}"]`) ?? this.heading).focus();
  }

  act(id, name, detail) {
    const acts = {
      open: () => this.send('project-open', { id }),
      export: () => this.send('project-export', { id }),
      rename: () => this.turnTo({ id, kind: 'rename' }, 'name'),
      remove: () => this.turnTo({ id, kind: 'remove' }, 'keep'),
      cancel: () => this.turnBack(id, detail.from),
      renamed: () => {
        this.send('project-rename', { id, ...detail });
        this.turnBack(id, 'rename');
      },
      removed: () => {
        this.send('project-remove', { id });
        this.mode = null;
        this.heading.focus();
      },
    };
    acts[name]();
  }

  turnTo(mode, act) {
    this.mode = mode;
    this.focus = { id: mode.id, act };
    this.draw();
  }

  turnBack(id, act) {
    this.mode = null;
    this.focus = { id, act };
    this.draw();
  }
}

customElements.define('figret-projects', Projects);
