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
import './components/evaluator.js';
import './components/experiments.js';
import './components/header.js';
import './components/help.js';
import './components/keeping.js';
import './components/lesson.js';
import './components/map.js';
import './components/measured.js';
import './components/model-choice.js';
import './components/own-files.js';
import './components/problem.js';
import './components/projects.js';
import './components/query-feedback.js';
import './components/query-table.js';
import './components/recorded.js';
import './components/rounds.js';
import './components/samples.js';
import './components/search.js';
import './components/server.js';
import './components/status.js';
import './components/steps.js';
import './components/stories.js';
import './components/take-home.js';
import './components/teach.js';
import './components/update.js';
import './components/upload.js';
import './components/verdict.js';
import './components/walk.js';
import { Engine } from './engine.js';
import { exportAdapter, loadAdapter } from './flow/adapter.js';
import { chooseQueries, lookAround, prepare, takeAnswers, wish } from './flow/asking.js';
import { audit, leaveOut } from './flow/auditing.js';
import { measureAgain, openSampleAgain, resumeIndex, upload } from './flow/collection.js';
import { showBackend } from './flow/device.js';
import { evaluateSystems, saveEvaluation } from './flow/evaluating.js';
import { choose, plan, run, save, stop as stopTrials } from './flow/experimenting.js';
import { Keeping } from './flow/keeping.js';
import { drawMap } from './flow/mapping.js';
import { exportModel, forgetOutdated } from './flow/model.js';
import { findNearest } from './flow/nearest.js';
import { aside } from './flow/outcome.js';
import {
  exportProject,
  importProject,
  listProjects,
  lookForProjects,
  openProject,
  removeProject,
  renameProject,
} from './flow/projects.js';
import { loadRecorded } from './flow/recorded.js';
import { saveReport } from './flow/reporting.js';
import { search, showBeside } from './flow/search.js';
import { searchThere, setServer, testServer } from './flow/server.js';
import { filesWithCorpus } from './flow/server-corpus.js';
import { cancelMeasuring, measureThere } from './flow/server-measuring.js';
import { cancelSending, collected, forget, send, setEndpoint, takeUp, test } from './flow/sending.js';
import { changeModel, recover, start } from './flow/start.js';
import { compare, goesOn, pause, resume, stop, teach, teachOn } from './flow/teach.js';
import { askTold } from './flow/told.js';
import { Turns } from './flow/turns.js';
import { withLearningRate } from './methods.js';
import { rememberModel } from './model-choice.js';
import { isolate, keep, takeNewVersion, watchVersions } from './offline.js';
import { optionsOf } from './options.js';
import { Address } from './places.js';
import { isProjectFile } from './projects/pack.js';
import { currentTheme, paintFrame, switchTheme } from './theming.js';
import { comparedView, ownView } from './view.js';
import { words } from './words.js';

const engine = new Engine();
const { store } = engine;
const turns = new Turns(engine);
const keeping = new Keeping(engine);
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
    'recorded',
  ],
  'figret-status': ['work', 'search', 'collection', 'engineInfo', 'phase', 'place', 'isRecorded'],
  'figret-problem': ['problem'],
  'figret-keeping': ['restored', 'project', 'evaluation', 'comparison', 'isSample', 'isFree'],
  'figret-update': ['hasNewVersion', 'isIdle', 'taught'],
  'figret-data': ['collection', 'indexed'],
  'figret-model-choice': ['engineInfo', 'modelChoice'],
  'figret-upload': ['upload', 'collection'],
  'figret-server': ['server', 'engineInfo', 'collection', 'taught', 'mayAsk'],
  'figret-audit': ['audit', 'work', 'collection', 'mayTeach', 'textSeconds', 'engineInfo'],
  'figret-teach': [
    'settings',
    'methods',
    'collection',
    'engineInfo',
    'textSeconds',
    'taught',
    'mayTeach',
    'checkpoint',
    'teaching',
  ],
  'figret-experiments': [
    'experiment',
    'experimenting',
    'collection',
    'settings',
    'defaults',
    'textSeconds',
    'engineInfo',
    'mayTeach',
  ],
  'figret-projects': ['projects', 'project', 'projectFile', 'isUnkept', 'isSample'],
  'figret-ask': ['asking', 'asked', 'collection', 'taught', 'settings', 'mayAsk'],
  'figret-lesson': ['teaching', 'lesson', 'taught', 'settings', 'evaluation', 'collection'],
  'figret-baseline': ['collection', 'evaluation'],
  'figret-samples': ['evaluation', 'query'],
  'figret-take-home': ['taught', 'adapter', 'comparison', 'model', 'engineInfo'],
  'figret-evaluator': ['comparison', 'systems', 'mayEvaluate'],
  'figret-map': ['comparison', 'map', 'mayEvaluate', 'queryId', 'walk'],
};

