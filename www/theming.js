// Light or dark: the system's wish until the switch has been used.

const root = document.documentElement;

/** `light` or `dark`, as the page looks now. */
export function currentTheme() {
  return root.dataset.theme ?? (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light');
}

/** Switches to the other theme, keeps the choice, and gives it. */
export function switchTheme() {
  const theme = currentTheme() === 'light' ? 'dark' : 'light';
  root.dataset.theme = theme;
  localStorage.setItem('figret.theme', theme);
  return theme;
}
