// The graph as SVG: drawn once a view, repainted only where a step touches it.

const SVG = "http://www.w3.org/2000/svg";

/** An SVG element with attributes and children. Text always goes in as text. */
function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** How many columns a text takes: Japanese characters count twice. */
function columns(text) {
  const wide = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60]/;
  return [...text].reduce((sum, character) => sum + (wide.test(character) ? 2 : 1), 0);
}

/** The text in so many columns, the end cut off. */
function clip(text, room) {
  if (columns(text) <= room) return text;
  const letters = [...text];
  while (letters.length && columns(letters.join("")) >= room) letters.pop();
  return `${letters.join("")}…`;
}

/** The length along a path at which it crosses the edge of a box; one of its ends is inside. */
function crossing(path, length, box) {
  const inside = (at) => {
    const { x, y } = path.getPointAtLength(at);
    return x > box.x && x < box.x + box.w && y > box.y && y < box.y + box.h;
  };
  let [near, far] = inside(0) ? [0, length] : [length, 0];
  while (Math.abs(far - near) > 0.5) {
    const middle = (near + far) / 2;
    if (inside(middle)) near = middle; else far = middle;
  }
  return far;
}

/** An arrowhead on a path, as it comes from one length along it to another. */
function tip(path, from, to) {
  const [a, b] = [path.getPointAtLength(from), path.getPointAtLength(to)];
  const size = Math.hypot(b.x - a.x, b.y - a.y) || 1;
  const [u, v] = [(b.x - a.x) / size, (b.y - a.y) / size];
  const corner = (side) => `${(b.x - 8 * u - side * v).toFixed(1)} ${(b.y - 8 * v + side * u).toFixed(1)}`;
  return `M${b.x.toFixed(1)} ${b.y.toFixed(1)}L${corner(3.4)}L${corner(-3.4)}Z`;
}

const FAR = 3.2; // drawing units a pixel: text is smaller than 4 pixels
const READABLE = 1.3; // text is 10 pixels high
const NEAR = 1.1;
const MARGIN = 24; // drawing units around the drawing, and around what is followed
const TEXT_SIGN = (sign) => `${sign}\ufe0e`; // no emoji

/** Where a window begins that has an area in its middle, but little that is outside the drawing. */
function centred(start, size, window, whole) {
  if (window > whole + 2 * MARGIN) return (whole - window) / 2;
  return Math.min(Math.max(start + size / 2 - window / 2, -MARGIN), whole + MARGIN - window);
}

/** Text is laid out again whenever it is set. */
function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Click, Enter or Space. */
function onPress(element, action) {
  element.addEventListener("click", action);
  element.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    event.stopPropagation();
    action();
  });
}

const BOX = { w: 132, h: 82 }; // what the box of a folded scope says, before it is enlarged

class Picture {
  /** `hands`: select(selection), open(box), toggle(scope), pan(). */
  constructor(root, state, hands) {
    this.root = root;
    this.state = state; // position, frame, selection, lit: owned by the app
    this.hands = hands;
    this.camera = null;
    this.measure();
    this.listen();
  }

  /** The size of the window, asked for only when it changes: asking makes the browser lay out. */
  measure() {
    this.size = [this.root.clientWidth || 1, this.root.clientHeight || 1];
  }

  // --- drawing a view ------------------------------------------------------------------

  draw(view) {
    this.view = view;
    this.linkOf = new Map();
    view.links.forEach((link, i) => link.steps.forEach((k) => this.linkOf.set(k, i)));
    this.strongest = Math.max(...DATA.frames.flatMap(
      (frame) => frame.steps.map((step) => magnitude(step.contribution))), 0) || 1;
    this.layers = Object.fromEntries(["scopes", "links", "labels", "items", "handles"].map(
      (name) => [name, svg("g", { class: name })]));
    const [width, height] = [view.width + 2 * MARGIN, view.height + 2 * MARGIN];
    this.sheet = svg("svg", { class: "sheet", viewBox: `${-MARGIN} ${-MARGIN} ${width} ${height}` },
      this.patterns(), ...Object.values(this.layers));
    this.root.replaceChildren(this.sheet);
    this.marked = [];
    this.lastLink = this.shown = this.scale = null;
    this.links = view.links.map((link, i) => this.drawLink(link, i));
    this.items = view.items.map((item, i) => (item.scope ? null : this.drawItem(item, i)));
    this.handles = view.scopes.map((scope) => this.drawHandle(scope));
    this.arrange();
    this.fit();
    document.documentElement.style.setProperty("--ratio", width / height); // for print
    this.following = this.sight().scale > READABLE; // too small to read: come nearer, step by step
    this.paintAll();
    if (this.following) this.approach();
  }

