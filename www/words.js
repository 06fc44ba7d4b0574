// Every word on the page, in one place; sentences with numbers are functions of them.

import { bytes, count, counted, duration, fixed, percent, pValue, roughDuration, signed } from './format.js';
import { usesGuidance, usesPreferences } from './methods.js';
import { ending, isBaseKept, isEarlierKept } from './taught.js';

const questions = (n) => counted(n, 'question');

const machine = (engine) => (engine?.backend === 'gpu' ? 'GPU' : 'CPU');

/** Places of the feedback that could be left out. */
const places = ({ lists, examples }) =>
  [
    lists > 0 && `the preferences of ${counted(lists, 'line')}`,
    examples > 0 && counted(examples, 'guidance example'),
  ]
    .filter(Boolean)
    .join(' and ');

const validationLines = (t) => counted(t.validation_queries, 'validation line');

const roundsOf = (feedback) => (feedback?.rounds > 1 ? `, ${count(feedback.rounds)} rounds` : '');

/** What the feedback holds: lines of one round, queries of several. */
const feedbackLines = (feedback) =>
  feedback?.rounds > 1
    ? `${counted(feedback.queries, 'query', 'queries')}${roundsOf(feedback)}`
    : counted(feedback?.queries ?? 0, 'line');

const objectives = {
  preference: 'preference',
  relevance: 'relevance',
  comprehensiveness: 'comprehensiveness',
  purity: 'purity',
};

const objectiveHelp = {
  relevance: 'what a passage says, not which words it shares',
  comprehensiveness: 'the passage that holds more of the answer',
  purity: 'the passage with less noise',
};

const taskLabels = {
  reading: 'Reading the files',
  indexing: 'Indexing',
  evaluating: 'Measuring the base model',
  comparing: 'Measuring before against after',
  asking: 'Finding what to ask',
  taking: 'Taking in the answers',
  auditing: 'Auditing the feedback',
  systems: 'Measuring the baselines beside before and after',
  mapping: 'Drawing the map',
  passages: 'Embedding the passages again with the adapter',
};

const modelStages = {
  download: 'Loading the model',
  wait: 'The connection broke off; waiting for it to go on',
  verify: 'Checking the model’s hash',
  prepare: 'Preparing the model',
  self_test: 'Comparing eight sentences with their stored vectors',
};

const modelSources = { network: 'from the network', cache: 'from this browser’s cache' };

function figures(c) {
  const [won, , lost] = c.won_tied_lost;
  const interval = `95 % interval ${fixed(c.interval[0])} to ${fixed(c.interval[1])}`;
  return { won, lost, mean: `mean ${signed(c.mean_change)} nDCG@10 (${interval})` };
}

const verdicts = {
  better(c) {
    const { won, lost, mean } = figures(c);
    return {
      head: `Better on ${count(won)} of ${questions(c.queries)}, worse on ${count(lost)}.`,
      tail: `${mean}, unlikely to be chance (${pValue(c.p_value)}, ${questions(c.queries)}).`,
    };
  },
  worse(c) {
    const { won, lost, mean } = figures(c);
    return {
      head: 'Worse: keep the base model.',
      tail:
        `Worse on ${count(lost)} of ${questions(c.queries)}, better on ${count(won)}; ${mean}, ` +
        `unlikely to be chance (${pValue(c.p_value)}, ${questions(c.queries)}).`,
    };
  },
  no_clear_difference(c) {
    const { won, lost, mean } = figures(c);
    return {
      head: 'No clear difference: keep the base model.',
      tail:
        `Better on ${count(won)} of ${questions(c.queries)}, worse on ${count(lost)}; ${mean}. ` +
        `Chance alone could do this (${pValue(c.p_value)}, ${questions(c.queries)}).`,
    };
  },
};

const servedPoorly = (measured) =>
  `${count(measured.poor)} of them poorly (pref-NDCG@10 under ${fixed(measured.threshold, 2)})`;

/** What of a lesson was kept; nothing to say where nothing could be compared. */
function kept(t) {
  if (isBaseKept(t))
    return (
      `The base model is kept: on the ${validationLines(t)} nothing that was learnt was better` +
      `${t.validation ? ` (nDCG@10 by the LLM’s gains ${fixed(t.validation[0])})` : ''}.`
    );
  if (!t.validation) return '';
  const state = isEarlierKept(t)
    ? `Kept as it was after step ${count(t.kept_step)}, best on the ${validationLines(t)}`
    : `Kept as it was at the end, measured on the ${validationLines(t)}`;
  return `${state}: nDCG@10 by the LLM’s gains ${fixed(t.validation[0])} before, ${fixed(t.validation[1])} then.`;
}

/** Why a lesson ended before its last step. */
const endings = {
  none_poor: 'It ended by itself because no sample was poor any more. ',
  no_gain:
    'It ended by itself because its last round had brought nothing: not fewer poor samples, and nothing better on the ' +
    'validation lines. ',
};

/** Long numbers inside the engine's words as the page writes them. */
const grouped = (text) => text.replace(/\d{5,}/g, (digits) => count(Number(digits)));

/** The engine's words with the full stop that they may lack. */
const sentence = (text) => text.replace(/\.?$/, '.');

const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/** Python that loads the whole model. */
const modelSnippet = (lines) => ['from sentence_transformers import SentenceTransformer', ...lines].join('\n');

/** Python that loads the adapter as `encoder`. */
const snippet = (encoder, note) => (e) => `from transformers import AutoModel
from peft import PeftModel

base = '${e.name}'
${encoder} = PeftModel.from_pretrained(
    AutoModel.from_pretrained(base), 'figret-adapter'
).merge_and_unload()

# ${e.pooling === 'cls' ? 'State of the first token' : 'Mean pooling over true tokens'}, L2 norm, ${e.max_tokens} tokens.
${prefixNote(e)}${note}`;

/** What stands in front of texts, as a comment. */
const prefixNote = ({ query_prefix: query, passage_prefix: passage }) =>
  query || passage ? `# In front of a query: '${query}', of a passage: '${passage}'.\n` : '';

/** A date and time in the person's own way. */
const moment = (ms) => new Date(ms).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' });

/** A date such as `2026-05-01` in words. */
const day = (date) => new Date(`${date}T12:00:00`).toLocaleDateString('en-GB', { dateStyle: 'long' });

const orderNames = {
  size: 'largest change first',
  best: 'most helped first',
  worst: 'most hurt first',
  before: 'lowest before first',
  after: 'lowest after first',
  text: 'A to Z',
};

const quoted = (said) => (said ? `: “${said}”` : '');

/** What stands in the way of a request to somebody's server. */
const unreached = {
  mixed: 'The browser blocks it: this page came over https, and the address is http.',
  mixedLocal: 'The browser blocks it: this page came over https, and the address is http in the local network.',
  localAccess: ({ access }) => ({
    message:
      access === 'denied'
        ? 'The browser may not reach your local network from this page.'
        : 'The browser asks whether this page may reach your local network, and has no answer yet.',
    hint:
      'Allow it when the browser asks, or in the site settings beside the address bar, and test again. A page that came ' +
      'over http from another machine is never asked: open it over https, or serve it from your own machine.',
  }),
  cors: 'The server answers, but it does not let this page read the answer (CORS).',
  unreachable: ({ base, isInsecure }) => ({
    message: `Nothing answers at ${base}.`,
    hint:
      'Is the server running, and is this its port? After a change there, test again.' +
      `${isInsecure ? ' Safari never lets a page that came over https reach an http address.' : ''}`,
  }),
  unreadable: 'No answer could be read, and this browser does not tell why.',
};

/** How a server is made to allow a page, as its own documentation says. */
const corsRemedies = (origin) => [
  `Ollama: set the environment variable OLLAMA_ORIGINS to ${origin} and start it again.`,
  'LM Studio: switch on “Enable CORS” in the server settings, or start it with: lms server start --cors',
  `vLLM: allows every page unless --allowed-origins says otherwise; then add ${origin} there.`,
  `llama.cpp: llama-server allows every page unless --cors-origins says otherwise; then add ${origin} there.`,
  'Another server: its documentation, under CORS. A hosted service that allows no pages still takes batch files.',
];

/** How a vector server is made to allow a page. */
const serverCorsRemedies = {
  chroma: (origin) => [
    `Chroma: write a file config.yaml with the line cors_allow_origins: ["${origin}"] (and persist_path and port, if ` +
      'they are not the defaults), and start it with: chroma run config.yaml',
  ],
  qdrant: () => ['Qdrant: allows every page unless service.enable_cors is false in its configuration.'],
};

