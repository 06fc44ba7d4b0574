// Light or dark: the system's wish until the switch has been used.

const root = document.documentElement;

/** The bar's colour for the browser's own frame. */
const FRAME = { light: '#ffffff', dark: '#151a19' };

/** `light` or `dark`, as the page looks now. */
export function currentTheme() {
  return root.dataset.theme ?? (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light');
}

/** Gives the browser's frame the theme that was chosen; without a choice it follows the system as the page does. */
export function paintFrame() {
  const chosen = root.dataset.theme;
  for (const meta of chosen ? document.querySelectorAll('meta[name="theme-color"]') : []) meta.content = FRAME[chosen];
}

/** Switches to the other theme, keeps the choice, and gives it. */
export function switchTheme() {
  const theme = currentTheme() === 'light' ? 'dark' : 'light';
  root.dataset.theme = theme;
  localStorage.setItem('figret.theme', theme);
  paintFrame();
  return theme;
}