  patterns() {
    // A gradient with hard stops: hatching that is painted faster than a pattern.
    return svg("defs", {}, svg("linearGradient",
      { id: "hatch", x1: 0, y1: 0, x2: 5, y2: 5, gradientUnits: "userSpaceOnUse", spreadMethod: "repeat" },
      svg("stop", { class: "hatch-paper", offset: 0.72 }), svg("stop", { class: "hatch-line", offset: 0.72 })));
  }

  drawItem(item, i) {
    const box = "title" in item;
    const node = this.state.frame.nodes[item.nodes[0]];
    const tensor = !box && node.shape.length > 0;
    // Every place is absolute: each transform would be a layer for the browser to keep.
    const { x, y, w } = item.scope
      ? { x: item.x + (item.w - BOX.w) / 2, y: item.y + (item.h - BOX.h) / 2, w: BOX.w } : item;
    const text = (name, dx, dy) => svg("text", { class: name, x: x + dx, y: y + dy });
    const below = tensor ? 64 : 54;
    const frame = svg("rect", { class: "frame", x: item.x, y: item.y, width: item.w, height: item.h, rx: 7 });
    const parts = {
      title: text("title", 9, 18),
      valueName: text("faint", 9, 36), value: text("number value", w - 9, 36),
      gradName: text("faint", 9, below), grad: text("number grad", w - 9, below),
      sign: text("corner", w - 7, 15),
    };
    if (tensor) Object.assign(parts, { valueStrip: svg("g", { class: "strip" }), gradStrip: svg("g", { class: "strip" }) });
    if (box) parts.note = text("faint note", 9, 72);
    const words = Object.values(parts);
    const group = svg("g", { class: `item ${box ? "box" : node.op ? "op" : "leaf"}`, "data-item": i,
      ...(box ? {} : { "data-node": item.nodes[0] }) }, frame, ...(item.scope ? [this.enlarge(item, words)] : words));
    if (!box) group.addEventListener("click", () => this.hands.select({ kind: "node", node: item.nodes[0] }));
    else if (item.scope) group.addEventListener("click", () => this.hands.toggle(item.scope));
    else {
      onPress(group, () => this.hands.open(i));
      for (const [name, value] of Object.entries({ role: "button", tabindex: 0, "aria-label": item.title })) group.setAttribute(name, value);
    }
    this.layers.items.append(group);
    return { group, parts, box, tensor };
  }

  /** The box of a folded scope is as large as the scope: what it says can be read from afar. */
  enlarge({ w, h }, words) {
    const group = svg("g", { class: "large" }, ...words);
    group.style.setProperty("--most", Math.max(1, Math.min((w - 20) / BOX.w, (h - 40) / BOX.h)));
    return group;
  }

  /** The name of a scope is the button that folds and unfolds it. */
  drawHandle(scope) {
    const name = clip(scope.name, Math.max(4, Math.floor((scope.w - 40) / 6)));
    const { x, y, w: width, h: height } = scope;
    const sign = svg("text", { x: x + 11, y: y + 15.5 });
    const handle = svg("g", { class: "handle", role: "button", tabindex: 0 },
      svg("rect", { x: x + 4, y: y + 3, width: Math.min(width - 8, columns(name) * 6 + 28), height: 17, rx: 5 }),
      sign, svg("text", { x: x + 24, y: y + 15.5 }, name));
    const frame = svg("rect", { x, y, width, height, rx: 10 });
    onPress(handle, () => this.hands.toggle(scope));
    this.layers.scopes.append(frame);
    this.layers.handles.append(handle);
    return { handle, frame, sign };
  }