/** The same for the components that show the recorded comparison while there is no other. */
const COMPARED_VIEWS = {
  'figret-recorded': ['recorded', 'isRecorded', 'settings', 'textSeconds', 'engineInfo', 'mayTeach', 'teaching'],
  'figret-verdict': ['comparison', 'taught', 'collection', 'phase', 'isRecordedAwaited'],
  'figret-change-strip': ['comparison', 'queryId', 'filter'],
  'figret-walk': ['comparison', 'walk', 'list', 'queryId'],
  'figret-search': ['search', 'questions', 'ready', 'isRecorded', 'isWalked', 'server'],
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
    'told',
    'mayTeach',
  ],
  'figret-query-feedback': ['search', 'collection', 'evaluation', 'taught', 'told', 'nearest', 'ready', 'isRecorded'],
  'figret-query-table': ['comparison', 'list', 'walk', 'queryId'],
  'figret-measured': ['comparison', 'isSample'],
};

/** What the components' events do. */
const ACTIONS = {
  start: () => begin(),
  'model-files': ({ files }) => beginWith(files),
  'choose-model': (detail) => unlessTeaching(() => chooseModel(detail)),
  search: (detail) => search(engine, detail),
  beside: (detail) => showBeside(engine, detail),
  'show-query': (detail) => showQuery(detail),
  walk: (patch) => store.patch('walk', patch),
  nearest: (detail) => findNearest(engine, detail),
  'feedback-on': (detail) => askTold(engine, detail),
  'own-files': () => showUpload(),
  files: (detail) => openGiven(detail),
  'forget-upload': () => store.patch('upload', { stage: 'idle', files: [], failure: null }),
  index: () => turns.takeIfFree(resumeIndex),
  settings: (patch) => store.patch('settings', withLearningRate(patch, store.state)),
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
  experiment: (patch) => {
    choose(store, patch);
    return turns.takeIfFree(plan);
  },
  'experiment-plan': () => turns.takeIfFree(plan),
  'experiment-run': () => turns.takeIfFree(run),
  'experiment-stop': () => stopTrials(engine),
  'experiment-save': (detail) => save(store, detail),
  server: (patch) => setServer(engine, patch),
  'server-test': () => testServer(engine),
  'server-search': (detail) => searchInPlace(detail),
  'server-measure': () => turns.takeIfFree(measureThere),
  'server-cancel': () => cancelMeasuring(),
  'server-files': (detail) => openWithCorpus(detail),
  teach: () => teachAndCompare(teach),
  'teach-on': () => teachAndCompare((turn) => teachOn(turn)),
  'teach-anew': () => store.update({ checkpoint: null }),
  map: () => turns.takeIfFree(drawMap),
  'evaluate-systems': (detail) => turns.takeIfFree((turn) => evaluateSystems(turn, detail)),
  'save-evaluation': (detail) => saveEvaluation(engine, detail),
  'save-report': () => saveReport(store),
  pause: () => pause(engine),
  resume: () => resume(engine),
  stop: () => stop(engine),
  cancel: ({ target }) => aside(store, () => engine.cancel(target)),
  export: () => exportAdapter(engine),
  'export-model': () => exportModel(engine),
  'load-adapter': (detail) => unlessTeaching(() => turns.take((turn) => loadAdapter(turn, detail))),
  'open-sample': () => openElse(openSampleAgain),
  'measure-again': () => turns.takeIfFree(measureAgain),
  'project-open': (detail) => openElse((turn) => openProject(turn, keeping, detail)),
  'project-rename': (detail) => renameProject(store, keeping, detail),
  'project-remove': (detail) => removeProject(store, keeping, detail),
  'project-export': (detail) => exportProject(store, keeping, detail),
  'project-import': ({ files }) => importGiven(files[0]),
  'project-copy': () => keeping.copy(),
  'project-save': () => keeping.save(),
  dismiss: () => store.update({ problem: null }),
  'new-version': () => takeNewVersion(),
  'later-version': () => store.update({ hasNewVersion: false }),
  theme: () => store.update({ theme: switchTheme() }),
};

