// One project in the list: what it holds, and what can be done with it.

import { fill, h } from '../dom.js';
import { bytes, fixed } from '../format.js';
import { words } from '../words.js';

const w = words.projects;

/**
 * A list item. `how` says what is shown of it: `isOpen`, `isElsewhere`, `mode` (`rename`, `remove` or none) and `file`,
 * its exported file; `act(name, detail)` is called with what the person does.
 */
export function projectItem(project, how, act) {
  return h(
    'li',
    { class: 'project', 'data-test': 'project', 'data-id': project.id },
    h(
      'div',
      { class: 'project-head' },
      ...(how.mode === 'rename' ? [renameForm(project, act)] : heading(project, how)),
    ),
    project.name && h('p', { class: 'quiet' }, w.dates(project)),
    project.name && h('p', { class: 'quiet', 'data-test': 'project-sizes' }, w.sizes(project.sizes)),
    project.name && holdings(project),
    how.mode === 'remove' ? confirmation(project, act) : buttons(project, how, act),
    how.file && saveLink(how.file),
  );
}

function heading({ name }, { isOpen, isElsewhere }) {
  const tag = isOpen && h('span', { class: 'tag', 'data-test': 'project-is-open' }, isElsewhere ? w.elsewhere : w.open);
  return [h('h3', {}, name ?? w.damaged, tag || '')];
}

function buttons(project, { isOpen }, act) {
  const button = (name) =>
    h(
      'button',
      {
        class: 'button',
        type: 'button',
        'data-test': `project-${name}`,
        'data-act': name,
        'aria-label': w.about(w.buttons[name], project.name ?? w.damaged),
        onclick: () => act(name),
      },
      w.buttons[name],
    );
  const names = project.name ? [!isOpen && 'open', 'rename', 'export', 'remove'] : ['remove'];
  return h('div', { class: 'row' }, ...names.filter(Boolean).map((name) => button(name)));
}

function renameForm(project, act) {
  const input = h('input', {
    type: 'text',
    value: project.name,
    required: true,
    maxlength: 200,
    'aria-label': w.nameLabel,
    'data-act': 'name',
    'data-test': 'project-name',
    onkeydown: ({ key }) => key === 'Escape' && act('cancel', { from: 'rename' }),
  });
  const submitted = (event) => {
    event.preventDefault();
    act('renamed', { name: input.value });
  };
  return h(
    'form',
    { class: 'row project-form', onsubmit: submitted },
    input,
    h('button', { class: 'button primary', type: 'submit', 'data-test': 'project-renamed' }, w.rename),
    h('button', { class: 'button', type: 'button', onclick: () => act('cancel', { from: 'rename' }) }, w.cancel),
  );
}

function confirmation(project, act) {
  const row = h('div', { class: 'row', role: 'group', 'aria-label': w.confirm(project) });
  const keep = () => act('cancel', { from: 'remove' });
  row.addEventListener('keydown', ({ key }) => key === 'Escape' && keep());
  const remove = { class: 'button', type: 'button', 'data-test': 'project-removed', onclick: () => act('removed') };
  fill(
    row,
    h('p', { class: 'warn' }, w.confirm(project)),
    h('button', remove, w.remove),
    h('button', { class: 'button', type: 'button', 'data-act': 'keep', onclick: keep }, w.keep),
  );
  return row;
}

const saveLink = (file) =>
  h(
    'p',
    {},
    h('a', { href: file.url, download: file.name, 'data-act': 'save', 'data-test': 'project-file' }, w.save(file)),
  );

function holdings(project) {
  const { files, runs } = project;
  if (files.length + runs.length === 0) return h('p', { class: 'quiet' }, w.holds(project));
  return h(
    'details',
    {},
    h('summary', { class: 'quiet' }, w.holds(project)),
    files.length > 0 && table(w.fileHead, files.map(fileRow)),
    runs.length > 0 && table(w.runHead, [...runs].reverse().map(runRow)),
  );
}

const fileRow = ({ name, roles, size }) => [h('code', {}, name), w.roles(roles ?? []), bytes(size)];

const runRow = (run) => [
  w.run(run),
  w.runSteps(run),
  run.comparison ? fixed(run.comparison.before) : '',
  run.comparison ? fixed(run.comparison.after) : '',
  run.comparison ? w.runChange(run.comparison) : '',
];

function table(head, rows) {
  const cells = (row) => h('tr', {}, ...row.map((cell) => h('td', {}, cell)));
  return h(
    'div',
    { class: 'project-table', tabindex: 0, role: 'region', 'aria-label': head[0] },
    h(
      'table',
      { class: 'table' },
      h('thead', {}, h('tr', {}, ...head.map((text) => h('th', { scope: 'col' }, text)))),
      h('tbody', {}, ...rows.map(cells)),
    ),
  );
}