  drawLink(link, i) {
    const base = svg("path", { class: "base", d: link.d });
    const flow = svg("path", { class: "flow", d: link.d });
    const hit = svg("path", { class: "hit", d: link.d });
    const arrow = svg("path", { class: "arrow" });
    const group = svg("g", { class: "link", "data-link": i, ...(link.steps.length === 1 ? { "data-step": link.steps[0] } : {}) },
      base, flow, arrow, hit);
    const label = svg("g", { class: "label" });
    const mark = svg("g", { class: "mark" });
    this.layers.links.append(group);
    this.layers.labels.append(label, mark);
    if (link.steps.length) {
      hit.addEventListener("click", () => this.hands.select({ kind: "edge", step: link.steps[0] }));
    }
    return { group, base, flow, arrow, label, mark, length: base.getTotalLength(), state: "" };
  }

  /** Where a link begins and ends in sight: at its nodes, or at the boxes they are folded into. */
  trim(i, tail, head) {
    const link = this.view.links[i];
    const drawn = this.links[i];
    const { base, length } = drawn;
    const begin = tail === link.tail ? 0 : crossing(base, length, this.view.items[tail]);
    const end = head === link.head ? length : crossing(base, length, this.view.items[head]);
    if (drawn.begin === begin && drawn.end === end) return;
    const middle = base.getPointAtLength((begin + end) / 2);
    const [x, y] = (end - begin === length && link.at) || [middle.x, middle.y - 20];
    Object.assign(drawn, { begin, end, x, y, middle, key: "",
      forward: tip(base, Math.max(begin, end - 12), end), backward: tip(base, Math.min(end, begin + 12), begin) });
  }

  /** Who stands where: the box of a folded scope stands for all that is inside. */
  arrange() {
    const { view } = this;
    const place = view.items.map((_, i) => i);
    for (const scope of [...view.folded].sort((a, b) => a.items.length - b.items.length)) {
      for (const i of scope.items) place[i] = scope.box; // the outermost wins
    }
    this.itemOf = new Map();
    view.items.forEach(({ scope, nodes }, i) => scope || nodes.forEach((node) => this.itemOf.set(node, place[i])));
    const seen = new Set(this.itemOf.values());
    view.items.forEach((item, i) => {
      if (seen.has(i) && !this.items[i]) this.items[i] = this.drawItem(item, i);
      if (!seen.has(i) && item.scope) {
        this.items[i]?.group.remove();
        this.items[i] = null;
      }
      if (this.items[i]) this.items[i].group.style.display = seen.has(i) ? "" : "none";
    });
    this.linksInto = view.items.map(() => []);
    view.links.forEach((link, i) => {
      const [tail, head] = [place[link.tail], place[link.head]];
      const { group, label, mark } = this.links[i];
      for (const element of [group, label, mark]) element.style.display = tail === head ? "none" : "";
      if (tail === head) return;
      this.linksInto[head].push(i);
      this.trim(i, tail, head);
    });
    this.stepsInside = view.items.map(() => []);
    this.state.frame.steps.forEach((step, k) => {
      const item = this.itemOf.get(step.child);
      if (item === this.itemOf.get(step.parent)) this.stepsInside[item].push(k);
    });
    view.scopes.forEach((scope, s) => {
      const inside = view.scopes.some((other) => other !== scope && view.folded.has(other)
        && other.items.length > scope.items.length && other.items.includes(scope.items[0]));
      for (const element of [this.handles[s].handle, this.handles[s].frame]) element.style.display = inside ? "none" : "";
    });
  }

  /** Fold exactly these scopes. Nothing else moves. */
  fold(scopes) {
    this.view.folded = new Set(scopes);
    this.arrange();
    this.paintAll();
  }

  /** The box that a node is folded into, if it is. */
  boxOf(node) {
    const item = this.view.items[this.itemOf.get(node)];
    return item.title === undefined ? null : item;
  }