function show(state) {
  const { dataset } = document.documentElement;
  dataset.phase = state.phase;
  dataset.place = state.place;
  dataset.recorded = state.isRecordedAwaited ? 'awaited' : '';
  document.title = words.steps.title(state.place);
  for (const section of document.querySelectorAll('[data-place]')) {
    section.hidden = !section.dataset.place.split(' ').includes(state.place);
  }
  const own = ownView(state);
  give(VIEWS, own);
  give(COMPARED_VIEWS, comparedView(own));
}

function give(views, all) {
  for (const [tag, keys] of Object.entries(views)) {
    document.querySelector(tag).state = Object.fromEntries(keys.map((key) => [key, all[key]]));
  }
}

/** Starts the engine; what concerns the visits to come waits until the page has its first results. */
async function begin() {
  await turns.take((turn) => start(turn, options, keeping));
  if (store.state.engineInfo && (await keep(options.threads))) document.documentElement.dataset.kept = '';
}

/** Files that were given serve for every start of this visit. */
function beginWith(modelFiles) {
  options.modelFiles = modelFiles;
  return begin();
}

/** Another model: what is open is opened again, and everything is embedded by it. */
async function chooseModel({ choice, files }) {
  const before = { model: options.model, modelFiles: [] };
  Object.assign(options, { model: choice, modelFiles: files });
  const isChanged = await turns.take((turn) => changeModel(turn, options, before, keeping));
  // One that cannot be used must not be in the way again.
  if (isChanged) rememberModel(choice);
  else Object.assign(options, before);
}

async function beginVisit() {
  if (await isolate(options.threads)) return;
  await begin();
  watchVersions(() => store.update({ hasNewVersion: true }));
}

/** Teaches and compares; a second click while something is under way does nothing. */
function teachAndCompare(flow) {
  address.goTo('teach');
  return turns.takeIfFree(async (turn) => {
    if (!(await flow(turn))) return;
    if (store.state.place === 'teach') address.goTo('compare');
    await compare(turn);
  });
}

/** Where a lesson went on by itself last. */
let goneOnFrom = null;

/** After the engine has ended it starts again; a lesson goes on from its last checkpoint. */
async function recoverAndGoOn(message) {
  await turns.take((turn) => recover(turn, options, message, keeping));
  const { checkpoint, engineInfo } = store.state;
  if (!engineInfo || !goesOn(checkpoint, goneOnFrom)) return;
  goneOnFrom = checkpoint;
  await teachAndCompare((turn) => teachOn(turn, words.problem.lessonGoesOn(message, checkpoint.step)));
}

/** What has been answered is taken in at once if nothing else is under way; there is a button for later. */
async function sendAndTake() {
  if (await send(store)) await takeReplies();
}

function takeReplies() {
  return turns.takeIfFree((turn) => takeAnswers(turn, { replies: collected(store) }));
}

async function openGiven(detail) {
  address.goTo('data');
  if (detail.files.length === 1 && (await isProjectFile(detail.files[0]))) return importGiven(detail.files[0]);
  return unlessTeaching(() => {
    store.update({ upload: { stage: 'waiting', files: detail.files, failure: null } });
    return turns.take((turn) => upload(turn, detail));
  });
}

/** Searches the person's server, or the tab again, where the columns are. */
function searchInPlace(detail) {
  if (store.state.place === 'data') address.goTo('before');
  return searchThere(engine, detail);
}

/** Opens files for which the person's server has the passages. */
async function openWithCorpus(detail) {
  const files = await filesWithCorpus(engine, detail);
  if (files) await openGiven({ files });
}

/** What is open is kept; then something else takes its place. */
function openElse(flow) {
  return unlessTeaching(async () => {
    await keeping.save();
    await turns.take(flow);
  });
}

/** Takes a project file in and opens it, unless a lesson is under way. */
async function importGiven(file) {
  const id = await importProject(store, { file });
  if (id && !store.state.teaching) await openElse((turn) => openProject(turn, keeping, { id }));
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
forgetOutdated(store);
store.subscribe(show);
store.subscribe((state) => address.write(state));
loadRecorded(store);
engine.onCrash = (message) => recoverAndGoOn(message);
engine.onBackend = (backend) => showBackend(store, backend);
engine.onVectors = (bytes) => keeping.addVectors(bytes);
keeping.onKept = () => listProjects(store);
keeping.watch();
lookForProjects(store);
paintFrame();
beginVisit();

/** For tests and the curious: `await figret.engine.request({ kind: 'embed', … })`. */
window.figret = { engine, keeping };
