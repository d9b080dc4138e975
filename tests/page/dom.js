// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * As much of a browser's document as picture/page.js uses, around a page that sluice wrote: boxes of the SVG with id, class and
 * data, events that bubble, focus. No layout, no style, nothing else of the web: a script that asks for more fails.
 */
'use strict';

class FakeElement {
  constructor(tag, document) {
    this.tag = tag; this.document = document;
    this.children = []; this.parent = null; this.id = ''; this.own = '';
    this.attributes = {}; this.dataset = {}; this.listeners = {}; this.names = new Set();
    this.value = ''; this.scrolled = 0; this.scrollTop = 0;
    this.classList = {
      add: name => this.names.add(name),
      remove: name => this.names.delete(name),
      contains: name => this.names.has(name),
      toggle: (name, on = !this.names.has(name)) => { if (on) this.names.add(name); else this.names.delete(name); return on; },
    };
  }
  set className(text) { this.names = new Set(text.split(' ')); }
  get className() { return [...this.names].join(' '); }
  set textContent(text) { this.own = String(text); this.children = []; }
  get textContent() { return this.own + this.children.map(child => child.textContent).join('\n'); }
  append(child) { child.parent = this; this.children.push(child); }
  replaceChildren() { this.own = ''; this.children = []; }
  setAttribute(name, value) { this.attributes[name] = String(value); }
  addEventListener(type, listener) { (this.listeners[type] ||= []).push(listener); }
  scrollIntoView() { this.scrolled++; }
  focus() {
    this.document.activeElement = this;
    this.fire('focusin');
  }
  click() { this.fire('click'); }
  closest(selector) {
    if (selector !== '.box[id]') throw new Error('closest(' + selector + ')');
    for (let at = this; at; at = at.parent) if (at.names?.has('box') && at.id) return at;
    return null;
  }
  /* An event on this element, which bubbles up to the document. */
  fire(type, more = {}) {
    const event = { type, target: this, prevented: false, preventDefault() { this.prevented = true; }, ...more };

    for (let at = this; at; at = at.parent) for (const listener of at.listeners[type] || []) listener(event);
    return event;
  }
  dispatchEvent(event) { this.fire(event.type); }
  /* For tests: everything below with that tag. */
  all(tag) { return this.children.flatMap(child => [...(child.tag === tag ? [child] : []), ...child.all(tag)]); }
}

function documentOf(html) {
  const document = new FakeElement('#document', null);
  const make = (tag, parent, id) => {
    const element = new FakeElement(tag, document);
    element.id = id || '';
    parent.append(element);
    return element;
  };
  const main = make('main', document), svg = make('svg', main), aside = make('aside', document);
  const named = new Map(['count', 'search', 'fit'].map(id => [id, make(id, document, id)]));
  const model = make('script', document, 'model');

  document.document = document;
  document.activeElement = document;
  model.own = /<script type="application\/json" id="model">(.*)<\/script>/.exec(html)[1];
  named.set('model', model);
  for (const [, kind, id, rest] of html.matchAll(/<g class="(box [a-z]+)" id="([^"]+)"([^>]*)>/g)) {
    const box = make('g', svg, id);
    box.className = kind;
    for (const [, name, value] of rest.matchAll(/ data-([a-z]+)="([^"]*)"/g)) box.dataset[name] = value;
    named.set(id, box);
  }
  document.getElementById = id => named.get(id) || null;
  document.createElement = tag => new FakeElement(tag, document);
  document.querySelector = selector => ({ main, aside, 'main svg': svg })[selector];
  svg.querySelectorAll = selector => svg.children.filter(box => selector === '.box[id]' && box.id);
  return { document, main, svg, aside, model: JSON.parse(model.own) };
}

module.exports = { documentOf };