  // --- painting --------------------------------------------------------------------------

  paintAll() {
    this.items.forEach((drawn, i) => drawn && this.paintItem(i));
    this.links.forEach((_, i) => this.paintLink(i));
    this.paintHandles();
    this.paintCurrent();
    this.paintSelection();
  }

  /** Repaint what differs between two positions; `step` is animated if it was just taken. */
  paintMove(from, to, animate) {
    const { nodes, steps } = this.state.timeline.touched(from, to);
    const items = new Set([...nodes].map((node) => this.itemOf.get(node)));
    const links = new Set([...steps].map((k) => this.linkOf.get(k)).filter((i) => i !== undefined));
    for (const item of items) {
      this.paintItem(item);
      this.linksInto[item].forEach((i) => links.add(i));
    }
    for (const link of links) this.paintLink(link);
    this.paintCurrent(animate && to === from + 1);
  }

  paintHandles() {
    this.view.scopes.forEach((scope, s) => {
      const { handle, sign } = this.handles[s];
      const folded = this.view.folded.has(scope);
      write(sign, folded ? "▸" : "▾");
      handle.setAttribute("aria-expanded", !folded);
      handle.setAttribute("aria-label", say("scopeOf", { name: scope.name, n: this.view.items[scope.box].nodes.length }));
    });
  }

  paintItem(i) {
    const { position, frame, timeline, reference } = this.state;
    const item = this.view.items[i];
    const { group, parts, box, tensor } = this.items[i];
    if (box) return this.paintBox(i);
    const id = item.nodes[0];
    const node = frame.nodes[id];
    const has = timeline.hasValue(id, position);
    const grad = timeline.gradient(id, position);
    const complete = timeline.complete(id, position);
    const starved = node.wanted && node.arrives === "none" && complete && position >= timeline.seed;
    const title = node.op && node.labelled ? `${node.name}  ${node.what}` : node.op ? node.what : node.name;
    this.paintTitle(parts.title, clip(title, Math.floor((item.w - 18) / 7.4)), tensor ? shapeText(node.shape) : "");
    write(parts.valueName, say("value"));
    const room = Math.floor((item.w - 52) / 7);
    const refused = timeline.refuses(id) && position >= timeline.birth[id];
    write(parts.value, refused ? say("refused") : has ? brief(node.value, room) : "");
    write(parts.gradName, say("grad"));
    write(parts.grad, !node.wanted ? say("notWanted") : grad === undefined ? "–" : brief(grad, room));
    if (tensor) {
      this.paintStrip(parts.valueStrip, has ? node.value : null, item, 42);
      this.paintStrip(parts.gradStrip, node.wanted ? grad ?? null : null, item, 70);
    }
    const differs = reference && frame !== reference && has && (
      !sameDatum(node.value, reference.nodes[id].value)
      || (grad !== undefined && !sameDatum(grad, this.state.referenceTimeline.gradient(id, position) ?? null)));
    write(parts.sign, refused ? "✗" : differs ? "≠" : node.cancelled && complete ? DATA.states.cancelled.sign
      : starved ? TEXT_SIGN(DATA.states.starved.sign) : node.detached ? "⌁" : "");
    for (const [name, on] of Object.entries({
      born: has, refused, graded: node.wanted && grad !== undefined, partial: grad !== undefined && !complete, starved, differs,
      constant: !node.wanted, root: id === frame.root, zero: grad !== undefined && isZero(grad),
    })) group.classList.toggle(name, Boolean(on));
    group.dataset.value = has && !tensor ? real(node.value) : "";
    group.dataset.grad = grad !== undefined && !tensor ? real(grad) : "";
  }

  paintTitle(element, title, shape) {
    if (element.textContent === title + shape) return;
    element.textContent = title;
    if (shape) element.append(svg("tspan", { class: "faint", dx: 6 }, shape));
  }

