// The graph as SVG: drawn once a view, repainted only where a step touches it.

const SVG = "http://www.w3.org/2000/svg";

/** An SVG element with attributes and children. Text always goes in as text. */
function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** The text in so many columns, the end cut off; Japanese characters count twice. */
function clip(text, columns) {
  let used = 0;
  let out = "";
  for (const character of text) {
    used += /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60]/.test(character) ? 2 : 1;
    if (used > columns) return `${out.slice(0, -1)}…`;
    out += character;
  }
  return out;
}

const FAR = 3.2; // drawing units a pixel: text is smaller than 4 pixels
const TEXT_SIGN = (sign) => `${sign}\ufe0e`; // no emoji

class Picture {
  constructor(root, state, onSelect) {
    this.root = root;
    this.state = state; // position, frame, selection, lit: owned by the app
    this.onSelect = onSelect;
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
    this.itemOf = new Map();
    view.items.forEach((item, i) => item.nodes.forEach((node) => this.itemOf.set(node, i)));
    this.linkOf = new Map();
    view.links.forEach((link, i) => link.steps.forEach((k) => this.linkOf.set(k, i)));
    this.linksInto = view.items.map(() => []);
    view.links.forEach((link, i) => this.linksInto[link.head].push(i));
    this.stepsInside = view.items.map(() => []);
    this.state.frame.steps.forEach((step, k) => {
      const item = this.itemOf.get(step.child);
      if (!this.linkOf.has(k) && item === this.itemOf.get(step.parent)) this.stepsInside[item].push(k);
    });
    this.strongest = Math.max(...DATA.frames.flatMap(
      (frame) => frame.steps.map((step) => magnitude(step.contribution))), 0) || 1;

    const scopes = svg("g", { class: "scopes" }, ...view.scopes.map((scope) => svg("g", {},
      svg("rect", { x: scope.x, y: scope.y, width: scope.w, height: scope.h, rx: 10 }),
      svg("text", { x: scope.x + 9, y: scope.y + 13 }, scope.name))));
    const links = svg("g", { class: "links" });
    const items = svg("g", { class: "items" });
    const labels = svg("g", { class: "labels" });
    this.world = svg("g", { class: "world" }, scopes, links, labels, items);
    this.root.replaceChildren(this.patterns(), this.world);
    this.items = [];
    this.links = view.links.map((link, i) => this.drawLink(link, i, links, labels));
    this.items = view.items.map((item, i) => this.drawItem(item, i, items));
    this.lastLink = this.far = null;
    this.fit();
    document.documentElement.style.setProperty("--ratio", view.width / view.height); // for print
    this.following = this.sight().scale > 2.4; // too small to read: come nearer, step by step
    this.paintAll();
  }

