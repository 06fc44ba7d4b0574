// Applies the stored theme before the first paint; a classic script, so that it blocks.
{
  const theme = localStorage.getItem('figret.theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
}