  paintBox(i) {
    const { position, frame, timeline } = this.state;
    const item = this.view.items[i];
    const { group, parts } = this.items[i];
    const born = item.nodes.filter((node) => timeline.hasValue(node, position));
    const graded = item.nodes.filter((node) => frame.nodes[node].wanted && timeline.gradient(node, position) !== undefined);
    const wanted = item.nodes.filter((node) => frame.nodes[node].wanted);
    const taken = this.stepsInside[i].filter((k) => timeline.at(k) <= position);
    const stops = taken.filter((k) => frame.steps[k].blocks).length;
    write(parts.title, clip(item.title, item.scope ? 15 : Math.floor((item.w - 18) / 7.4)));
    write(parts.valueName, say("value"));
    write(parts.value, `${born.length} / ${item.nodes.length}`);
    write(parts.gradName, say("grad"));
    write(parts.grad, wanted.length ? `${graded.length} / ${wanted.length}` : say("notWanted"));
    write(parts.note, stops ? `${TEXT_SIGN("✂")} ${stops}` : say("folded", { n: item.nodes.length }));
    group.classList.toggle("born", born.length > 0);
    group.classList.toggle("graded", graded.length > 0);
    group.classList.toggle("stopped", stops > 0);
    group.classList.toggle("constant", wanted.length === 0);
    group.classList.toggle("starved", graded.length > 0 && graded.every((node) => frame.nodes[node].arrives === "none"));
  }

  /** A tensor in one line: for each part of the last axis the number of largest size. */
  paintStrip(group, datum, item, down) {
    const tensor = tensorOf(datum);
    if (group.drawn === tensor && tensor) return;
    group.drawn = tensor;
    group.replaceChildren();
    if (!tensor || !tensor.size) return;
    let [rows, columns] = tensor.preview;
    const byRows = columns < 4 && rows > columns;
    const cells = Array.from({ length: byRows ? rows : columns }, () => 0);
    tensor.data.forEach((x, place) => {
      const cell = byRows ? Math.floor(place / columns) : place % columns;
      if (!(Math.abs(real(x)) <= Math.abs(real(cells[cell])))) cells[cell] = x;
    });
    const top = Math.max(...cells.map((x) => Math.abs(real(x))).filter(Number.isFinite), 0);
    const step = (item.w - 18) / cells.length;
    group.append(...cells.map((x, cell) => {
      const rect = svg("rect", { x: item.x + 9 + cell * step, y: item.y + down, width: Math.max(step - 0.6, 0.6), height: 7 });
      rect.style.fill = heatColor(x, top);
      return rect;
    }));
  }

  paintLink(i) {
    const { position, frame, timeline } = this.state;
    const link = this.view.links[i];
    const drawn = this.links[i];
    const { group, base, flow, arrow, label, mark, length, begin, end } = drawn;
    if (begin === undefined) return; // inside a folded scope since it was drawn
    const taken = link.steps.filter((k) => timeline.at(k) <= position);
    const head = this.view.items[link.head].nodes;
    const tail = this.view.items[link.tail].nodes;
    const valued = head.some((node) => timeline.hasValue(node, position)) && tail.some((node) => timeline.hasValue(node, position));
    const state = taken.length ? this.sharedState(taken) : "";
    const blocks = taken.length > 0 && taken.every((k) => frame.steps[k].blocks) && state !== "partly";
    const back = taken.length > 0;
    const lines = this.labelLines(link, taken, state);
    const size = Math.max(...taken.map((k) => magnitude(frame.steps[k].contribution)), 0);
    const look = `link${valued ? " valued" : ""}${back ? ` back ${state}` : ""}${blocks ? " blocks" : ""}`
      + `${link.note ? ` ${link.note}` : ""}${drawn.current ? " current" : ""}`;
    drawn.state = state;
    const key = [look, size, ...lines].join("\n");
    if (key === drawn.key) return; // it looks like that already
    drawn.key = key;
    group.setAttribute("class", look);
    group.dataset.state = state;
    // A cut: the line breaks in the middle, and colour comes only as far as the break.
    const gap = Math.min(11, (end - begin) / 5);
    const middle = (begin + end) / 2;
    base.style.strokeDasharray = blocks ? `${middle - gap} ${2 * gap} ${length}` : "";
    flow.style.strokeDasharray = blocks ? `0 ${middle + gap} ${length}` : "";
    flow.style.strokeWidth = back && state !== "starved" ? 1.6 + 3.4 * Math.sqrt(size / this.strongest) : "";
    arrow.setAttribute("d", back ? drawn.backward : drawn.forward);
    const sign = back && state !== "flows" && state !== "starved" ? DATA.states[state].sign : "";
    const { x, y } = drawn.middle;
    mark.replaceChildren(...(sign ? [svg("circle", { cx: x, cy: y, r: 10 }), svg("text", { x, y: y + 4.5 }, TEXT_SIGN(sign))] : []));
    mark.setAttribute("class", `mark ${state}`);
    label.setAttribute("class", `label ${state}`);
    const high = drawn.y - (sign ? 12 : 6) + 13 * (2 - lines.length) - 3;
    label.replaceChildren(...lines.map((line, row) => svg("text", { x: drawn.x, y: high + 13 * row }, line)));
  }

