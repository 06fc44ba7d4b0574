// Composes the page: the store's state goes into the components, their events go to the flow.

import './components/ask.js';
import './components/audit.js';
import './components/badge.js';
import './components/baseline.js';
import './components/change-strip.js';
import './components/columns.js';
import './components/curriculum-chart.js';
import './components/data.js';
import './components/drop.js';
import './components/header.js';
import './components/help.js';
import './components/lesson.js';
import './components/own-files.js';
import './components/problem.js';
import './components/query-table.js';
import './components/rounds.js';
import './components/samples.js';
import './components/search.js';
import './components/status.js';
import './components/steps.js';
import './components/stories.js';
import './components/take-home.js';
import './components/teach.js';
import './components/update.js';
import './components/upload.js';
import './components/verdict.js';
import { Engine } from './engine.js';
import { exportAdapter, loadAdapter } from './flow/adapter.js';
import { chooseQueries, lookAround, prepare, takeAnswers, wish } from './flow/asking.js';
import { audit, leaveOut } from './flow/auditing.js';
import { resumeIndex, upload } from './flow/collection.js';
import { aside } from './flow/outcome.js';
import { search } from './flow/search.js';
import { cancelSending, collected, forget, send, setEndpoint, takeUp, test } from './flow/sending.js';
import { recover, start } from './flow/start.js';
import { compare, pause, resume, stop, teach } from './flow/teach.js';
import { Turns } from './flow/turns.js';
import { isolate, keep, takeNewVersion, watchVersions } from './offline.js';
import { optionsOf } from './options.js';
import { Address } from './places.js';
import { currentTheme, paintFrame, switchTheme } from './theming.js';
import { words } from './words.js';

const engine = new Engine();
const { store } = engine;
const turns = new Turns(engine);
const options = optionsOf(location, document.baseURI);
const address = new Address(store, options.presets);

/** The keys of the state that each component shows. */
const VIEWS = {
  'figret-header': ['collection', 'engineInfo', 'theme'],
  'figret-steps': [
    'place',
    'collection',
    'engineInfo',
    'indexed',
    'evaluation',
    'phase',
    'teaching',
    'lesson',
    'taught',
    'comparison',
    'adapter',
  ],
  'figret-status': ['work', 'search', 'collection', 'engineInfo', 'phase', 'place'],
  'figret-problem': ['problem'],
  'figret-update': ['hasNewVersion', 'isIdle', 'taught'],
  'figret-data': ['collection', 'indexed'],
  'figret-upload': ['upload', 'collection'],
  'figret-audit': ['audit', 'work', 'collection', 'mayTeach', 'textSeconds', 'engineInfo'],
  'figret-teach': ['settings', 'methods', 'collection', 'engineInfo', 'textSeconds', 'taught', 'mayTeach'],
  'figret-ask': ['asking', 'asked', 'collection', 'taught', 'settings', 'mayAsk'],
  'figret-lesson': ['teaching', 'lesson', 'taught', 'settings', 'evaluation', 'collection'],
  'figret-verdict': ['comparison', 'taught', 'collection', 'phase'],
  'figret-search': ['search', 'collection', 'ready'],
  'figret-columns': [
    'search',
    'collection',
    'engineInfo',
    'textSeconds',
    'evaluation',
    'settings',
    'teaching',
    'lesson',
    'taught',
    'mayTeach',
  ],
  'figret-baseline': ['collection', 'evaluation'],
  'figret-samples': ['evaluation', 'query'],
  'figret-change-strip': ['comparison', 'queryId'],
  'figret-query-table': ['comparison', 'queryId', 'isSample'],
  'figret-take-home': ['taught', 'adapter', 'comparison'],
};

/** What the components' events do. */
const ACTIONS = {
  start: () => begin(),
  'model-files': ({ files }) => beginWith(files),
  search: (detail) => search(engine, detail),
  'show-query': (detail) => showQuery(detail),
  'own-files': () => showUpload(),
  files: (detail) => openGiven(detail),
  'forget-upload': () => store.patch('upload', { stage: 'idle', files: [], failure: null }),
  index: () => turns.takeIfFree(resumeIndex),
  settings: (patch) => store.patch('settings', patch),
  audit: () => turns.takeIfFree(audit),
  'leave-out': (detail) => turns.takeIfFree((turn) => leaveOut(turn, detail)),
  'ask-look': () => lookAround(engine),
  'ask-endpoint': (patch) => setEndpoint(store, patch),
  'ask-test': () => test(store),
  'ask-wish': (patch) => wish(store, patch),
  'ask-queries': (detail) => chooseQueries(store, detail),
  'ask-prepare': () => turns.takeIfFree(prepare),
  'ask-send': () => sendAndTake(),
  'ask-cancel': () => cancelSending(),
  'ask-take': () => takeReplies(),
  'ask-answers': (detail) => turns.takeIfFree((turn) => takeAnswers(turn, detail)),
  'ask-take-up': (detail) => takeUp(store, detail),
  'ask-forget': (detail) => forget(store, detail),
  teach: () => teachAndCompare(),
  pause: () => pause(engine),
  resume: () => resume(engine),
  stop: () => stop(engine),
  cancel: ({ target }) => aside(store, () => engine.cancel(target)),
  export: () => exportAdapter(engine),
  'load-adapter': (detail) => unlessTeaching(() => turns.take((turn) => loadAdapter(turn, detail))),
  dismiss: () => store.update({ problem: null }),
  'new-version': () => takeNewVersion(),
  'later-version': () => store.update({ hasNewVersion: false }),
  theme: () => store.update({ theme: switchTheme() }),
};

