// The report: written on this side from what the page knows, and saved as a download.

import { reportFile } from '../report/report.js';
import { saveFile } from '../save.js';
import { aside } from './outcome.js';

/** Writes the report on the comparison and saves it. */
export const saveReport = (store) => aside(store, async () => saveFile(await reportFile(store.state)));
