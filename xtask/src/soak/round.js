// One round, the body of a function: a lesson by the page's own buttons, then searches. `arguments[0]` is its limit.
const { engine } = window.figret;
const { store } = engine;
const end = performance.now() + arguments[0];
const send = (name, detail) => document.dispatchEvent(new CustomEvent(`figret:${name}`, { detail }));

async function until(what, isThere) {
  while (!isThere()) {
    if (store.state.problem) throw new Error(store.state.problem.message);
    if (performance.now() > end) throw new Error(`waited in vain for ${what}`);
    await new Promise((next) => setTimeout(next, 50));
  }
}

const { taught } = store.state;
send('teach');
await until('the comparison', () => {
  const { state } = store;
  return state.taught !== taught && state.comparison && state.phase === 'compared';
});

const questions = store.state.collection.query_list.slice(0, 20);
for (const { query_id: queryId, text } of questions) {
  send('search', { query: text, queryId });
  await until('a ranking', () => store.state.search.result?.query_id === queryId && !store.state.search.busy);
}

const { steps } = store.state.lesson;
return { steps: steps.length, searches: questions.length, engine_bytes: steps.at(-1).memory_bytes };