  patterns() {
    return svg("defs", {}, svg("pattern",
      { id: "hatch", width: 7, height: 7, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
      svg("rect", { class: "hatch-paper", width: 7, height: 7 }),
      svg("line", { class: "hatch-line", x1: 0, y1: 0, x2: 0, y2: 7 })));
  }

  drawItem(item, i, parent) {
    const box = "title" in item;
    const node = this.state.frame.nodes[item.nodes[0]];
    const tensor = !box && node.shape.length > 0;
    const parts = {
      frame: svg("rect", { class: "frame", width: item.w, height: item.h, rx: 7 }),
      title: svg("text", { class: "title", x: 9, y: 18 }),
      valueName: svg("text", { class: "faint", x: 9, y: 36 }),
      value: svg("text", { class: "number value", x: item.w - 9, y: 36 }),
      gradName: svg("text", { class: "faint", x: 9, y: tensor ? 64 : 54 }),
      grad: svg("text", { class: "number grad", x: item.w - 9, y: tensor ? 64 : 54 }),
      sign: svg("text", { class: "corner", x: item.w - 7, y: 15 }),
    };
    if (tensor) {
      parts.valueStrip = svg("g", { class: "strip", transform: `translate(9 42)` });
      parts.gradStrip = svg("g", { class: "strip", transform: `translate(9 70)` });
    }
    const group = svg("g", { class: `item ${box ? "box" : node.op ? "op" : "leaf"}`, transform: `translate(${item.x} ${item.y})`,
      "data-item": i, ...(box ? {} : { "data-node": item.nodes[0] }) }, ...Object.values(parts));
    if (box) parts.note = group.appendChild(svg("text", { class: "faint note", x: 9, y: 72 }));
    group.addEventListener("click", () => this.onSelect(
      box ? { kind: "box", item: i } : { kind: "node", node: item.nodes[0] }));
    parent.append(group);
    return { group, parts, box, tensor };
  }

  drawLink(link, i, parent, labels) {
    const base = svg("path", { class: "base", d: link.d });
    const flow = svg("path", { class: "flow", d: link.d });
    const hit = svg("path", { class: "hit", d: link.d });
    const arrow = svg("path", { class: "arrow", d: "M0 0L-8 -3.4L-8 3.4Z" });
    const group = svg("g", { class: "link", "data-link": i, ...(link.steps.length === 1 ? { "data-step": link.steps[0] } : {}) },
      base, flow, arrow, hit);
    parent.append(group);
    const length = base.getTotalLength();
    const middle = base.getPointAtLength(length / 2);
    const label = svg("g", { class: "label" });
    const mark = svg("g", { class: "mark", transform: `translate(${middle.x} ${middle.y})` });
    labels.append(label, mark);
    const [x, y] = link.at ?? [middle.x, middle.y - 20];
    if (link.steps.length) {
      hit.addEventListener("click", () => this.onSelect({ kind: "edge", step: link.steps[0] }));
    }
    const { x: left, y: top, width, height } = base.getBBox();
    const box = { x: left - 40, y: top - 40, w: width + 80, h: height + 80 }; // the label included
    return { group, base, flow, arrow, label, mark, length, x, y, box, state: "" };
  }

  // --- painting --------------------------------------------------------------------------

  paintAll() {
    this.items.forEach((_, i) => this.paintItem(i));
    this.links.forEach((_, i) => this.paintLink(i));
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
    this.paintCurrent(animate && to === from + 1, Math.abs(to - from) === 1);
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
    parts.title.textContent = clip(title, Math.floor((item.w - 18) / 7.4));
    if (tensor) parts.title.append(svg("tspan", { class: "faint", dx: 6 }, shapeText(node.shape)));
    parts.valueName.textContent = say("value");
    const room = Math.floor((item.w - 52) / 7);
    parts.value.textContent = has ? brief(node.value, room) : "";
    parts.gradName.textContent = say("grad");
    parts.grad.textContent = !node.wanted ? say("notWanted") : grad === undefined ? "–" : brief(grad, room);
    parts.sign.textContent = node.detached ? "⌁" : "";
    if (tensor) {
      this.paintStrip(parts.valueStrip, has ? node.value : null, item.w - 18);
      this.paintStrip(parts.gradStrip, node.wanted ? grad ?? null : null, item.w - 18);
    }
    const differs = reference && frame !== reference && has && (
      !sameDatum(node.value, reference.nodes[id].value)
      || (grad !== undefined && !sameDatum(grad, this.state.referenceTimeline.gradient(id, position) ?? null)));
    if (starved) parts.sign.textContent = TEXT_SIGN(DATA.states.starved.sign);
    if (node.cancelled && complete) parts.sign.textContent = DATA.states.cancelled.sign;
    if (differs) parts.sign.textContent = "≠";
    for (const [name, on] of Object.entries({
      born: has, graded: node.wanted && grad !== undefined, partial: grad !== undefined && !complete, starved, differs,
      constant: !node.wanted, root: id === frame.root, zero: grad !== undefined && isZero(grad),
    })) group.classList.toggle(name, Boolean(on));
    group.dataset.value = has && !tensor ? real(node.value) : "";
    group.dataset.grad = grad !== undefined && !tensor ? real(grad) : "";
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
    parts.title.textContent = clip(item.title, Math.floor((item.w - 18) / 7.4));
    parts.valueName.textContent = say("value");
    parts.value.textContent = `${born.length} / ${item.nodes.length}`;
    parts.gradName.textContent = say("grad");
    parts.grad.textContent = wanted.length ? `${graded.length} / ${wanted.length}` : say("notWanted");
    parts.note.textContent = stops ? `${TEXT_SIGN("✂")} ${stops}` : say("folded", { n: item.nodes.length });
    group.classList.toggle("born", born.length > 0);
    group.classList.toggle("graded", graded.length > 0);
    group.classList.toggle("stopped", stops > 0);
    group.classList.toggle("constant", wanted.length === 0);
    group.classList.toggle("starved", graded.length > 0 && graded.every((node) => frame.nodes[node].arrives === "none"));
  }

  /** A tensor in one line: for each part of the last axis the number of largest size. */
  paintStrip(group, datum, width) {
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
    const step = width / cells.length;
    group.append(...cells.map((x, cell) => {
      const rect = svg("rect", { x: cell * step, y: 0, width: Math.max(step - 0.6, 0.6), height: 7 });
      rect.style.fill = heatColor(x, top);
      return rect;
    }));
  }

  paintLink(i) {
    const { position, frame, timeline } = this.state;
    const link = this.view.links[i];
    const drawn = this.links[i];
    const { group, base, flow, arrow, label, mark, length } = drawn;
    const taken = link.steps.filter((k) => timeline.at(k) <= position);
    const head = this.view.items[link.head].nodes;
    const tail = this.view.items[link.tail].nodes;
    const valued = head.some((node) => timeline.hasValue(node, position)) && tail.some((node) => timeline.hasValue(node, position));
    const state = taken.length ? this.sharedState(taken) : "";
    const blocks = taken.length > 0 && taken.every((k) => frame.steps[k].blocks) && state !== "partly";
    const back = taken.length > 0;
    drawn.state = state;
    group.setAttribute("class", `link${valued ? " valued" : ""}${back ? ` back ${state}` : ""}${blocks ? " blocks" : ""}`
      + `${link.note ? ` ${link.note}` : ""}${drawn.current ? " current" : ""}`);
    group.dataset.state = state;
    // A cut: the line breaks in the middle, and colour comes only as far as the break.
    const gap = Math.min(11, length / 5);
    const middle = length / 2;
    base.style.strokeDasharray = blocks ? `${middle - gap} ${2 * gap} ${length}` : "";
    flow.style.strokeDasharray = blocks ? `0 ${middle + gap} ${length}` : "";
    const size = Math.max(...taken.map((k) => magnitude(frame.steps[k].contribution)), 0);
    flow.style.strokeWidth = back && state !== "starved" ? 1.6 + 3.4 * Math.sqrt(size / this.strongest) : "";
    const from = base.getPointAtLength(back ? Math.min(12, length) : Math.max(0, length - 12));
    const to = base.getPointAtLength(back ? 0 : length);
    const turn = Math.atan2(to.y - from.y, to.x - from.x) * 180 / Math.PI;
    arrow.setAttribute("transform", `translate(${to.x} ${to.y}) rotate(${turn})`);
    const sign = back && state !== "flows" && state !== "starved" ? DATA.states[state].sign : "";
    mark.replaceChildren(...(sign ? [svg("circle", { r: 10 }), svg("text", { y: 4.5 }, TEXT_SIGN(sign))] : []));
    mark.setAttribute("class", `mark ${state}`);
    label.setAttribute("class", `label ${state}`);
    const lines = this.labelLines(link, taken, state);
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
  paintCurrent(animate = false, near = false) {
    const { position, timeline, frame } = this.state;
    for (const item of this.root.querySelectorAll(".item.current, .item.receives")) item.classList.remove("current", "receives");
    if (this.lastLink !== null && this.links[this.lastLink]) {
      const old = this.links[this.lastLink];
      old.current = false;
      this.view.links[this.lastLink].show = false;
      this.paintLink(this.lastLink);
    }
    this.lastLink = null;
    const k = timeline.step(position);
    const nodes = k >= 0 ? [frame.steps[k].child, frame.steps[k].parent]
      : position === timeline.seed ? [frame.root] : position > 0 ? [timeline.made[position - 1]] : [];
    nodes.forEach((node, j) => this.items[this.itemOf.get(node)].group.classList.add(j ? "receives" : "current"));
    const link = k >= 0 ? this.linkOf.get(k) : undefined;
    if (link !== undefined) {
      this.lastLink = link;
      this.links[link].current = true;
      this.view.links[link].show = true;
      this.paintLink(link);
      if (animate) this.animate(link);
    }
    if (near && this.following) this.visit(nodes.at(-1));
    if (nodes.length) this.follow(nodes);
  }

  /** The gradient travels from the user of a value back to the value. */
  animate(i) {
    const { flow, length, state, group } = this.links[i];
    if (matchMedia("(prefers-reduced-motion: reduce)").matches || state === "starved" || !flow.animate) return;
    const end = group.classList.contains("blocks") ? length / 2 + 11 : 0;
    const duration = Math.min(500, this.state.pace * 0.7);
    flow.animate([
      { strokeDasharray: `${length} ${length}`, strokeDashoffset: -length },
      { strokeDasharray: `${length} ${length}`, strokeDashoffset: -end },
    ], { duration, easing: "ease-out" });
  }

  paintSelection() {
    const { selection, lit } = this.state;
    for (const element of this.root.querySelectorAll(".selected, .lit, .gate, .enough")) {
      element.classList.remove("selected", "lit", "gate", "enough");
    }
    if (this.shown !== undefined && this.view.links[this.shown]) {
      this.view.links[this.shown].show = this.links[this.shown].current;
      this.paintLink(this.shown);
    }
    this.shown = undefined;
    if (selection?.kind === "node") this.items[this.itemOf.get(selection.node)].group.classList.add("selected");
    if (selection?.kind === "box" && this.items[selection.item]) this.items[selection.item].group.classList.add("selected");
    if (selection?.kind === "edge" && this.linkOf.has(selection.step)) {
      this.shown = this.linkOf.get(selection.step);
      this.view.links[this.shown].show = true;
      this.paintLink(this.shown);
      this.links[this.shown].group.classList.add("selected");
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
    const w = Math.max(width + 24, 0.65 * this.size[0]); // a small graph is not blown up
    this.camera = { x: (width - w) / 2, y: -12, w, h: height + 24 };
    this.fitted = true;
    this.aim();
  }

  zoom(factor, cx, cy) {
    const { x, y, w, h } = this.camera;
    cx ??= x + w / 2;
    cy ??= y + h / 2;
    const scale = Math.min(Math.max(w / factor, 60), 20 * this.view.width + 400) / w;
    this.camera = { x: cx - (cx - x) * scale, y: cy - (cy - y) * scale, w: w * scale, h: h * scale };
    this.fitted = false;
    this.aim();
  }

  aim() {
    // Moving one group is cheaper than a new viewBox, which lays out every text again.
    const { x, y, scale } = this.sight();
    this.world.setAttribute("transform", `scale(${1 / scale}) translate(${-x} ${-y})`);
    this.cull();
  }

  /** Draw only what can be seen: nothing out of sight, and no text too small to read. */
  cull() {
    if (!this.items?.length) return;
    const sight = this.sight();
    const far = sight.scale > FAR && !this.printing;
    if (far !== this.far) this.root.classList.toggle("far", this.far = far);
    const show = (drawn, box, ...elements) => {
      const seen = this.printing || (box.x < sight.x + sight.w && box.x + box.w > sight.x && box.y < sight.y + sight.h && box.y + box.h > sight.y);
      if (seen === drawn.seen) return;
      drawn.seen = seen;
      for (const element of elements) element.style.display = seen ? "" : "none";
    };
    this.items.forEach((drawn, i) => show(drawn, this.view.items[i], drawn.group));
    this.links.forEach((drawn) => show(drawn, drawn.box, drawn.group, drawn.label, drawn.mark));
  }

  /** On paper the whole drawing is scaled to the page. */
  print(on) {
    this.printing = on;
    if (on) {
      this.root.setAttribute("viewBox", `-12 -12 ${this.view.width + 24} ${this.view.height + 24}`);
      this.world.removeAttribute("transform");
      this.cull();
    } else {
      this.root.removeAttribute("viewBox");
      this.measure();
      this.aim();
    }
  }

  /** The part of the drawing that is in sight: the window is wider or higher than the camera. */
  sight() {
    const { x, y, w, h } = this.camera;
    const [width, height] = this.size;
    const scale = Math.max(w / width, h / height);
    const [sw, sh] = [width * scale, height * scale];
    return { x: x + (w - sw) / 2, y: y + (h - sh) / 2, w: sw, h: sh, scale };
  }

  /** Move the camera if any of these nodes is out of sight. */
  follow(nodes) {
    if (this.fitted) return;
    const sight = this.sight();
    const items = nodes.map((node) => this.view.items[this.itemOf.get(node)]);
    const low = [Math.min(...items.map((b) => b.x)), Math.min(...items.map((b) => b.y))];
    const high = [Math.max(...items.map((b) => b.x + b.w)), Math.max(...items.map((b) => b.y + b.h))];
    const inside = low[0] > sight.x && low[1] > sight.y && high[0] < sight.x + sight.w && high[1] < sight.y + sight.h;
    if (inside) return;
    this.camera.x += (low[0] + high[0]) / 2 - (sight.x + sight.w / 2);
    this.camera.y += (low[1] + high[1]) / 2 - (sight.y + sight.h / 2);
    this.aim();
  }

  /** Bring one node near enough to read. */
  visit(node) {
    const item = this.view.items[this.itemOf.get(node)];
    const sight = this.sight();
    if (sight.scale > 1.6) {
      const factor = sight.scale / 1.1;
      this.zoom(factor, item.x + item.w / 2, item.y + item.h / 2);
    }
    this.follow([node]);
  }

  point(event) {
    const sight = this.sight();
    const area = this.root.getBoundingClientRect();
    return [sight.x + (event.clientX - area.left) * sight.scale, sight.y + (event.clientY - area.top) * sight.scale];
  }

  listen() {
    new ResizeObserver(() => {
      if (this.printing) return;
      this.measure();
      if (this.camera) this.aim();
    }).observe(this.root);
    matchMedia("print").addEventListener("change", (event) => this.print(event.matches));
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
          this.fitted = false;
          this.aim();
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
    this.root.addEventListener("dblclick", () => this.fit());
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
      if (i === from || along < 4) return;
      if (along + 2.5 * across < least) [best, least] = [i, along + 2.5 * across];
    });
    return best;
  }
}