  sharedState(steps) {
    const states = new Set(steps.map((k) => this.state.frame.steps[k].state));
    states.delete("starved");
    return states.size === 0 ? "starved" : states.size === 1 ? [...states][0] : "partly";
  }

  /** What is written on a link: the word of a stop, else × local = contribution. */
  labelLines(link, taken, state) {
    if (!taken.length || (!this.view.labels && !link.show)) return [];
    const words = stateWords(state);
    if (state === "starved") return [];
    if (link.steps.length > 1) return state === "flows" ? [] : [words.word];
    const step = this.state.frame.steps[link.steps[0]];
    const times = step.local === null ? "" : `× ${clip(summary(step.local), 18)}`;
    if (state === "partly") {
      const open = step.counts.flows ?? 0;
      return [`${open} / ${Object.values(step.counts).reduce((a, b) => a + b, 0)}`];
    }
    const second = tensorOf(step.contribution) ? "" : `= ${summary(step.contribution)}`;
    const stopped = step.blocks || state === "nonfinite"; // the word says it all
    return (state === "flows" ? [times, second] : stopped ? [words.word] : [words.word, times]).filter(Boolean);
  }

  /** Mark the step that was just taken, and what it goes between. */
  paintCurrent(animate = false) {
    const k = this.state.timeline.step(this.state.position);
    const nodes = this.currentNodes();
    for (const group of this.marked) group.classList.remove("current", "receives");
    this.marked = nodes.map((node) => this.items[this.itemOf.get(node)].group);
    this.marked.forEach((group, j) => group.classList.add(j ? "receives" : "current"));
    const link = k >= 0 ? this.linkOf.get(k) : undefined;
    if (link !== this.lastLink) this.emphasize(this.lastLink, false);
    this.emphasize(this.lastLink = link, true);
    if (link !== undefined && animate) this.animate(link);
    if (this.following) this.bring(nodes);
  }

  /** What the step goes between, the receiver last. */
  currentNodes() {
    const { position, timeline, frame } = this.state;
    const k = timeline.step(position);
    if (k >= 0) return [frame.steps[k].child, frame.steps[k].parent];
    if (position === timeline.seed) return [frame.root];
    return position > 0 ? [timeline.made[position - 1]] : [];
  }

  emphasize(link, on) {
    if (!this.links[link]) return;
    this.links[link].current = on;
    this.view.links[link].show = on;
    this.paintLink(link);
  }

  /** The gradient travels from the user of a value back to the value. */
  animate(i) {
    const { flow, length, state, group, begin, end } = this.links[i];
    if (matchMedia("(prefers-reduced-motion: reduce)").matches || state === "starved" || !flow.animate) return;
    const stop = group.classList.contains("blocks") ? (begin + end) / 2 + 11 : begin;
    const duration = Math.min(500, this.state.pace * 0.7);
    flow.animate([
      { strokeDasharray: `${length} ${length}`, strokeDashoffset: -end },
      { strokeDasharray: `${length} ${length}`, strokeDashoffset: -stop },
    ], { duration, easing: "ease-out" });
  }

