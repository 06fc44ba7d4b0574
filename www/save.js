// A file of the engine's, saved as the browser saves downloads.

/** How long the browser may take to read what it saves. */
const READ_MS = 60_000;

/** Saves `{ name, bytes }` under its name. */
export function saveFile({ name, bytes }) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([bytes]));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), READ_MS);
}
