// The state with what follows from it, as the components show it.

import { isRecordedShown, recordedQueries, recordedResult } from './recorded.js';
import { walkOf } from './walk.js';

const walk = once((comparison, wishes) => (comparison ? walkOf(comparison.per_query, wishes) : []));
const questionsOf = once((list, judged, isSample) => ({ list, judged, isSample }));
const recordedList = once(recordedQueries);
const resultOf = once(recordedResult);
const searchOf = once((query, queryId, result) => ({ query, queryId, result, busy: false }));

/** What is the person's own. */
export function ownView(state) {
  const { collection, indexed, engineInfo, phase, search, asked } = state;
  const isSettled = ['ready', 'compared'].includes(phase);
  return {
    ...state,
    query: search.query,
    queryId: search.queryId,
    isSample: Boolean(collection?.is_sample),
    ready: Boolean(engineInfo && indexed),
    isFree: isSettled,
    isIdle: (isSettled || phase === 'failed') && !asked.sending?.isRunning,
    mayAsk: Boolean(indexed && isSettled),
    mayEvaluate: phase === 'compared',
    mayTeach: Boolean(indexed && collection?.feedback && isSettled),
    isRecorded: isRecordedShown(state),
  };
}

/** What Compare shows: the recording in place of a comparison that is not there yet. */
export function comparedView(own) {
  const { recorded, isRecorded } = own;
  const shown = isRecorded
    ? {
        ...own,
        comparison: recorded.comparison,
        taught: recorded.taught,
        search: recordedSearch(recorded, own.search),
        isSample: true,
      }
    : own;
  return { ...shown, list: walk(shown.comparison, own.walk), filter: own.walk.filter, ...questions(shown) };
}

/** What the recording holds of what is searched for; otherwise what the engine found. */
function recordedSearch(recorded, search) {
  const result = resultOf(recorded, search.queryId);
  return result ? searchOf(search.query, search.queryId, result) : search;
}

function questions({ collection, recorded, isRecorded, isSample, place, comparison }) {
  const list = isRecorded ? recordedList(recorded) : (collection?.query_list ?? null);
  return {
    questions: list && questionsOf(list, list.length, isSample),
    isWalked: place === 'compare' && comparison !== null,
  };
}

/** Computes again only for other arguments, so that what is the same stays identical. */
function once(compute) {
  let known = null;
  return (...given) => {
    if (!known || given.some((value, i) => value !== known.given[i])) known = { given, value: compute(...given) };
    return known.value;
  };
}