  paintSelection() {
    const { selection, lit } = this.state;
    for (const element of this.root.querySelectorAll(".selected, .lit, .gate, .enough")) {
      element.classList.remove("selected", "lit", "gate", "enough");
    }
    if (this.links[this.shown]) {
      this.view.links[this.shown].show = this.links[this.shown].current;
      this.paintLink(this.shown);
    }
    this.shown = null;
    if (selection?.kind === "node") this.items[this.itemOf.get(selection.node)].group.classList.add("selected");
    if (selection?.kind === "box" && this.items[selection.item]) this.items[selection.item].group.classList.add("selected");
    if (selection?.kind === "edge" && this.linkOf.has(selection.step)) {
      this.shown = this.linkOf.get(selection.step);
      this.view.links[this.shown].show = true;
      this.paintLink(this.shown);
      this.links[this.shown].group.classList.add("selected");
      if (this.links[this.shown].group.style.display) this.items[this.itemOf.get(this.state.frame.steps[selection.step].child)].group.classList.add("selected");
    }
    this.root.classList.toggle("asking", lit !== null);
    if (!lit) return;
    for (const node of lit.nodes) this.items[this.itemOf.get(node)].group.classList.add("lit");
    for (const k of lit.steps) this.light(k, "lit");
    for (const k of lit.gates) {
      this.light(k, "gate");
      this.items[this.itemOf.get(this.state.frame.steps[k].child)].group.classList.add("lit", "gate");
    }
  }

  light(k, how) {
    if (!this.linkOf.has(k)) return;
    const { group, mark, label } = this.links[this.linkOf.get(k)];
    for (const element of [group, mark, label]) element.classList.add(how);
  }

  // --- the camera ------------------------------------------------------------------------

  fit() {
    const { width, height } = this.view;
    const room = MARGIN * Math.max(1, width / this.size[0], height / this.size[1]); // names keep their size
    const w = Math.max(width + 2 * room, 0.65 * this.size[0]); // a small graph is not blown up
    this.camera = { x: (width - w) / 2, y: -room, w, h: height + 2 * room };
    this.aim();
  }

  zoom(factor, cx, cy) {
    const { x, y, w, h } = this.camera;
    cx ??= x + w / 2;
    cy ??= y + h / 2;
    const scale = Math.min(Math.max(w / factor, 60), 20 * this.view.width + 400) / w;
    this.camera = { x: cx - (cx - x) * scale, y: cy - (cy - y) * scale, w: w * scale, h: h * scale };
    this.aim();
  }

  /** Move the sheet. Only a new scale lays its text out again, and keeps it crisp. */
  aim() {
    const { x, y, scale } = this.sight();
    const { style } = this.sheet;
    if (scale !== this.scale) {
      style.width = `${(this.view.width + 2 * MARGIN) / scale}px`;
      style.height = `${(this.view.height + 2 * MARGIN) / scale}px`;
      style.setProperty("--scale", Math.max(1, scale)); // for names that keep their size
      this.root.classList.toggle("far", scale > FAR);
      this.scale = scale;
    }
    style.transform = `translate(${Math.round((-MARGIN - x) / scale)}px, ${Math.round((-MARGIN - y) / scale)}px)`;
  }

  /** The part of the drawing that is in sight: the window is wider or higher than the camera. */
  sight() {
    const { x, y, w, h } = this.camera;
    const [width, height] = this.size;
    const scale = Math.max(w / width, h / height);
    const [sw, sh] = [width * scale, height * scale];
    return { x: x + (w - sw) / 2, y: y + (h - sh) / 2, w: sw, h: sh, scale };
  }

