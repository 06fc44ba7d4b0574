// A document of one file: what is given, with the page's own styles in it. It loads nothing and runs nothing.

import { h } from '../dom.js';

/** `{ name, bytes }` of a page in HTML; `content` are elements. */
export async function documentFile(name, title, content) {
  const styles = await Promise.all([...document.styleSheets].map(styleOf));
  const head = [
    h('meta', { charset: 'utf-8' }),
    h('meta', { name: 'viewport', content: 'width=device-width, initial-scale=1' }),
    h('meta', { 'http-equiv': 'Content-Security-Policy', content: "default-src 'none'; style-src 'unsafe-inline'" }),
    h('title', {}, title),
    h('style', {}, styles.join('\n')),
  ];
  const { lang } = document.documentElement;
  const page = h('html', {}, h('head', {}, ...head), h('body', {}, h('main', { class: 'page report' }, ...content)));
  return { name, bytes: new TextEncoder().encode(`<!doctype html>\n<html lang="${lang}">${page.getHTML()}</html>\n`) };
}

/** As it was written: rules that are read back lose shorthands that hold variables. */
async function styleOf({ href, media }) {
  const text = await (await fetch(href)).text();
  return media.mediaText ? `@media ${media.mediaText} {\n${text}\n}` : text;
}