/** The state with what follows from it. */
function derived(state) {
  const {
    collection,
    indexed,
    engineInfo,
    phase,
    asked: { sending },
    search: { query, queryId },
  } = state;
  return {
    ...state,
    query,
    queryId,
    isSample: Boolean(collection?.is_sample),
    isIdle: ['ready', 'compared', 'failed'].includes(phase) && !sending?.isRunning,
    ready: Boolean(engineInfo && indexed),
    mayAsk: Boolean(indexed && ['ready', 'compared'].includes(phase)),
    mayTeach: Boolean(indexed && collection?.feedback && ['ready', 'compared'].includes(phase)),
  };
}

function show(state) {
  const all = derived(state);
  document.documentElement.dataset.phase = state.phase;
  document.title = words.steps.title(state.place);
  for (const section of document.querySelectorAll('[data-place]')) {
    section.hidden = !section.dataset.place.split(' ').includes(state.place);
  }
  for (const [tag, keys] of Object.entries(VIEWS)) {
    document.querySelector(tag).state = Object.fromEntries(keys.map((key) => [key, all[key]]));
  }
}

/** Starts the engine; what concerns the visits to come waits until the page has its first results. */
async function begin() {
  await turns.take((turn) => start(turn, options));
  if (store.state.engineInfo && (await keep(options.threads))) document.documentElement.dataset.kept = '';
}

/** Files that were given serve for every start of this visit. */
function beginWith(modelFiles) {
  options.modelFiles = modelFiles;
  return begin();
}

async function beginVisit() {
  if (await isolate(options.threads)) return;
  await begin();
  watchVersions(() => store.update({ hasNewVersion: true }));
}

/** Teaches and compares; a second click while something is under way does nothing. */
function teachAndCompare() {
  address.goTo('teach');
  return turns.takeIfFree(async (turn) => {
    if (!(await teach(turn))) return;
    if (store.state.place === 'teach') address.goTo('compare');
    await compare(turn);
  });
}

/** What has been answered is taken in at once if nothing else is under way; there is a button for later. */
async function sendAndTake() {
  if (await send(store)) await takeReplies();
}

function takeReplies() {
  return turns.takeIfFree((turn) => takeAnswers(turn, { replies: collected(store) }));
}

function openGiven(detail) {
  address.goTo('data');
  return unlessTeaching(() => {
    store.update({ upload: { stage: 'waiting', files: detail.files, failure: null } });
    return turns.take((turn) => upload(turn, detail));
  });
}

/** A lesson is not thrown away by files that are dropped. */
function unlessTeaching(act) {
  if (!store.state.teaching) return act();
  store.update({ problem: words.problem.lessonFirst });
  return Promise.resolve();
}

function showQuery(detail) {
  document.querySelector('figret-search').scrollIntoView({ block: 'start' });
  return search(engine, detail);
}

/** Opens the place for files and puts the focus there; on a phone it lies further down. */
function showUpload() {
  address.goTo('data');
  address.read();
  show(store.state);
  document.querySelector('figret-upload').reveal();
}

/** The first link of the page; its address is for an element, not for a place. */
function skipToSearch(event) {
  event.preventDefault();
  address.goTo('before');
  address.read();
  show(store.state);
  document.querySelector('figret-search input').focus();
}

for (const [name, act] of Object.entries(ACTIONS)) {
  document.addEventListener(`figret:${name}`, ({ detail }) => act(detail));
}
document.querySelector('.skip').addEventListener('click', skipToSearch);
addEventListener('hashchange', () => address.read());
address.read();
store.update({ theme: currentTheme() });
paintFrame();
store.subscribe(show);
store.subscribe((state) => address.write(state));
engine.onCrash = (message) => turns.take((turn) => recover(turn, options, message));
beginVisit();

/** For tests and the curious: `await figret.engine.request({ kind: 'embed', … })`. */
window.figret = { engine };