  /** Have these nodes in sight, or the first of them if they are too far apart; move if need be. */
  bring(nodes, always = false) {
    if (!nodes.length) return;
    const sight = this.sight();
    const around = (list) => {
      const items = list.map((node) => this.view.items[this.itemOf.get(node)]);
      const [x, y] = [Math.min(...items.map((b) => b.x)), Math.min(...items.map((b) => b.y))];
      return { x, y, w: Math.max(...items.map((b) => b.x + b.w)) - x, h: Math.max(...items.map((b) => b.y + b.h)) - y };
    };
    let area = around(nodes);
    if (area.w > sight.w - 2 * MARGIN || area.h > sight.h - 2 * MARGIN) area = around(nodes.slice(0, 1)); // rather than to and fro
    const inside = ["x", "y"].every((axis, i) => {
      const size = "wh"[i];
      return area[axis] >= sight[axis] + MARGIN && area[axis] + area[size] <= sight[axis] + sight[size] - MARGIN;
    });
    if (inside && !always) return;
    this.camera.x += centred(area.x, area.w, sight.w, this.view.width) - sight.x;
    this.camera.y += centred(area.y, area.h, sight.h, this.view.height) - sight.y;
    this.aim();
  }

  /** Come near enough to read: a node, or what the step goes between. */
  approach(node) {
    const { timeline, frame } = this.state;
    const nodes = node === undefined ? this.currentNodes() : [node];
    const { scale } = this.sight();
    if (scale > READABLE) this.zoom(scale / NEAR);
    this.bring(nodes.length ? nodes : [timeline.made[0] ?? frame.root], true);
  }

  point(event) {
    const sight = this.sight();
    const area = this.root.getBoundingClientRect();
    return [sight.x + (event.clientX - area.left) * sight.scale, sight.y + (event.clientY - area.top) * sight.scale];
  }

  listen() {
    new ResizeObserver(() => {
      this.measure();
      if (this.camera) this.aim();
    }).observe(this.root);
    const fingers = new Map();
    let moved = 0;
    this.root.addEventListener("pointerdown", (event) => {
      fingers.set(event.pointerId, event);
      moved = 0;
    });
    this.root.addEventListener("pointermove", (event) => {
      const before = fingers.get(event.pointerId);
      if (!before) return;
      const { scale } = this.sight();
      if (fingers.size === 2) { // pinch
        const other = [...fingers.values()].find((finger) => finger.pointerId !== event.pointerId);
        const spread = (a) => Math.hypot(a.clientX - other.clientX, a.clientY - other.clientY);
        this.zoom(spread(event) / (spread(before) || 1), ...this.point(other));
      } else {
        moved += Math.hypot(event.clientX - before.clientX, event.clientY - before.clientY);
        if (moved > 4) {
          if (!this.root.hasPointerCapture(event.pointerId)) this.root.setPointerCapture(event.pointerId);
          this.camera.x -= (event.clientX - before.clientX) * scale;
          this.camera.y -= (event.clientY - before.clientY) * scale;
          this.aim();
          this.hands.pan();
        }
      }
      fingers.set(event.pointerId, event);
    });
    for (const end of ["pointerup", "pointercancel"]) {
      this.root.addEventListener(end, (event) => fingers.delete(event.pointerId));
    }
    this.root.addEventListener("click", (event) => { // a drag is no click
      if (moved > 4) event.stopPropagation();
    }, true);
    this.root.addEventListener("dblclick", (event) => {
      if (event.target.closest(".item, .handle")) return;
      this.hands.pan();
      this.fit();
    });
    this.root.addEventListener("wheel", (event) => {
      // Inside a notebook the wheel scrolls the notebook, unless Ctrl is held.
      if (window !== window.parent && !event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      this.zoom(Math.exp(-event.deltaY * 0.0016), ...this.point(event));
    }, { passive: false });
  }

  /** The nearest item to the left, right, above or below. */
  neighbour(from, dx, dy) {
    const center = (item) => [item.x + item.w / 2, item.y + item.h / 2];
    const [x, y] = center(this.view.items[from]);
    let best = null;
    let least = Infinity;
    this.view.items.forEach((item, i) => {
      const [u, v] = center(item);
      const along = (u - x) * dx + (v - y) * dy;
      const across = Math.abs((u - x) * dy) + Math.abs((v - y) * dx);
      if (i === from || along < 4 || !this.items[i] || this.items[i].group.style.display) return;
      if (along + 2.5 * across < least) [best, least] = [i, along + 2.5 * across];
    });
    return best;
  }
}
