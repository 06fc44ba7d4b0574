// Every word on the page, in one place; sentences with numbers are functions of them.

import { bytes, count, counted, duration, fixed, percent, pValue, roughDuration, signed } from './format.js';

const questions = (n) => counted(n, 'question');

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
};

const modelStages = {
  download: 'Loading the model',
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

/** Long numbers inside the engine's words as the page writes them. */
const grouped = (text) => text.replace(/\d{5,}/g, (digits) => count(Number(digits)));

const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

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
      ['Self-test', `smallest cosine ${e.self_test_cosine.toFixed(6)} over eight fixed sentences`],
      ['Ready after', duration(e.elapsed_seconds)],
    ],
    why: 'Why not the GPU',
  },

  steps: {
    label: 'The five places',
    data: 'Data',
    before: 'Before',
    teach: 'Teach',
    compare: 'Compare',
    home: 'Take home',
    state: {
      waiting: 'waiting for the model',
      opening: 'opening',
      passages: (n) => counted(n, 'passage'),
      ndcg: (x) => `nDCG@10 ${fixed(x)}`,
      measuring: 'measuring',
      notIndexed: 'not indexed',
      unjudged: 'no judgements',
      noFeedback: 'no feedback yet',
      lines: (n, poor) => counted(n, 'line') + (poor === null ? '' : `, ${count(poor)} poor`),
      step: (step, steps) => `step ${count(step)} of ${count(steps)}`,
      paused: (step, steps) => `paused at ${count(step)} of ${count(steps)}`,
      taught: (steps) => `taught, ${counted(steps, 'step')}`,
      loaded: 'adapter loaded',
      notTaught: 'after teaching',
      change: (c) => `${signed(c.mean_change)}, ${pValue(c.p_value)}`,
      adapter: (n) => `adapter ${bytes(n)}`,
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
    unreadable: (name) => ({
      code: 'bad_file',
      message: `${name} could not be read.`,
      hint: 'It may have been moved or changed since it was chosen. Choose it again.',
    }),
    unexpected: 'This should not have happened. Reload the page.',
    crashed: (message) => ({
      message: `The engine stopped${message ? `: ${message}` : ''}.`,
      hint: 'It is starting again and reopens your collection. What was being taught is lost.',
      retry: null,
    }),
    recovered: (message) => ({
      message: `The engine stopped${message ? `: ${message}` : ''}.`,
      hint: 'It runs again and your collection is open. What was taught is lost; teach again or load the adapter.',
    }),
    neverStarted: (message) => ({
      message: `The engine could not be started${message ? `: ${message}` : ''}.`,
      hint: 'Reload the page; if it happens again, try another browser.',
    }),
  },

  search: {
    label: 'Query',
    placeholder: 'Ask in your own words, or pick a question of the collection',
    button: 'Search',
    next: 'Another question',
    options: 'Questions of the collection',
    own: 'Your own query: nobody has judged its passages.',
    judged: (n, relevant) =>
      `One of the collection’s ${questions(n)}; ` +
      `${counted(relevant, 'passage is', 'passages are')} judged relevant.`,
    llmJudged: 'The judgements of the sample come from a language model, not from people.',
    waiting: 'The first results appear as soon as the model is here and the passages are indexed.',
  },

  columns: {
    before: 'Before',
    after: 'After teaching',
    beforeNote: 'base model',
    afterNote: 'taught query encoder',
    ndcg: (x) => `nDCG@10 ${fixed(x)}`,
    show: 'Show',
    movement: {
      up: (from, to) => ({ short: `${from} → ${to}`, long: `up from rank ${from} to ${to}` }),
      down: (from, to) => ({ short: `${from} → ${to}`, long: `down from rank ${from} to ${to}` }),
      same: (rank) => ({ short: 'same', long: `still at rank ${rank}` }),
      entered: (from) => ({ short: `new, from ${from}`, long: `new among the ten, from rank ${from}` }),
      left: (to) => ({ short: `left, now ${to}`, long: `left the ten, now at rank ${to}` }),
    },
    grade: (grade) => `grade ${grade}`,
    unjudged: 'unjudged',
    score: 'cosine',
    expand: 'Show the whole passage',
    picture: 'How each passage moved between the columns',
    inviteTitle: 'Nothing has been taught yet',
    lessonTitle: 'A lesson is under way',
    invite: (f, poor) =>
      `${counted(f.queries, 'line')} of LLM feedback ${f.queries === 1 ? 'is' : 'are'} here` +
      `${poor === null ? '' : `, and the base model serves ${count(poor)} of them poorly`}. ` +
      'Teach the query encoder with them, and its ranking of the same passages appears here.',
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
    feedbackTitle: 'The base model on the feedback',
    feedback: (f) =>
      `It orders the candidates of ${counted(f.queries, 'line')} with pref-NDCG@10 ${fixed(f.mean)}; ` +
      `a random order would reach ${fixed(f.chance)}. ${count(f.poor)} are served poorly (under ${fixed(f.threshold, 2)}).`,
    unjudged: 'This collection has no judgements, so there is nothing to measure. Searching and teaching work.',
  },

  data: {
    title: 'Open now',
    passages: 'passages',
    questions: 'judged questions',
    judgements: 'judgements',
    lines: 'lines of feedback',
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
        ? `${counted(i.embedded, 'passage')} embedded in ${duration(i.elapsed_seconds)}; ${count(i.truncated)} cut off at 256 tokens.`
        : 'Every passage has its vector.',
    notIndexed: (n) => `${counted(n, 'passage has', 'passages have')} no vector yet.`,
    index: 'Go on indexing',
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
      `${counted(c.judgements, 'judgement')}, ${counted(c.feedback?.queries ?? 0, 'line')} of feedback.`,
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
    title: 'Teach the query encoder',
    lead:
      'Passages keep their vectors, so an existing index stays valid. The lesson begins with the easy examples ' +
      'that the LLM wrote and moves to its raw preferences.',
    noFeedback: 'There is no feedback in this collection. Add a feedback file to teach with.',
    preset: 'What is trained',
    presets: {
      light: { name: 'Light', note: 'query and value projections, rank 8' },
      heavy: { name: 'Heavy', note: 'all linear layers, rank 32' },
    },
    size: (weights, size) => `${count(weights)} weights, ${bytes(size)}`,
    button: (seconds, engine) =>
      `Teach${seconds === null ? '' : `, ${roughDuration(seconds)}`} on this ${engine?.backend === 'gpu' ? 'GPU' : 'CPU'}`,
    fresh: 'Teaching begins from the base model; what was taught before is replaced.',
    all: 'All settings',
    origin:
      'The three objectives and a preference share that grows are the paper’s. It gives no values for the rest: ' +
      'every number here is this project’s own choice.',
    paper: 'paper',
    ours: 'ours',
    objectivesTitle: 'Guidance',
    objectiveHelp,
    examples: (n) => counted(n, 'example'),
    schedules: { linear: 'linear', step: 'step' },
    targets: { query_value: 'query and value', all_linear: 'all linear layers' },
    groups: [
      ['Length', ['steps', 'batch_queries', 'learning_rate']],
      ['Adapter', ['targets', 'rank', 'alpha']],
      ['Curriculum', ['preference_from', 'preference_to', 'schedule']],
      ['Losses', ['contrastive_weight', 'preference_weight', 'beta', 'gamma']],
      ['Checks', ['validation_share', 'seed']],
    ],
    fields: {
      steps: { label: 'Steps', help: 'optimiser steps' },
      batch_queries: { label: 'Batch', help: 'queries in a step' },
      learning_rate: { label: 'Learning rate', help: 'peak; warm-up 10 %, then decay' },
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
      validation_share: { label: 'Validation', help: 'share of feedback lines kept aside' },
      seed: { label: 'Seed', help: 'of the adapter and the batches' },
    },
    curve: 'Share of preferences over the lesson',
  },

  lesson: {
    titleBefore: 'The lesson ahead',
    aheadNote: (f, measured) =>
      `${counted(f.preference_queries, 'line')} with a useful candidate teach by preference` +
      `${measured ? `; the base model serves ${count(measured.poor)} of them poorly (pref-NDCG@10 under ${fixed(measured.threshold, 2)})` : ''}. ` +
      `${counted(f.guidance[0] + f.guidance[1] + f.guidance[2], 'guidance example')} teach the three objectives.`,
    title: (step, steps) => `Step ${count(step)} of ${count(steps)}`,
    ended: (t) =>
      t.stopped_early ? `Stopped after ${counted(t.steps, 'step')}` : `Taught in ${counted(t.steps, 'step')}`,
    endedNote: (t) =>
      `Took ${duration(t.elapsed_seconds)}; ${counted(t.preference_queries, 'line')} of preferences, ` +
      `${counted(
        t.guidance.reduce((sum, n) => sum + n, 0),
        'guidance example',
      )}; ` +
      `${counted(t.validation_queries, 'line')} kept aside for validation.`,
    left: (seconds, memory) => `${duration(seconds)} left, ${bytes(memory)} in use`,
    paused: 'paused',
    stopping: 'stopping',
    preparing: (p) => (p ? `Embedding ${p.what}: ${count(p.done)} of ${count(p.total)}` : 'Preparing the lesson'),
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

  chart: {
    table: 'Show as table',
    curriculum: 'How the lesson goes: share of preferences, validation and loss by step',
    mixTitle: 'What each step teaches',
    preferences: 'the LLM’s preferences',
    guidance: 'guidance examples',
    validationTitle: 'Validation, pref-NDCG@10',
    base: (x) => `base ${fixed(x)}`,
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
    measureHead: ['', 'Before', 'After', 'Change'],
    n: (c) =>
      `Means over ${questions(c.queries)}${
        c.without_relevant > 0 ? `, ${count(c.without_relevant)} without a relevant passage (they count 0)` : ''
      }.`,
    better: 'better',
    equal: 'equal',
    worse: 'worse',
    wonTiedLost: (n) => `nDCG@10 of ${questions(n)}`,
    intervalTitle: 'Mean change in nDCG@10',
    detectable: (c) =>
      `With ${questions(c.queries)} a mean change under ${fixed(c.detectable_change)} is too small to be seen ` +
      '(shaded; 80 % power, 5 % level).',
    test: (c) => `Two-sided paired randomisation test, ${grouped(c.p_method)}; interval by paired bootstrap over questions.`,
    conditions: (c) => `Equal on both sides: ${c.conditions.replace(/\.?$/, '.')}`,
    llm: 'The sample’s judgements come from a large language model.',
    stripTitle: 'All questions, by change',
    stripHelp: 'Each bar is one question. Click one, or use the arrow keys, to see its two columns.',
    stripValue: (q, rank, n) => `${rank} of ${n}, ${signed(q.after - q.before)}: ${q.text}`,
    tableTitle: 'Questions, largest change first',
    filters: { all: 'All', helped: 'Helped', hurt: 'Hurt', unchanged: 'Unchanged' },
    find: 'Find in the questions',
    head: ['Question', 'Before', 'After', 'Change'],
    nothing: 'No question fits.',
    teach: 'Teach',
  },

  home: {
    title: 'Take the adapter home',
    none: 'There is nothing to take home yet. Teach first, or load an adapter that was taught before.',
    lead: (t) =>
      `A LoRA adapter of rank ${t.rank} on ${t.targets.join(', ')}: ${count(t.parameters)} weights, in the files that PEFT reads.`,
    noGain: 'The comparison shows no clear gain over the base model. You can take the adapter all the same.',
    button: (size) => `Write the adapter, about ${bytes(size)}`,
    again: 'Write it again',
    size: (n) => `${bytes(n)} in all. Put the three files into one folder, figret-adapter.`,
    download: 'Download',
    useTitle: 'Use it in Python',
    use: 'For queries only: passages keep the base model’s vectors, so the index that you have stays as it is.',
    copy: 'Copy',
    copied: 'Copied',
    snippet: `from transformers import AutoModel
from peft import PeftModel

base = 'sentence-transformers/all-MiniLM-L6-v2'
query_encoder = PeftModel.from_pretrained(
    AutoModel.from_pretrained(base), 'figret-adapter'
).merge_and_unload()

# Mean pooling over true tokens, L2 norm, 256 tokens.
# Passages: the base model, unchanged.`,
    loadTitle: 'Load an adapter',
    load:
      'adapter_config.json and adapter_model.safetensors together, or a .zip of them. ' +
      'It becomes the state after teaching, and the comparison runs again.',
    loadButton: 'Choose adapter files',
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
      'Only the query encoder changes, by a small LoRA adapter; passages and the index stay as they are. Judged questions ' +
        'are never used for teaching: they only measure before against after.',
      'The method is from “Fine-Grained Guidance for Retrievers: Leveraging LLMs’ Feedback in Retrieval-Augmented ' +
        'Generation” (Liu et al. 2024, arXiv 2411.03957). The losses, the temperatures, the threshold for a poorly served ' +
        'line, the shares, the schedule and everything about the adapter are this project’s own choices.',
      'No text leaves this machine. The model, the index and the training run in a worker of this tab.',
    ],
  },
};
