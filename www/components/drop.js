// Files dropped anywhere on the page, folders included.

import { fill, h } from '../dom.js';
import { droppedFiles } from '../files.js';
import { words } from '../words.js';
import { FigretElement } from './element.js';

class Drop extends FigretElement {
  build() {
    this.overlay = h('div', { class: 'drop-overlay', hidden: true }, h('p', {}, words.upload.overlay));
    fill(this, this.overlay);
    document.addEventListener('dragover', (event) => this.over(event));
    document.addEventListener('dragleave', (event) => event.relatedTarget ?? this.show(false));
    document.addEventListener('drop', (event) => this.drop(event));
  }

  over(event) {
    if (!event.dataTransfer.types.includes('Files')) return;
    event.preventDefault();
    this.show(true);
  }

  async drop(event) {
    if (!event.dataTransfer.types.includes('Files')) return;
    event.preventDefault();
    this.show(false);
    const files = await droppedFiles(event.dataTransfer);
    if (files.length > 0) this.send('files', { files });
  }

  show(shown) {
    this.overlay.hidden = !shown;
  }
}

customElements.define('figret-drop', Drop);