/** The page's words, by the place where they stand. */
export const words = {
  objectives,

  header: {
    name: 'FiGRet',
    place: 'in the browser',
    sample: 'sample',
    opening: 'no collection yet',
    help: 'What is this?',
    theme: { light: 'Switch to the dark theme', dark: 'Switch to the light theme' },
    ownFiles: 'Use my own files',
    ownFilesHint: 'or drop them anywhere',
  },

  badge: {
    waiting: 'engine starting',
    verified: 'verified',
    /** Without the kind, which stands before it. */
    device: (e) => e.device.replace(new RegExp(`^${e.backend}, `, 'i'), ''),
    details: 'What this runs on',
    rows: (e) => [
      ['Device', e.device],
      ['Path', e.backend === 'gpu' ? 'WebGPU' : 'CPU (WebAssembly)'],
      ['Model', e.model],
      ...(e.weights_sha256 ? [['SHA-256 of the weights', e.weights_sha256]] : []),
      [
        'Self-test',
        e.self_test_cosine === null
          ? 'none: nothing is known of this model to compare the CPU with'
          : `smallest cosine ${e.self_test_cosine.toFixed(6)} over eight fixed sentences`,
      ],
      ['Ready after', duration(e.elapsed_seconds)],
    ],
    why: 'Why not the GPU',
  },

  model: {
    title: 'The model',
    now: (e) => `${e.model}.`,
    other: 'Another model',
    help:
      'Any BERT model of sentence-transformers with mean or CLS pooling: all-MiniLM-L12-v2, bge-small-en-v1.5, e5-small-v2. ' +
      'From an address, its files go from there into this browser and nothing goes the other way. ' +
      'All passages are embedded again; what was taught belongs to the model before.',
    address: 'Address of its folder, or its page on Hugging Face',
    addressExample: 'https://huggingface.co/BAAI/bge-small-en-v1.5',
    queryPrefix: 'Words in front of every query, if its folder names none',
    passagePrefix: 'Words in front of every passage, if its folder names none',
    fetch: 'Fetch and use it',
    folder: 'Choose its folder',
    shipped: 'Back to all-MiniLM-L6-v2',
    noAddress: 'This is no address: it begins with https:// or http://.',
    known: ([query, passage]) =>
      `A model of this name is known to want “${query}” in front of queries and “${passage}” in front of passages; its ` +
      'folder does not say so. They stand in the fields: fetch or choose it again to use them.',
  },

  steps: {
    label: 'The five places',
    data: 'Data',
    before: 'Before',
    teach: 'Teach',
    compare: 'Compare',
    home: 'Take home',
    title: (place) => `${words.steps[place]} – FiGRet in the browser`,
    state: {
      waiting: 'waiting for the model',
      opening: 'opening',
      passages: (n) => counted(n, 'passage'),
      ndcg: (x) => `nDCG@10 ${fixed(x)}`,
      measuring: 'measuring',
      notIndexed: 'not indexed',
      unjudged: 'no judgements',
      noFeedback: 'no feedback yet',
      lines: (f, poor) => feedbackLines(f) + (poor === null ? '' : `, ${count(poor)} poor`),
      step: (step, steps) => `step ${count(step)} of ${count(steps)}`,
      paused: (step, steps) => `paused at ${count(step)} of ${count(steps)}`,
      taught: (steps) => `taught, ${counted(steps, 'step')}`,
      loaded: 'adapter loaded',
      notTaught: 'after teaching',
      recorded: 'recorded example',
      change: (c) => `${signed(c.mean_change)}, ${pValue(c.p_value)}`,
      baseKept: 'base model kept',
      adapter: (n) => `adapter ${bytes(n)}`,
      weights: 'whole model, 92 MB',
    },
  },

  status: {
    searched: (n, ms) => `${counted(n, 'passage')} searched in ${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms.`,
    starting: 'Starting the engine.',
    stopped: 'The engine is not running.',
    cancel: 'Cancel',
    model: (p) =>
      p
        ? `${modelStages[p.stage]}: ${bytes(p.loaded_bytes)} of ${bytes(p.total_bytes)}, ${modelSources[p.source]}`
        : 'Loading the model',
    indexing: (p) =>
      typeof p.seconds_left === 'number'
        ? `${count(p.done)} of ${counted(p.total, 'passage')}, ${fixed(p.passages_per_second, 1)} a second, ` +
          `${duration(p.seconds_left)} left`
        : `${count(p.done)} of ${counted(p.total, 'passage')}, reading the texts`,
    embedding: (p) => `${count(p.done)} of ${count(p.total)} ${p.what}`,
    task: (task, detail) => taskLabels[task] + (detail ? `: ${detail}` : ''),
  },

  problem: {
    close: 'Close',
    retry: 'Try again',
    modelFiles: 'Choose the model’s files',
    modelHint:
      'config.json, tokenizer.json and model.safetensors of sentence-transformers/all-MiniLM-L6-v2 may also be chosen from ' +
      'this machine. Each is checked by its SHA-256 and kept in this browser.',
    lessonFirst: {
      message: 'A lesson is under way.',
      hint: 'Stop it or wait for its end, then open the files.',
      retry: null,
    },
    setAside: {
      message: 'The adapter was taught with queries that are judged now, so it was set aside.',
      hint: 'Teach again: queries that are judged are kept out of the lesson.',
      isPlain: true,
    },
    stoppedAtOnce: { message: 'Stopped before the first step; nothing was learnt.', isPlain: true },
    nonePoor: (below) => ({
      message: `Nothing to teach: the base model serves no sample poorly (pref-NDCG@10 under ${fixed(below, 2)}).`,
      hint: 'Set the threshold of the sample curriculum higher, or let it teach all samples.',
      isPlain: true,
    }),
    unreadable: (name) => ({
      code: 'bad_file',
      message: `${name} could not be read.`,
      hint: 'It may have been moved or changed since it was chosen. Choose it again.',
    }),
    unexpected: 'This should not have happened. Reload the page.',
    crashed: (message) => ({
      message: `The engine stopped${message ? `: ${message}` : ''}.`,
      hint: 'It is starting again and reopens your collection. A lesson goes on from its last checkpoint, if there was one.',
      retry: null,
    }),
    recovered: (message) => ({
      message: `The engine stopped${message ? `: ${message}` : ''}.`,
      hint: 'It runs again and your collection is open. What was taught is lost; teach again or load the adapter.',
    }),
    recoveredWhole: (message) => ({
      message: `The engine stopped${message ? `: ${message}` : ''}.`,
      hint: 'It runs again and your project is open as it was kept.',
    }),
    lessonGoesOn: (message, step) => ({
      message: `The engine stopped${message ? `: ${message}` : ''}.`,
      hint: `It runs again, and the lesson goes on after step ${count(step)}, the last one that was kept.`,
      isPlain: true,
    }),
    deviceLost: ({ backend, device, note }) => ({
      message: `The GPU could not go on: ${note}.`,
      hint:
        (backend === 'gpu' ? `What was under way goes on on a new device (${device}).` : `What was under way goes on on ${device}.`) +
        ' Nothing that was done is lost.',
    }),
    neverStarted: (message) => ({
      message: `The engine could not be started${message ? `: ${message}` : ''}.`,
      hint: 'Reload the page; if it happens again, try another browser.',
    }),
  },

  update: {
    ready: 'A newer version of this page is here.',
    taught: 'Loading it ends what is open in this tab: take the adapter home first.',
    plain: 'Loading it ends what is open in this tab.',
    reload: 'Load it',
    later: 'Later',
  },

  search: {
    label: 'Query',
    placeholder: 'Ask in your own words, or pick a question of the collection',
    button: 'Search',
    next: 'Another question',
    options: 'Questions of the collection',
    beside: 'Beside it',
    besides: { '': 'no baseline', bm25: 'BM25', hybrid: 'Hybrid' },
    own: 'Not one of the judged questions: nobody has judged its passages.',
    judged: (n, relevant) =>
      `One of the collection’s ${questions(n)}; ` +
      `${counted(relevant, 'passage is', 'passages are')} judged relevant.`,
    llmJudged: 'The judgements of the sample come from a language model, not from people.',
    waiting: 'The first results appear as soon as the model is here and the passages are indexed.',
    ownLater: 'Words of your own are answered as soon as the model is here and the passages are indexed.',
  },

  columns: {
    systems: {
      before: { name: 'Before', note: 'base model' },
      after: { name: 'After teaching', note: '' },
      bm25: { name: 'BM25', note: 'shared words, no model' },
      hybrid: { name: 'Hybrid', note: 'BM25 and model fused' },
    },
    afterNotes: { query: 'taught query encoder', both: 'taught encoder, passages too' },
    baseNote: 'base model, kept',
    ndcg: (x) => `nDCG@10 ${fixed(x)}`,
    tally: ({ shown, judged, relevant }) =>
      `${count(relevant)} relevant, ${judged === shown ? `all ${count(shown)}` : `${count(judged)} of ${count(shown)}`} judged`,
    notJudged: 'not judged for this query',
    byLlm: 'gains as the LLM’s feedback gives them',
    gain: (gain) => `LLM gain ${gain}`,
    show: 'Show',
    movement: {
      up: (from, to) => ({ short: `${from} → ${to}`, long: `up from rank ${from} to ${to}` }),
      down: (from, to) => ({ short: `${from} → ${to}`, long: `down from rank ${from} to ${to}` }),
      same: (rank) => ({ short: 'same', long: `still at rank ${rank}` }),
      entered: (from) => ({
        short: from === null ? 'new' : `new, from ${from}`,
        long: `new among those shown${from === null ? '' : `, from rank ${from}`}`,
      }),
      left: (from, to) => ({
        short: to === null ? 'left' : `left, now ${to}`,
        long: `left those shown${to === null ? '' : `, now at rank ${to}`}`,
      }),
    },
    /** At the stub of a line: where a passage came from or went. */
    stub: ({ kind, from, to }) => {
      if (kind === 'left') return to === null ? 'left' : `to ${to}`;
      return kind === 'entered' ? (from === null ? 'new' : `from ${from}`) : '';
    },
    relevant: (grade) => `✓ relevant, ${grade}`,
    notRelevant: 'not relevant',
    unjudged: '? unjudged',
    score: 'score',
    expand: 'Show the whole passage',
    picture: (left, right) => `How each passage moved from ${left} to ${right}`,
    inviteTitle: 'Nothing has been taught yet',
    lessonTitle: 'A lesson is under way',
    invite: (f, poor) =>
      `LLM feedback is here (${feedbackLines(f)})` +
      `${poor === null ? '' : `, and the base model serves ${count(poor)} of them poorly`}. ` +
      'Teach with it, and the ranking of the same passages after teaching appears here.',
    inviteNoFeedback: 'Teaching needs LLM feedback: add a feedback file, or load an adapter that was taught before.',
    inviteData: 'Add a feedback file',
    inviteSettings: 'See the settings first',
    lesson: (step, steps) => `The lesson is at step ${count(step)} of ${count(steps)}. Searching goes on meanwhile.`,
    toLesson: 'Watch the lesson',
  },

  baseline: {
    title: 'The base model on all questions',
    lead: (e) =>
      `Means over ${questions(e.queries)}${
        e.without_relevant > 0 ? `, ${count(e.without_relevant)} of them without a relevant passage (they count 0)` : ''
      }.`,
    measures: [
      ['ndcg_at_10', 'nDCG@10'],
      ['recall_at_100', 'Recall@100'],
      ['map', 'MAP'],
      ['mrr', 'MRR'],
    ],
    unjudged: 'This collection has no judgements, so there is nothing to measure. Searching and teaching work.',
  },

  samples: {
    title: 'The base model on the feedback',
    lead: (f) =>
      `It orders the candidates of ${counted(f.queries, 'query', 'queries')} with a mean pref-NDCG@10 of ${fixed(f.mean)}; ` +
      `a random order would reach ${fixed(f.chance)}. ${count(f.poor)} are served poorly (under ${fixed(f.threshold, 2)}).`,
    useless: (n) =>
      `${counted(n, 'more query has', 'more queries have')} no useful candidate: ${n === 1 ? 'it teaches' : 'they teach'} ` +
      `nothing by preference and ${n === 1 ? 'is' : 'are'} not counted here.`,
    chartTitle: 'Queries by pref-NDCG@10',
    picture: (f) =>
      `How many of ${counted(f.queries, 'query', 'queries')} the base model serves how well: ${count(f.poor)} under ` +
      `${fixed(f.threshold, 2)}, a random order at ${fixed(f.chance, 2)}`,
    poor: (n, threshold) => `${count(n)} poor, under ${fixed(threshold, 2)}`,
    others: (n) => `${count(n)} not`,
    chance: (x) => `a random order: ${fixed(x, 2)}`,
    axis: 'pref-NDCG@10',
    tableHead: ['pref-NDCG@10', 'Queries', 'Poor', 'Not poor'],
    range: (from, to) => `${fixed(from, 1)} to ${to === 1 ? '' : 'under '}${fixed(to, 1)}`,
    listTitle: 'Served poorly, the worst first',
    listHelp: 'Click one to see its ranking above.',
    listHead: ['Query', 'pref-NDCG@10'],
    none: 'The base model serves none of them poorly.',
    showAll: (n) => `Show all ${count(n)}`,
  },

  data: {
    title: 'Open now',
    passages: 'passages',
    questions: 'judged questions',
    judgements: 'judgements',
    lines: (f) => (f?.rounds > 1 ? `queries with feedback${roundsOf(f)}` : 'lines of feedback'),
    files: 'Files',
    fileHead: ['File', 'Taken for', 'Used', 'Left out'],
    feedback: (f) =>
      `The feedback scores ${counted(f.preferences, 'candidate')} and holds ` +
      `${counted(f.guidance[0], 'relevance example')}, ${count(f.guidance[1])} of comprehensiveness ` +
      `and ${count(f.guidance[2])} of purity.`,
    useless: (n) => `${counted(n, 'line has', 'lines have')} no useful candidate and teach nothing by preference.`,
    alsoJudged: (n) =>
      `${counted(n, 'line or example is', 'lines and examples are')} about judged questions and ` +
      `${n === 1 ? 'was' : 'were'} kept out of teaching.`,
    noFeedback: 'No feedback is open: searching and measuring work, teaching needs a feedback file.',
    sample:
      'The sample is a made-up heat-pump maker’s support library. Its questions, judgements and feedback were ' +
      'written by a large language model; judgements by a model are not judgements by people.',
    indexed: (i) =>
      i.embedded > 0
        ? `${counted(i.embedded, 'passage')} embedded in ${duration(i.elapsed_seconds)}; ${count(i.truncated)} cut off at ${count(i.max_tokens)} tokens.`
        : 'Every passage has its vector.',
    notIndexed: (n) => `${counted(n, 'passage has', 'passages have')} no vector yet.`,
    index: 'Go on indexing',
  },

  keeping: {
    restored: ({ name, at }) => `“${name}” is as it was kept on ${moment(at)}. Its figures were measured then.`,
    measureAgain: 'Measure again',
    sample: 'Open the sample',
    elsewhere: ({ name }) =>
      `“${name}” is open in another tab, and that tab keeps it. What you do here is lost with this tab.`,
    copy: 'Keep it as a project of its own',
    notLasting:
      'This browser keeps no files for the page, as in some private windows: what you do is lost with this tab. ' +
      'Export it under Data to keep it.',
    full: ({ name }) =>
      `${name ? `“${name}”` : 'Your work'} cannot be kept any further: the browser’s room for this page is full. Nothing is lost in this tab. ` +
      'Delete a project that you no longer need, or export this one.',
    failed: ({ name }, message) =>
      `${name ? `“${name}”` : 'Your work'} could not be kept: ${sentence(message)} Nothing is lost in this tab.`,
    again: 'Try again',
    manage: 'Projects',
  },

  projects: {
    title: 'Projects',
    lead:
      'What you open, index and teach is kept in this browser by itself, and is open again after a reload. ' +
      'It does not leave this machine.',
    none: 'Nothing is kept yet. A project begins with your own files, or with the first lesson on the sample.',
    unavailable: 'This page has no secure address (https or localhost), so the browser keeps no files for it.',
    notLasting: 'This browser keeps no files for the page: projects last as long as this tab. Export them to keep them.',
    unkept: 'What is open now is not being kept, because its project was deleted.',
    keepAgain: 'Keep it',
    room: ({ usage, quota, isPersistent }) =>
      `This page uses ${bytes(usage)} of ${bytes(quota)} in this browser, the model included. ` +
      (isPersistent ? 'The browser does not clear it by itself.' : 'The browser may clear it when the disk gets full.'),
    open: 'open',
    elsewhere: 'open, kept by another tab',
    damaged: 'A project that cannot be read',
    dates: ({ createdAt, changedAt }) => `Kept ${moment(changedAt)}, begun ${moment(createdAt)}`,
    sizes: ({ total, ...sizes }) => {
      const parts = Object.entries(sizes).filter(([, size]) => size > 0);
      return `${bytes(total)}: ${parts.map(([part, size]) => `${words.projects.parts[part]} ${bytes(size)}`).join(', ')}`;
    },
    parts: { files: 'files', vectors: 'vectors', adapter: 'adapter', lesson: 'lesson under way', results: 'figures' },
    holds: ({ files, isOnSample, runs }) =>
      [isOnSample && 'The sample', counted(files.length, 'file'), counted(runs.length, 'run')].filter(Boolean).join(', '),
    fileHead: ['File', 'Taken for', 'Size'],
    runHead: ['Run', 'Steps', 'nDCG@10 before', 'after', 'Change'],
    roles: (roles) => roles.join(', '),
    run: ({ at }) => moment(at),
    runSteps: ({ origin, steps }) => (origin === 'loaded' ? 'loaded' : count(steps)),
    runChange: ({ mean_change: change, p_value: p }) => `${signed(change)}, ${pValue(p)}`,
    buttons: { open: 'Open', rename: 'Rename', export: 'Export', remove: 'Delete' },
    about: (button, name) => `${button} ${name}`,
    save: (file) => `Save ${file.name}, ${bytes(file.sizeBytes)}`,
    nameLabel: 'Name of the project',
    rename: 'Rename',
    cancel: 'Cancel',
    confirm: ({ name, sizes }) =>
      `Delete “${name ?? words.projects.damaged}”${sizes ? ` (${bytes(sizes.total)})` : ''} from this browser? This cannot be undone.`,
    remove: 'Delete',
    keep: 'Keep',
    import: 'Import a project',
    importNote: 'A file that was exported here or in another browser.',
    problem: {
      gone: {
        code: 'bad_file',
        message: 'The project is no longer in this browser.',
        hint: 'The browser may have cleared it, or another tab deleted it. An exported file can be imported.',
      },
      unreadable: {
        code: 'bad_file',
        message: 'The project cannot be read: what it says of itself is damaged, or another version wrote it.',
        hint: 'Delete it, or import an exported file.',
      },
      empty: (damaged) => ({
        code: 'bad_file',
        message: `The project cannot be opened: ${damaged.join(', ') || 'every file'} is missing or damaged.`,
        hint: 'Open your own copy of the files again, or import an exported project.',
      }),
      leftOut: (damaged, refused) => ({
        message: [
          damaged.length > 0 && `Of the project, this is missing or not as it was written: ${damaged.join(', ')}.`,
          ...refused.map((reason) => capital(sentence(reason))),
        ]
          .filter(Boolean)
          .join(' '),
        hint: 'That part was left out; the rest of the project is open.',
        isPlain: true,
      }),
      elsewhere: {
        code: 'bad_file',
        message: 'The project is open in another tab.',
        hint: 'Close that tab first.',
      },
      noCabinet: {
        code: 'bad_file',
        message: 'This page has no secure address, so it cannot hold projects.',
        hint: 'Open it by https or on localhost.',
      },
      noRoom: (size) => ({
        code: 'bad_file',
        message: `There is no room for this project of ${bytes(size)}.`,
        hint: 'Delete projects that you no longer need, and import it again. Nothing has changed.',
      }),
      zip: ({ reason, entry }, name) => ({
        code: 'bad_file',
        message: `${name ? `${name}: ` : ''}${words.projects.problem.zipReasons[reason](entry)}`,
        hint: reason === 'too_large' ? '' : 'Choose a file that was exported under “Projects”. Nothing has changed.',
      }),
      zipReasons: {
        not_zip: () => 'this is no zip file, or its end is missing.',
        damaged: (entry) => `the file is damaged${entry ? ` at ${entry}` : ''}.`,
        packed: (entry) => `${entry} is compressed: another program has packed the project again.`,
        path: (entry) => `the entry ${entry} leads out of the project.`,
        no_project: () => 'the zip holds no project of this version.',
        too_large: () => 'a project of more than 4 GB does not fit one file.',
      },
    },
  },

  audit: {
    title: 'Audit the feedback',
    lead: 'Looks for what is known to go wrong when an LLM writes feedback. Nothing is changed without your click.',
    cost: (texts, rounds) =>
      `Embeds the feedback’s queries and what the LLM wrote, about ${counted(texts, 'text')}.` +
      `${rounds > 1 ? ' Looks at the newest round.' : ''}`,
    button: (seconds, engine) =>
      `Audit the feedback${seconds === null ? '' : `, ${roughDuration(seconds)}`} on this ${machine(engine)}`,
    again: (seconds, engine) =>
      `Audit again${seconds === null ? '' : `, ${roughDuration(seconds)}`} on this ${machine(engine)}`,
    leftOut: (n) => `${counted(n, 'place')} left out. What is left has not been audited yet.`,
    result: (r) =>
      r.findings.length > 0
        ? `${counted(r.findings.length, 'finding')} in ${counted(r.queries, 'line')}`
        : `Nothing was found in ${counted(r.queries, 'line')}`,
    severities: { serious: 'Serious', warning: 'Warning', note: 'Note' },
    marks: { serious: '◆', warning: '◇', note: '○' },
    means: 'What it means',
    remedy: 'What to do',
    cases: (n) => `Where (${counted(n, 'place')})`,
    place: ({ line, guidance }) =>
      `line ${count(line)}${typeof guidance === 'number' ? `, example ${count(guidance)}` : ''}`,
    showAll: (n) => `Show all ${count(n)}`,
    choose: (parts) => `Leave these out: ${places(parts)}`,
    apply: (parts) => `Leave out ${places(parts)}`,
    applyNothing: 'Leave out what is chosen',
    applyNote: 'From what is open here; your file stays as it is.',
    absent: 'Looked for and not found',
    notChecked: 'Could not be looked for',
    codes: {
      position_bias: 'gains that follow the position in the list',
      length_bias: 'gains that follow the length of the text',
      human_agreement: 'agreement with the judgements',
      round_agreement: 'agreement with earlier rounds',
      taught_already: 'examples that the base model follows already',
      contradiction: 'places that say the opposite of each other',
      duplicate: 'places that say the same',
      sparse_lacks: 'sparse texts that lack what the dense one says',
      dense_no_denser: 'dense texts that are no denser',
      source_missing: 'merged texts without a trace of a source',
      truncated: 'texts that the model reads in part',
      difference_cut: 'pairs whose difference lies where the model does not read',
      equal_gains: 'lists whose candidates are all equally useful',
      only_extremes: 'gains that are all 0 or 3',
      none_useful: 'lists without a useful candidate',
      single_candidate: 'lists of one candidate',
    },
    code: (code) => capital(words.audit.codes[code] ?? code.replaceAll('_', ' ')),
  },

  experiments: {
    title: 'Experiments about the method',
    lead:
      'Many short lessons with several seeds, each judged on the held-out questions. They change nothing of what is ' +
      'open or taught, and the trials that are done are kept with the project.',
    choice: { label: 'Experiment', help: 'trials that two experiments share are run once' },
    seeds: { label: 'Seeds', help: 'repetitions of every trial' },
    steps: { label: 'Steps', help: 'of every trial' },
    names: {
      efficiency: 'Sample efficiency',
      robustness: 'Robustness',
      ablation: 'Ablation',
      sensitivity: 'Sensitivity',
    },
    questions: {
      efficiency: 'How much feedback does each method need? Each is taught on 10, 30 and 100 % of it.',
      robustness: 'What does wrong feedback do? 0, 25 and 50 % of it is swapped or given to the wrong queries.',
      ablation: 'What is each part of the method good for? FiGRet without each of them.',
      sensitivity: 'How much do the settings matter? Threshold, share of preferences at first and at last, and its shape.',
    },
    button: (report) =>
      !report || report.done === 0
        ? `Run${report ? ` ${counted(report.trials, 'trial')}` : ''}`
        : `Go on with ${counted(report.trials - report.done, 'trial')}`,
    stop: 'Stop, keep what is done',
    cost: (report, seconds) =>
      `${counted(report.trials - report.done, 'trial')} to run${report.done > 0 ? `, ${count(report.done)} done` : ''}` +
      `${seconds === null ? '.' : `: ${roughDuration(seconds)}, and a little more to judge each.`}`,
    done: (report) => `${count(report.done)} of ${counted(report.trials, 'trial')} done.`,
    running: ({ isStopping, progress }, report) =>
      isStopping
        ? 'Stopping.'
        : `${report ? words.experiments.done(report) : ''} ${words.experiments.progress(progress)}`.trim(),
    progress: (p) =>
      p?.kind === 'trialing'
        ? `This one: step ${count(p.step)} of ${count(p.steps)}` +
          `${typeof p.seconds_left === 'number' ? `; all: ${roughDuration(p.seconds_left)} left` : ''}.`
        : p
          ? words.status.embedding(p)
          : '',
    plot: 'Plot of the experiment',
    table: 'Table of the experiment',
    files: { json: 'Figures (.json)', md: 'Table (.md)', svg: 'Plot (.svg)' },
    transfer: 'Transfer to a second collection runs on the command line: figret experiment transfer.',
  },

  imported: {
    title: (i, isChosen) => `${i.file} is read as ${i.title}${isChosen ? ', ' : ', because '}${sentence(i.reason)}`,
    counts: (i) =>
      [
        `It gave ${counted(i.queries, 'query', 'queries')}`,
        i.scored > 0 && `${counted(i.scored, 'candidate')} with a score of the file’s own`,
        i.sided > 0 && `${counted(i.sided, 'candidate')} called positive or negative`,
        i.guidance > 0 && counted(i.guidance, 'guidance example'),
      ]
        .filter(Boolean)
        .join(', ') + '.',
    first: (n) => (n === 1 ? 'The first query as it is understood' : `The first ${count(n)} queries as they are understood`),
    line: (n) => `line ${count(n)}`,
    guidance: (n) => counted(n, 'example'),
    choices: 'Chosen where the file leaves it open',
    unmapped: 'Could not be taken over',
    again: 'Read it as',
    button: 'Read again',
    fitsToo: (title) => `${title} (fits too)`,
    formats: {
      'flag-embedding': 'FlagEmbedding',
      'llm-embedder': 'LLM-Embedder',
      'sentence-transformers': 'sentence-transformers',
      tevatron: 'Tevatron',
      trl: 'TRL preference pairs',
      'llama-index': 'LlamaIndex dataset',
      quepid: 'Quepid ratings',
    },
  },

  upload: {
    title: 'Use my own files',
    lead:
      'A corpus opens a new collection; questions, judgements or feedback alone are added to what is open. ' +
      'What is open now stays until the new files have been read.',
    drop: 'Drop files, a folder or a .zip',
    anywhere: 'anywhere on the page',
    files: 'Choose files',
    folder: 'Choose a folder',
    overlay: 'Drop to open. The files stay on this machine.',
    waiting: (files) => `${counted(files.length, 'file')} will be read as soon as the engine is free.`,
    reading: (files) => `Reading ${counted(files.length, 'file')}.`,
    report: (c) =>
      `${c.name} is open: ${counted(c.passages, 'passage')}, ${questions(c.queries)}, ` +
      `${counted(c.judgements, 'judgement')}, feedback: ${feedbackLines(c.feedback)}.`,
    leftOut: (n) => `${counted(n, 'line')} left out.`,
    showLeftOut: 'Show what was left out',
    badLines: (f) => `${counted(f.bad_line_count, 'line')} cannot be used; ${count(f.usable_count)} can.`,
    badLine: (line) => `${line.file} line ${count(line.line)}: ${line.reason}`,
    more: (n) => `and ${counted(n, 'more line')}`,
    leaveOut: (n) => `Leave out ${counted(n, 'line')} and go on`,
    stop: 'Stop',
    kept: 'Nothing has changed: the collection that was open is still open.',
    formats: 'What the files look like',
    formatList: [
      {
        name: 'corpus.jsonl',
        note: 'or .csv / .tsv with a header',
        example: '{"_id": "p1", "title": "Your heat pump in winter", "text": "In cold, damp weather …"}',
      },
      {
        name: 'queries.jsonl',
        note: 'or .csv / .tsv with a header',
        example: '{"_id": "q1", "text": "why is there steam coming out?"}',
      },
      {
        name: 'qrels/test.tsv',
        note: 'with the BEIR header, or TREC’s four columns',
        example: 'query-id\tcorpus-id\tscore\nq1\tp1\t3',
      },
      {
        name: 'feedback.jsonl',
        note: 'one question a line; scores 0 to 3, examples optional',
        example:
          '{"query_id": "n1", "query": "is the steam normal?", ' +
          '"preferences": [{"doc_id": "p1", "score": 3}, {"doc_id": "p2", "score": 0}], ' +
          '"guidance": [{"objective": "relevance", "query": "is the steam normal?", ' +
          '"positive": {"doc_id": "p1"}, "negatives": [{"doc_id": "p2"}]}]}',
      },
    ],
  },

  teach: {
    titles: { query: 'Teach the query encoder', both: 'Teach queries and passages' },
    leads: {
      query: 'Passages keep their vectors, so an existing index stays valid.',
      both: 'Passages move too: the corpus is embedded again after the lesson, and an existing index has to be.',
    },
    method: 'What teaches',
    methods: {
      'contrast-and-order': {
        name: 'Contrast and order',
        note:
          'the LLM’s best candidate against those of other queries, and a tenth of the order it gives to each ' +
          'list. Of all that was tried, this did best on the sample’s validation queries, over three seeds',
      },
      figret: { name: 'FiGRet', note: 'first the easy examples that the LLM wrote, then more and more its preferences' },
      standard: { name: 'Standard', note: 'contrastive, as usual: the LLM’s best candidate against those of other queries' },
      preference: { name: 'Preferences alone', note: 'the order that the LLM gives to each query’s candidates' },
      guidance: { name: 'Guidance alone', note: 'only the easy examples that the LLM wrote' },
      own: { name: 'Own mix', note: 'shares and weights as set under “All settings”' },
    },
    noFeedback: 'There is no feedback in this collection. Add a feedback file, or ask your LLM for it.',
    preset: 'What is trained',
    presets: {
      light: { name: 'Light', note: 'an adapter on query and value projections, rank 8: the quickest' },
      heavy: { name: 'Heavy', note: 'an adapter on all linear layers, rank 32: on the sample twice the gain of Light' },
      full: {
        name: 'Full',
        note: 'every weight of the six encoder layers: on the sample the largest gain, and 92 MB to take home',
      },
    },
    size: (weights, size) => `${count(weights)} weights, ${bytes(size)}`,
    button: (seconds, engine) =>
      `Teach${seconds === null ? '' : `, ${roughDuration(seconds)}`} on this ${machine(engine)}`,
    interrupted: (step, steps) => `A lesson was interrupted. What it had learnt by step ${step} of ${steps} is kept.`,
    goOn: 'Go on from there',
    anew: 'Discard it',
    fresh: 'Teaching begins from the base model; what was taught before is replaced.',
    all: 'All settings',
    origin:
      'The three objectives, a preference share that grows and rounds over the poor samples are the paper’s. ' +
      'It gives no values: every number here is this project’s own choice.',
    origins: { paper: 'paper', ours: 'ours', idea: 'paper’s idea, our values' },
    objectivesTitle: 'Guidance',
    objectiveHelp,
    examples: (n) => counted(n, 'example'),
    schedules: { linear: 'linear', step: 'step', paced: 'paced' },
    scheduleNotes: {
      paced: 'Paced: the share follows how many of the last guidance examples were won, between its two ends.',
    },
    scopes: { adapter: 'A LoRA adapter', layers: 'Every weight of the layers', all: 'Every weight, words too' },
    targets: { query_value: 'query and value', all_linear: 'all linear layers' },
    towers: { query: 'Queries only', both: 'Queries and passages' },
    towerNotes: {
      query: 'an existing index stays valid',
      both: 'the corpus is embedded again, and each step costs several times as much',
    },
    groups: [
      ['What is trained', 'ours', ['towers', 'scope', 'targets', 'rank', 'alpha']],
      ['Length', 'ours', ['steps', 'batch_queries', 'learning_rate', 'pass_memory_mib']],
      ['Task curriculum', 'idea', ['preference_from', 'preference_to', 'schedule']],
      [
        'Sample curriculum',
        'idea',
        ['rounds', 'poor_below', 'poor_only'],
        'A sample is a line of feedback with a useful candidate. A later round uses what the LLM wrote for it (lines ' +
          'with "round": 2 and so on); where there is nothing new, the old feedback serves again.',
      ],
      [
        'Losses',
        'ours',
        [
          'contrastive_weight',
          'preference_weight',
          'beta',
          'gamma',
          'retention_weight',
          'weigh_by_gain',
          'guidance_in_batch',
        ],
      ],
      ['Checks', 'ours', ['validation_share', 'seed', 'keep_best']],
    ],
    fields: {
      steps: { label: 'Steps', help: 'optimiser steps' },
      batch_queries: { label: 'Batch', help: 'queries in a step' },
      learning_rate: { label: 'Learning rate', help: 'peak; warm-up 10 %, then decay' },
      pass_memory_mib: { label: 'Memory, MiB', help: 'for a pass; a larger batch goes through in pieces' },
      towers: { label: 'Texts that move' },
      scope: { label: 'Weights', help: 'a choice brings its learning rate' },
      targets: { label: 'Layers', help: 'that carry the adapter' },
      rank: { label: 'Rank', help: 'of the adapter, 1 to 64' },
      alpha: { label: 'Alpha', help: 'updates are scaled by alpha / rank' },
      preference_from: { label: 'First share', help: 'of preferences, in the first step' },
      preference_to: { label: 'Last share', help: 'of preferences, in the last step' },
      schedule: { label: 'Shape', help: 'how the share grows' },
      contrastive_weight: { label: 'Contrastive', help: 'weight of best candidate against others’ best' },
      preference_weight: { label: 'Preference', help: 'weight of the order of the candidates (KL)' },
      beta: { label: 'Beta', help: 'temperature of the LLM’s gains' },
      gamma: { label: 'Gamma', help: 'temperature of the scores' },
      retention_weight: { label: 'Retention', help: 'weight of staying close to the base model; 0 is off' },
      rounds: { label: 'Rounds', help: 'the steps are cut into as many' },
      poor_below: { label: 'Poor below', help: 'pref-NDCG@10 of a sample’s candidates' },
      validation_share: { label: 'Validation', help: 'share of feedback lines kept aside' },
      seed: { label: 'Seed', help: 'of the adapter and the batches' },
    },
    checks: {
      poor_only: { label: 'Poor samples only', help: 'a round leaves out what the retriever orders well by then' },
      weigh_by_gain: {
        label: 'Weigh by gain',
        help: 'in the contrastive term a best candidate of gain 1 or 2 counts one or two thirds',
      },
      guidance_in_batch: {
        label: 'Share guidance in a step',
        help: 'the better texts of its other examples are negatives too',
      },
      keep_best: {
        label: 'Keep the best state',
        help: 'by the validation lines, the base model among the candidates; otherwise the last',
      },
    },
    curve: 'Share of preferences over the lesson',
  },

  lesson: {
    titleBefore: 'The lesson ahead',
    aheadNote: (f, measured, settings) =>
      [
        usesPreferences(settings) &&
          `${counted(f.preference_queries, 'line')} with a useful candidate teach by preference` +
            `${measured ? `; the base model serves ${servedPoorly(measured)}` : ''}.`,
        usesGuidance(settings) &&
          `${counted(f.guidance[0] + f.guidance[1] + f.guidance[2], 'guidance example')} teach the three objectives.`,
      ]
        .filter(Boolean)
        .join(' '),
    title: ({ step, steps }, round) =>
      `Step ${count(step)} of ${count(steps)}` +
      (round?.rounds > 1 ? `, round ${count(Math.min(round.round, round.rounds))} of ${count(round.rounds)}` : ''),
    ended: (t) =>
      `${{ whole: 'Taught in', stopped: 'Stopped after' }[ending(t)] ?? 'Ended after'} ${counted(t.steps, 'step')}`,
    kept,
    endedNote: (t, settings) =>
      `${endings[ending(t)] ?? ''}Took ${duration(t.elapsed_seconds)}; ` +
      [
        (!settings || usesPreferences(settings)) && `${counted(t.preference_queries, 'line')} of preferences`,
        (!settings || usesGuidance(settings)) &&
          counted(
            t.guidance.reduce((sum, n) => sum + n, 0),
            'guidance example',
          ),
      ]
        .filter(Boolean)
        .join(', ') +
      `; ${counted(t.validation_queries, 'line')} kept aside for validation.`,
    left: (seconds, memory) => `${duration(seconds)} left, ${bytes(memory)} in use`,
    paused: 'paused',
    stopping: 'stopping',
    preparing: (p) => {
      if (!p) return 'Preparing the lesson';
      const what = p.what === 'passages' ? 'the passages again with what was learnt' : p.what;
      return `Embedding ${what}: ${count(p.done)} of ${count(p.total)}`;
    },
    pause: 'Pause',
    resume: 'Go on',
    stop: 'Stop and keep what has been learnt',
    cancel: 'Cancel and discard it',
    progress: 'Progress of the lesson',
    exampleTitle: 'Being learnt now',
    exampleFor: (objective) =>
      objective === 'preference'
        ? 'The LLM finds the first passage more useful'
        : `The LLM wrote this example for ${objectives[objective]}: ${objectiveHelp[objective]}`,
    better: 'this passage',
    worse: 'is to beat this one',
    batch: 'In this step',
  },

  rounds: {
    title: 'Samples, round by round',
    columns: {
      round: 'When',
      poor: 'Poor',
      relapsed: 'Relapsed',
      mastered: 'Mastered',
      mean: 'Mean',
      validation: 'Validation',
    },
    samples: (n) => `of ${counted(n, 'sample')}`,
    before: (round) => `Before round ${count(round)}`,
    end: 'At the end',
    done: (n) => `${counted(n, 'step')} done`,
    note: ({ samples, poorBelow, hasValidation, isOtherKept }) =>
      `Poor: pref-NDCG@10 ${poorBelow === null ? 'under the threshold' : `under ${fixed(poorBelow, 2)}`}, relapsed ones ` +
      'among them. Mastered: was poor and is not any more. Relapsed: was mastered and is poor again. ' +
      `Mean: pref-NDCG@10 of all ${counted(samples, 'sample')}` +
      `${hasValidation ? '; validation: nDCG@10 by the LLM’s gains, of the lines kept aside' : ''}.` +
      `${isOtherKept ? ' The figures follow the lesson to its end; what was kept is an earlier state.' : ''}`,
  },

  stories: {
    summary: (n) => `Every sample, one by one (${count(n)})`,
    lead:
      'pref-NDCG@10 before every round and at the end of the lesson, the poorest beginning first. ' +
      'The filter goes by where a sample stands at the end.',
    filter: 'Samples by where they stand at the end',
    filters: { all: 'All', poor: 'Poor', relapsed: 'Relapsed', mastered: 'Mastered', fine: 'Fine' },
    standings: { poor: 'poor', relapsed: 'relapsed', mastered: 'mastered', fine: 'fine' },
    marks: { poor: '○', relapsed: '◐', mastered: '●', fine: '–' },
    showAll: (n) => `Show all ${count(n)}`,
    nothing: 'No sample stands there.',
  },

  chart: {
    table: 'Show as table',
    curriculum: 'How the lesson goes: share of preferences, validation and loss by step',
    mixTitle: 'What each step teaches',
    preferences: 'the LLM’s preferences',
    guidance: 'guidance examples',
    paced: (s) => `preferences ${percent(s.preference_from)} to ${percent(s.preference_to)}, by success`,
    validationTitle: 'Validation, nDCG@10 by the LLM’s gains',
    base: (x) => `base ${fixed(x)}`,
    baseKept: (x) => `base ${fixed(x)}, kept`,
    kept: (x) => `${fixed(x)}, kept`,
    keptHere: 'kept',
    round: (n) => `round ${count(n)}`,
    lossTitle: 'Loss',
    steps: 'step',
    readout: (s) =>
      [
        `step ${count(s.step)}`,
        `preferences ${percent(s.preference_share)}`,
        `loss ${fixed(s.loss)}`,
        s.validation === null || s.validation === undefined ? null : `validation ${fixed(s.validation)}`,
      ]
        .filter(Boolean)
        .join(', '),
    tableHead: ['Step', 'Preferences', 'Loss', 'Validation'],
  },

  compare: {
    none: 'Nothing to compare yet',
    noneLead: 'Teach first: the same questions are then measured before and after, on the same engine.',
    unjudged: 'This collection has no judgements, so the change cannot be measured. Compare single queries below.',
    running: 'Measuring before against after',
    verdict: (c) => {
      const { head, tail } = verdicts[c.verdict](c);
      return { head, tail: capital(tail) };
    },
    baseKept: (t, c) => ({
      head: 'Nothing that was learnt was better: keep the base model.',
      tail:
        `On the ${validationLines(t)} of feedback no state of the lesson was better than the base model` +
        `${t.validation ? ` (nDCG@10 by the LLM’s gains ${fixed(t.validation[0])})` : ''}, so the base model was kept` +
        `${c ? ` and all ${questions(c.queries)} have the same results before and after` : ''}. ` +
        'More feedback, another method or a lower learning rate may teach it something.',
    }),
    measureHead: ['Measure', 'Before', 'After', 'Change'],
    n: (c) =>
      `Means over ${questions(c.queries)}${
        c.without_relevant > 0 ? `, ${count(c.without_relevant)} without a relevant passage (they count 0)` : ''
      }.`,
    smallest: (c) =>
      `The smallest mean change that ${questions(c.queries)} can show is ${fixed(c.detectable_change)} (80 % power, 5 % level).`,
    measuredTitle: 'How it was measured',
    intervalTitle: 'Mean change in nDCG@10',
    intervalLabel: (c) =>
      `Mean change ${signed(c.mean_change)}, 95 % interval ${fixed(c.interval[0])} to ${fixed(c.interval[1])}`,
    detectable: (c) =>
      `With ${questions(c.queries)} a mean change under ${fixed(c.detectable_change)} is too small to be seen ` +
      '(shaded; 80 % power, 5 % level).',
    test: (c) => `Two-sided paired randomisation test, ${grouped(c.p_method)}; interval by paired bootstrap over questions.`,
    conditions: (c) => `Measured on ${sentence(c.conditions)}`,
    llm: 'The sample’s judgements come from a large language model.',
    stripTitle: 'All questions, by change in nDCG@10',
    stripHelp: 'Each bar is one question: click one, or use the arrow keys.',
    stripMean: (c) => `mean ${signed(c.mean_change)} (95 % ${fixed(c.interval[0])} to ${fixed(c.interval[1])})`,
    stripValue: (q, rank, n) => `${rank} of ${n}, ${signed(q.after - q.before)}: ${q.text}`,
    tiles: 'Questions by what became of them',
    filters: { all: 'All', helped: 'Helped', hurt: 'Hurt', unchanged: 'Unchanged' },
    marks: { all: '', helped: '▲', hurt: '▼', unchanged: '=' },
    previous: { name: 'Previous question', key: 'k' },
    next: { name: 'Next question', key: 'j' },
    /** `at` from 1; 0 if the shown query is not among them. */
    position: (at, n, { filter, find }) => {
      const place = at > 0 ? `${count(at)} of ${count(n)}` : count(n);
      const kind = filter === 'all' ? '' : ` ${filter}`;
      return `${place}${kind}${find.trim() ? ` with “${find.trim()}”` : ''}`;
    },
    orderNames,
    queryFigures: (q) => `nDCG@10 ${fixed(q.before)} → ${fixed(q.after)}`,
    queryChange: (change) => `${change > 0 ? '▲ ' : change < 0 ? '▼ ' : ''}${signed(change)}`,
    tableTitle: (n, all) => (n === all ? `All ${questions(all)}` : `${count(n)} of ${questions(all)}`),
    tableHelp: 'A click shows a question above; the arrow keys walk through the list, j and k from anywhere.',
    order: 'Order',
    orders: Object.fromEntries(Object.entries(orderNames).map(([order, name]) => [order, capital(name)])),
    find: 'Find in the questions',
    head: ['Question', 'Before', 'After', 'Change'],
    nothing: 'No question fits.',
    teach: 'Teach',
  },

  report: {
    heading: 'Report',
    what:
      'The comparison as one HTML file that needs nothing else: verdict, figures, plots, every question, and the settings, ' +
      'versions and hashes that it takes to make it again. What you measured under Compare is in it. It holds the texts of your questions.',
    button: 'Save the report',
    title: (name) => `${name}: before and after teaching`,
    lead: (e, written) => `${e.model}, ${e.device}. Written ${written.slice(0, 10)} by FiGRet in the browser.`,
    counts: (n) => `${count(n.helped)} helped, ${count(n.hurt)} hurt, ${count(n.unchanged)} unchanged.`,
    lesson: 'The lesson',
    again: 'To make it again',
    againLead: 'Collection, hashes of the files as they were given, engine, settings and all figures.',
  },

  map: {
    title: 'Map',
    lead: 'every passage and every question on a plane, before and after',
    waiting: 'The map is drawn as soon as nothing else is under way.',
    label: 'Map of passages and questions',
    help: 'Each arrow is a question, from before to after: point at one, click to open it, or use the arrow keys and Enter.',
    note: (m, moved) =>
      `${counted(m.passages.length, 'passage')} (dots)${
        m.left_out > 0 ? `, ${count(m.left_out)} more left out evenly to keep them apart` : ''
      } and ${questions(m.queries.length)}. ${count(moved)} of these have other passages among their ${count(m.neighbors)} ` +
      'nearest than before: arrows, blue where the ranking became better, orange and dashed where it became worse; the ' +
      'others are dots. The two axes hold ' +
      `${percent(m.shares[0] + m.shares[1])} of the passages’ variance (${percent(m.shares[0])} and ${percent(m.shares[1])}), ` +
      'by principal components, so distances are approximate: what is near here may be far apart, and the other way round.' +
      (m.passages_moved
        ? ' The lesson moved the passages, too; they are drawn as the base model places them.'
        : ''),
    query: (q, m) =>
      `${q.change > 0 ? '▲ ' : q.change < 0 ? '▼ ' : ''}${signed(q.change)} nDCG@10, ${count(q.kept)} of ` +
      `${count(m.neighbors)} nearest passages kept: ${q.text}`,
    passage: (p) => `Passage: ${p.name}`,
    tableHead: ['Question', 'Before, first axis', 'second', 'After, first axis', 'second', 'Nearest kept', 'Change'],
    row: (q, m) => [
      q.text,
      ...[...q.before, ...q.after].map((value) => signed(value)),
      `${count(q.kept)} of ${count(m.neighbors)}`,
      signed(q.change),
    ],
  },

  evaluator: {
    title: 'Beside baselines, by any measure',
    lead:
      'Before and after beside BM25, which knows words alone, and beside hybrids: the reciprocal rank fusion of BM25 with ' +
      'each of them. The same questions, passages and tie rule for all.',
    measures: 'Measures',
    others: 'Others, by name',
    othersExample: 'P@5, mrr@10, success@5',
    button: 'Measure them',
    system: 'System',
    systems: {
      before: 'Before',
      after: 'After',
      bm25: 'BM25',
      'hybrid-before': 'BM25 and before',
      'hybrid-after': 'BM25 and after',
    },
    reference: 'reference',
    caption: (e) => `Means over ${questions(e.queries)}; under each the change against Before with its 95 % interval.`,
    note: (e) =>
      `▲ and ▼: unlikely to be chance, by a paired randomisation test at the 5 % level, adjusted (Holm) for ` +
      `${counted(e.systems.at(-1).tests.length, 'measure')}; the verdict at the top rests on nDCG@10 alone, which was ` +
      'declared beforehand. Intervals: bootstrap over questions (BCa). judged@k tells how much was judged, not how good it ' +
      'is, and is not tested; a system that finds more of what nobody judged is held below its worth.',
    interval: ([low, high]) => `${fixed(low)} to ${fixed(high)}`,
    tests: 'Every test with all its numbers',
    testHead: [
      'System',
      'Measure',
      'Change',
      '95 % interval',
      'p, randomisation',
      'adjusted (Holm)',
      'p, t test',
      'Smallest detectable',
      'Better / equal / worse',
      'Verdict',
    ],
    verdicts: { better: 'better', worse: 'worse', no_clear_difference: 'no clear difference' },
    notTested: (reason) => `not tested: ${sentence(reason)}`,
    noFigure: 'none',
    share: (share, [low, high]) => `${fixed(share, 2)} (${fixed(low, 2)} to ${fixed(high, 2)})`,
    probes: {
      title: 'Was the lesson learnt?',
      lead: (p) =>
        `${counted(p.examples, 'guidance example')} of ${counted(p.queries, 'feedback query', 'feedback queries')} ` +
        'that no lesson was drawn from: how often the better text comes before every worse one. A probe can be won by style; ' +
        'whether search is better, the judged questions tell.' +
        (p.is_assumed
          ? ' The adapter was loaded, so this holds if it was taught with the default seed and validation split.'
          : ''),
      none: 'There is no guidance that was kept out of the lesson, so there is nothing to ask.',
      head: ['Objective', 'Examples', 'Before (95 %)', 'After (95 %)', 'By chance', 'Gained / lost', 'p (McNemar)'],
    },
    files: 'Files',
    filesNote:
      'Runs and judgements are TREC files, which trec_eval reads; the figures are a CSV table with a line a question.',
    perQuery: 'Figures by question (CSV)',
    run: (name) => `Run of ${name}`,
    qrels: 'Judgements',
  },

  recorded: {
    tag: 'Recorded',
    text: ({ about: a, taught: t }) =>
      `This comparison was recorded on ${day(a.recorded_on)}: the default lesson on the sample (${counted(t.steps, 'step')} of ` +
      `${counted(a.settings.batch_queries, 'query', 'queries')}, seed ${a.settings.seed}; ${a.device}). ` +
      'Yours takes its place as soon as there is one.',
    waiting: 'Teach, when the model is here',
  },

  queryFeedback: {
    title: 'The feedback and this question',
    kinds: {
      taught: (sample, f) =>
        `This is a query of the feedback. The base model orders its candidates with a pref-NDCG@10 of ` +
        `${fixed(sample.pref_ndcg)}${sample.pref_ndcg < f.threshold ? `, poorly (under ${fixed(f.threshold, 2)})` : ''}.`,
      judged: () => 'A judged question only measures: feedback on judged questions is kept out of teaching.',
      own: () => 'The feedback holds nothing on exactly this text.',
    },
    story: (figures, standing) => `Over the lesson: ${figures.join(' → ')}, ${standing}.`,
    round: (round, gains, guidance) =>
      `Round ${count(round)}: the LLM’s gains of ${counted(gains, 'candidate')}` +
      `${guidance > 0 ? `, and ${counted(guidance, 'guidance example')} that it wrote` : ''}`,
    gain: (gain) => `gain ${gain}`,
    example: (objective, query) =>
      `${capital(objectives[objective])}${query ? `, for “${query}”` : ''}: the first text is to beat what follows`,
    nearest: 'Feedback queries nearest to it',
    nearestNote:
      'Nearest by the base model’s cosine. What was taught for these may have moved this question; that it did is not shown by this.',
    embedding: (n) => `Embedding the feedback’s queries: ${count(n.done)} of ${count(n.total)}`,
    near: (sample, last) =>
      `cosine ${fixed(sample.cosine)}, pref-NDCG@10 ${fixed(sample.pref_ndcg)}${last === undefined ? '' : ` → ${fixed(last)}`}`,
  },

  home: {
    title: { adapter: 'Take the adapter home', weights: 'Take the model home' },
    none: 'There is nothing to take home yet. Teach first, or load an adapter that was taught before.',
    weights: (t) =>
      `Every weight of the encoder was trained, ${count(t.parameters)} in all, so there is no small adapter: ` +
      'the model goes home whole, below.',
    lead: (t) =>
      `A LoRA adapter of rank ${t.rank} on ${t.targets.join(', ')}: ${count(t.parameters)} weights, in the files that PEFT reads.`,
    noGain: 'The comparison shows no clear gain over the base model. You can take the adapter all the same.',
    baseKept:
      'On the validation lines nothing that was learnt was better than the base model, so this adapter changes nothing. ' +
      'Keep the base model; you can take the adapter all the same.',
    embedAgain:
      'It was taught for queries and passages: with it in use, every passage has to be embedded again, and the vectors ' +
      'of the base model do not fit any more.',
    button: (size) => `Write the adapter, about ${bytes(size)}`,
    again: 'Write it again',
    size: (n) => `${bytes(n)} in all. Put the three files into one folder, figret-adapter.`,
    download: 'Download',
    useTitle: 'Use it in Python',
    use: {
      query: 'For queries only: passages keep the base model’s vectors, so the index that you have stays as it is.',
      both:
        'For queries and passages: embed your passages again with the adapter. An index of the base model’s vectors ' +
        'does not fit the queries any more.',
    },
    copy: 'Copy',
    copied: 'Copied',
    snippets: {
      query: snippet('query_encoder', '# Passages: the base model, unchanged.'),
      both: snippet('encoder', '# Queries and passages alike: embed the corpus again.'),
    },
    model: {
      title: { adapter: 'Or the whole model', weights: 'The model' },
      lead: ({ scope, towers }) =>
        `${scope === 'adapter' ? 'The adapter merged into the base model' : 'The taught weights'}, as a folder that ` +
        `sentence-transformers loads. ${towers === 'both' ? 'It embeds both.' : 'It embeds queries; passages keep the base model.'}`,
      button: (size) => `Make the model (.zip, ${size})`,
      stages: {
        wait: 'Waits for the engine.',
        write: 'Step 1 of 2: writing it.',
        check: 'Step 2 of 2: reading it back and embedding eight sentences with it.',
      },
      checked: (cosine) =>
        `Read back, it embeds eight sentences as the taught model does (cosine ${fixed(Math.min(cosine, 1), 6)}).`,
      size: (n) => `${Math.round(n / 1e6)} MB`,
      snippets: {
        query: ({ name, query_prefix: query, passage_prefix: passage }) =>
          modelSnippet([
            `queries = SentenceTransformer("figret-model").encode(["${query}is the steam normal?"])`,
            `passages = SentenceTransformer("${name}").encode(["${passage}Frost ..."])`,
          ]),
        both: ({ query_prefix: query, passage_prefix: passage }) =>
          modelSnippet([
            'model = SentenceTransformer("figret-model")',
            `queries, passages = model.encode(["${query}is the steam normal?"]), model.encode(["${passage}Frost ..."])`,
          ]),
      },
    },
    loadTitle: 'Load what was taught before',
    load:
      'adapter_config.json and adapter_model.safetensors together, or a model.safetensors, or a .zip of either. ' +
      'It becomes the state after teaching, and the comparison runs again.',
    loadButton: 'Choose the files',
  },

  ask: {
    title: 'Ask your LLM',
    lead: 'for new feedback: gains of what the retriever finds, then easy examples for the queries it serves poorly',
    kept: (k) =>
      `${count(k.answered)} of ${counted(k.total, 'answer')} from ${k.model}, begun on ${moment(k.begunAt)}, are kept in ` +
      'this browser and not taken in yet.',
    takeUp: 'Go on with them',
    forget: 'Discard them',
    llm: {
      title: 'Which LLM',
      lead: {
        endpoint:
          'Any server that speaks the OpenAI protocol. This page sends it the requests below, directly from this browser, ' +
          'and nothing to anyone else.',
        batch:
          'This page sends nothing. You save the requests as an OpenAI batch file, let your provider answer it, and bring ' +
          'the answers back.',
      },
      way: 'How to ask',
      ways: { endpoint: 'An endpoint', batch: 'A batch file' },
      test: 'Test the connection',
      testing: 'Asking for the list of models.',
    },
    what: {
      title: 'What to ask',
      stage: 'What the LLM writes',
      stages: {
        preferences: { name: 'Gains', note: 'it grades what the retriever finds for each query, 0 to 3' },
        guidance: {
          name: 'Guidance',
          note: 'it writes easy examples for the queries of the feedback that are served poorly',
        },
      },
      chooseQueries: 'Choose queries',
      dropQueries: 'without it',
      ownQueries: (file) => `Your own queries, ${file.name} (${bytes(file.bytes.length)}).`,
      noQueries: {
        feedback: 'Asked for: the queries of the feedback that are served poorly. Or your own, a queries.jsonl.',
        none: 'There is no feedback yet, so the queries come from you: a queries.jsonl, .csv or .tsv.',
      },
      notJudged: 'Queries with judgements are left out: what measures must not teach.',
      promptTitle: 'The prompts',
      promptLead:
        'What is sent, word for word. {{query}} and the like stand for the texts and must stay; the answer must stay JSON.',
      promptNames: { ...objectives, preference: 'gains' },
      version: (prompt, isEdited) => `version ${prompt.version}${isEdited ? ', edited' : ''}`,
      original: 'Back to the original',
      button: 'Write the requests',
      obstacles: {
        busy: 'Possible as soon as the passages are indexed and nothing else is under way.',
        model: 'Give the model’s name first.',
        queries: 'Choose a file of queries first.',
        preferences_first: 'Guidance is written for queries whose gains are known. Ask for gains first.',
      },
    },
    fields: {
      base: { label: 'Address', help: 'ends in /v1 for most servers' },
      key: { label: 'Key', help: 'if the server wants one; held in memory only, gone when the page is closed' },
      model: { label: 'Model', help: 'its name as the server knows it' },
      concurrency: { label: 'At a time', help: 'requests under way together' },
      timeoutSeconds: { label: 'Time limit', help: 'seconds for one answer' },
      candidates: { label: 'Candidates', help: 'passages shown for a query, up to 20' },
      relevance_pairs: { label: 'Pairs', help: 'worse candidates that the best is set against' },
      below: { label: 'Poor below', help: 'pref-NDCG@10 of a query’s candidates' },
      round: { label: 'Round', help: 'of the feedback; a new one after each lesson' },
    },
    send: {
      title: { endpoint: 'Send', batch: 'Save, and bring the answers back' },
      lead: {
        endpoint: 'Answers are kept in this browser until they are taken in, over a reload too.',
        batch: 'The answers may come hours later: open the same collection again and choose the files.',
      },
      none: 'The requests appear here once they are written.',
      requests: (n) => counted(n, 'request'),
      kinds: { ...objectives, preference: 'gains' },
      tokens: (n) => `about ${count(n)} tokens to read, at four characters each`,
      judged: (n) => `${counted(n, 'query', 'queries')} left out because ${n === 1 ? 'it is' : 'they are'} judged.`,
      without: (n) =>
        `${counted(n, 'query has', 'queries have')} no useful candidate to write from; ask for gains of new candidates.`,
      nothing: 'There is nothing to ask.',
      button: (n, host) => `Send ${counted(n, 'request')} to ${host}`,
      more: (n) => `Send the other ${count(n)}`,
      cancel: 'Stop; what has come is kept',
      notKept: 'This browser has no room to keep the answers: take them in before the page is closed.',
      progress: 'Answers',
      done: (s) => `${count(s.done)} of ${counted(s.total, 'answer')}`,
      failed: (n) => `${count(n)} failed`,
      left: (seconds) => `${duration(seconds)} left`,
      wait: (message, seconds) => `${message} Next attempt in ${duration(seconds)}.`,
      ended: {
        whole: 'Every request is answered.',
        cancelled: 'Stopped. What has come is kept.',
        fatal: 'Stopped, because the other requests would fail as well.',
        partly: 'Some requests failed. The others are answered.',
      },
      showFailures: (n) => `Show what failed (${count(n)})`,
      take: (n) => `Take in ${counted(n, 'answer')}`,
      save: 'Save',
      files: 'Choose the answer files',
      filesNote:
        'The provider’s output and error files, in any order. If the page was reloaded since and you asked about your own ' +
        'queries, choose their file above first.',
    },
    report: {
      title: 'What came of it',
      lead: 'The feedback that is open holds it now, and the base model has been measured on it again.',
      taken: (r) =>
        `Taken in: ${
          [
            r.preferences > 0 && `gains for ${counted(r.preferences, 'query', 'queries')}`,
            r.guidance[0] > 0 && counted(r.guidance[0], 'relevance example'),
            r.guidance[1] > 0 && counted(r.guidance[1], 'comprehensiveness example'),
            r.guidance[2] > 0 && counted(r.guidance[2], 'purity example'),
          ]
            .filter(Boolean)
            .join(', ') || 'nothing'
        }.`,
      repeated: (n) => `${counted(n, 'example was', 'examples were')} there already.`,
      refused: (n) => `${counted(n, 'answer')} gave nothing.`,
      notes: (n) => counted(n, 'note'),
      open: (n) => `${counted(n, 'request is', 'requests are')} still open and can be asked again above.`,
      guidanceNext: 'Ask for guidance next',
      teachNext: 'Teach with it now: the button is at the top of this place.',
      save: 'Save all feedback',
    },
    /** Why there is no connection or no answer, and what to do. */
    causes: {
      connected: ({ model, models }) => ({
        message: `Connected; ${model} is one of ${counted(models.length, 'model')}.`,
        isGood: true,
      }),
      no_model: ({ models }) => ({
        message: `Connected; the server has ${counted(models.length, 'model')}.`,
        hint: models.length > 0 ? 'Choose one of them:' : 'Load a model there first.',
        isGood: true,
        models,
      }),
      unknown_model: ({ model, models }) => ({
        message: `Connected, but the server does not list a model ${model}.`,
        hint: models.length > 0 ? 'It lists these:' : 'It lists none. Load a model there first.',
        models,
      }),
      bad_address: () => ({
        message: 'This is no web address.',
        hint: 'It begins with http:// or https://, such as http://localhost:11434/v1.',
      }),
      mixed: () => ({
        message: unreached.mixed,
        hint: 'Use the https address of the server, or use the batch file.',
      }),
      mixed_local: () => ({
        message: unreached.mixedLocal,
        hint: 'Use the https address of the server, serve this page from your own machine, or use the batch file.',
      }),
      local_access: unreached.localAccess,
      cors: () => ({
        message: unreached.cors,
        hint: `It has to allow ${location.origin}, and the headers Authorization and Content-Type:`,
        list: corsRemedies(location.origin),
      }),
      unreachable: unreached.unreachable,
      unreadable: ({ base }) => ({
        message: unreached.unreadable,
        hint:
          `Open ${base}/models in a new tab. If nothing appears there, the server is not running at this address. ` +
          `If something does, it has to allow ${location.origin}, and the headers Authorization and Content-Type (CORS):`,
        list: corsRemedies(location.origin),
      }),
      slow: ({ seconds }) => ({
        message: `No answer within ${duration(seconds)}.`,
        hint: 'Is the server loading a model? Try again, with fewer requests at a time or a longer time limit.',
      }),
      network: () => ({
        message: 'The connection broke, or the server does not let this page send requests (CORS).',
        hint: `If it happens every time: the server has to allow POST and the header Content-Type for ${location.origin}.`,
      }),
      unauthorized: ({ said }) => ({
        message: `The server wants a key, or another one (401)${quoted(said)}.`,
        hint: 'Check the key: no spaces, not expired, of this provider.',
      }),
      forbidden: ({ said }) => ({
        message: `The server refuses this request (403)${quoted(said)}.`,
        hint: 'The key may not be allowed to use this, or the server does not allow this page’s address.',
      }),
      not_found: ({ said, suggestion }) => ({
        message: `The server answers, but knows nothing at this path (404)${quoted(said)}.`,
        hint: suggestion
          ? `Most servers want /v1 at the end: ${suggestion}`
          : 'Check the path, and the model’s name. A few servers have no list of models; sending may work all the same.',
      }),
      not_json: ({ said }) => ({
        message: `What came back is not what this protocol answers${quoted(said)}.`,
        hint: 'Is this the address of the API, and not that of a web page or a proxy? An answer may also have been cut off.',
      }),
      quota: ({ said }) => ({
        message: `The provider says that the credit is used up${quoted(said)}.`,
        hint: 'Add credit there, then send the rest.',
      }),
      status: ({ status, said }) => ({
        message: `The server reports ${status}${quoted(said)}.`,
        hint: status === 429 ? 'It is busy: fewer requests at a time may help.' : 'Its log may tell more.',
      }),
    },
  },

  server: {
    title: 'Your corpus is on a vector server',
    summary: 'for a corpus that does not fit a tab: Chroma or Qdrant',
    lead:
      'The passages stay where they are. Teaching the query encoder leaves their vectors valid, so the same server is asked ' +
      'before and after: this page embeds your query both ways and sends two vectors. The server must hold vectors of ' +
      'all-MiniLM-L6-v2. Address and key stay in this tab’s memory and are gone when it closes.',
    kinds: { chroma: 'Chroma', qdrant: 'Qdrant' },
    kind: 'Kind of server',
    fields: {
      base: { label: 'Address', help: 'with its port' },
      collection: { label: 'Collection', help: 'its name there' },
      key: { label: 'Key', help: 'empty if it wants none' },
      tenant: { label: 'Tenant', help: 'empty: default_tenant' },
      database: { label: 'Database', help: 'empty: default_database' },
      vector: { label: 'Vector', help: 'of several, which one' },
      idField: { label: 'Field with the id', help: 'empty: the server’s own id' },
      titleField: { label: 'Field with the title', help: 'a dot leads into an object' },
      textField: { label: 'Field with the text', help: '' },
    },
    textHelp: { chroma: 'empty: the document', qdrant: 'in the payload' },
    test: 'Test the connection',
    testing: 'Asking the server…',
    search: 'Search there',
    searchHere: 'Search in this tab again',
    where: 'Search in',
    here: 'this tab',
    note: (host) => `The nearest passages that ${host} finds.`,
    noAfter: 'What was taught moves passages too; the vectors there are those of the base model, so there is no after.',
    measure: (n) => `Measure ${questions(n)} there`,
    measureLead: (hasAfter) =>
      `Every judged question of the open collection goes to the server, ${hasAfter ? 'before and after teaching' : 'as the base model embeds it; after teaching, both ways'}. ` +
      'Ids in the judgements must be the ids there.',
    measuring: ({ done, total }) => `${count(done)} of ${questions(total)} asked`,
    cancel: 'Cancel',
    measured: ({ isExact, depth }) =>
      `Rankings to depth ${count(depth)}${isExact ? ', by exact search.' : ', as the server’s approximate index gives them.'}`,
    fetch: 'Open my files with passages from there',
    fetchLead:
      'To teach and to measure you need queries, judgements and feedback, and no corpus: choose these files, and the passages ' +
      'that they name are fetched from the server by id.',
    fetched: ({ named, missing }) =>
      `${counted(named - missing, 'passage')} fetched` +
      `${missing > 0 ? `; the server does not have ${count(missing)} of those that the files name` : ''}.`,
    fetching: ({ done, total }) => `${count(done)} of ${counted(total, 'passage')} fetched`,
    causes: {
      connected: ({ cosine, found, place }) => ({
        message: `Connected: ${place.collection}, vectors of width ${found.dimension}.`,
        hint: `A passage’s vector there and here agree (cosine ${fixed(cosine)}).`,
        isGood: true,
      }),
      differs: ({ cosine }) => ({
        message: `Connected, but a passage’s vector there is not what this model makes of its text (cosine ${fixed(cosine)}).`,
        hint:
          'Was the collection embedded by all-MiniLM-L6-v2, and are these the fields whose text was embedded? If not, the ' +
          'rankings mean nothing.',
      }),
      no_text: ({ names }) => ({
        message: 'Connected, but a passage there has no text in this field.',
        hint: names.length > 0 ? `Its fields with text: ${names.join(', ')}` : 'It has no field with text at all.',
      }),
      wrong_dimension: ({ dimension, wanted }) => ({
        message: `The vectors there have width ${count(dimension)}; this model’s have ${count(wanted)}.`,
        hint: 'Name a collection that was embedded by all-MiniLM-L6-v2.',
      }),
      metric: ({ metric }) => ({
        message: `The collection’s distance is ${metric}, from which no cosine follows.`,
        hint: 'Use a collection with cosine, dot product or Euclidean distance.',
      }),
      empty: () => ({ message: 'The collection is there, and holds no passages yet.' }),
      which_vector: ({ names }) => ({
        message: 'The collection has several vectors for each passage.',
        hint: `Name one of them: ${names.join(', ')}`,
      }),
      no_collection: ({ collection, said }) => ({
        message: `The server answers, but has no collection ${collection} (404)${quoted(said)}.`,
        hint: 'Check its name, the tenant and the database, and that the address is that of the API.',
      }),
      not_found: ({ said }) => ({
        message: `The server answers, but knows nothing at this path (404)${quoted(said)}.`,
        hint: 'Is this the address of the API, and the right kind of server?',
      }),
      no_name: () => ({ message: 'Name the collection.' }),
      bad_address: () => ({
        message: 'This is no web address.',
        hint: 'It begins with http:// or https://, such as http://localhost:8000.',
      }),
      mixed: () => ({ message: unreached.mixed, hint: 'Use the https address of the server, or serve this page over http.' }),
      mixed_local: () => ({
        message: unreached.mixedLocal,
        hint: 'Use the https address of the server, or serve this page from your own machine.',
      }),
      local_access: unreached.localAccess,
      cors: ({ form }) => ({
        message: unreached.cors,
        hint: `It has to allow ${location.origin}:`,
        list: form && serverCorsRemedies[form.kind](location.origin),
      }),
      unreachable: unreached.unreachable,
      unreadable: ({ probe, form }) => ({
        message: unreached.unreadable,
        hint:
          `Open ${probe} in a new tab. If nothing appears there, the server is not running at this address. If something ` +
          `does, it has to allow ${location.origin} (CORS):`,
        list: form && serverCorsRemedies[form.kind](location.origin),
      }),
      slow: ({ seconds }) => ({ message: `No answer within ${duration(seconds)}.`, hint: 'Its log may tell more.' }),
      unauthorized: ({ said }) => ({
        message: `The server wants a key, or another one (401)${quoted(said)}.`,
        hint: 'Check the key: no spaces, and one that may read this collection.',
      }),
      forbidden: ({ said }) => ({
        message: `The server refuses this request (403)${quoted(said)}.`,
        hint: 'The key may not be allowed to read this collection, or the server wants one.',
      }),
      status: ({ status, said }) => ({
        message: `The server reports ${status}${quoted(said)}.`,
        hint: 'Its log may tell more.',
      }),
      not_json: ({ said }) => ({
        message: `What came back is not what this kind of server answers${quoted(said)}.`,
        hint: 'Is this the address of the API, and not that of a web page or a proxy?',
      }),
      shape: ({ what }) => ({
        message: `The server’s answer is not as its description says: ${what}.`,
        hint: 'Is it the right kind of server? Chroma is asked by version 2 of its API, Qdrant as from 1.10.',
      }),
      no_ids: () => ({
        message: 'These files name no passages.',
        hint: 'Judgements and feedback name passages by id; choose one of them at least.',
      }),
      none_there: ({ named }) => ({
        message: `The server has none of the ${counted(named, 'passage')} that these files name.`,
        hint: 'Are the ids there in a field? Then name it under “Field with the id”.',
      }),
    },
  },

  help: {
    title: 'What is this?',
    close: 'Close',
    paragraphs: [
      'FiGRet teaches a small embedding model with what a large language model thinks of its rankings. The LLM is ' +
        'the teacher, the retriever the student: where the retriever does badly, the LLM writes easy examples, ' +
        'and training moves from these to the LLM’s raw preferences.',
      'The examples have three objectives. Relevance: what a passage says, not which words it shares. ' +
        'Comprehensiveness: prefer the passage that holds more of the answer. Purity: prefer the passage with less noise.',
      'Only the query encoder changes, by a small LoRA adapter; passages and the index stay as they are, unless a setting ' +
        'has them taught too. Judged questions are never used for teaching: they only measure before against after.',
      'The method is from “Fine-Grained Guidance for Retrievers: Leveraging LLMs’ Feedback in Retrieval-Augmented ' +
        'Generation” (Liu et al. 2024, arXiv 2411.03957). The losses, the temperatures, the threshold for a poorly served ' +
        'line, the shares, the schedule and everything about the adapter are this project’s own choices.',
      'The model, the index and the training run in a worker of this tab, and no text leaves this machine, unless you send ' +
        'requests to an LLM under “Ask your LLM”: these go to the address that you give there, and nowhere else. A vector ' +
        'server that you name gets vectors of queries and ids of passages, and no texts.',
    ],
  },
};
