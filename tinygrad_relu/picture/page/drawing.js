// The elements of a view: nodes, links and scopes, where they stand, and who stands for whom.

import { MARGIN } from "./camera.js";
import { itemOf, openBox, standing, toggleScope } from "./folds.js";
import { state } from "./state.js";
import { clip, columns, crossing, onPress, svg, tip } from "./svg.js";
import { select } from "./walk.js";

const BOX = { w: 132, h: 82 }; // what the box of a folded scope says, before it is enlarged

export class Drawing {
  constructor(root) { this.root = root; }

  draw(view) {
    this.view = view;
    this.linkOf = new Map();
    view.links.forEach((link, i) => link.steps.forEach((k) => this.linkOf.set(k, i)));
    this.layers = Object.fromEntries(["scopes", "links", "labels", "items", "handles"].map(
      (name) => [name, svg("g", { class: name })]));
    const [width, height] = [view.width + 2 * MARGIN, view.height + 2 * MARGIN];
    this.sheet = svg("svg", { class: "sheet", viewBox: `${-MARGIN} ${-MARGIN} ${width} ${height}` },
      this.patterns(), ...Object.values(this.layers));
    this.root.replaceChildren(this.sheet);
    this.links = view.links.map((link, i) => this.drawLink(link, i));
    this.items = view.items.map((item, i) => (item.scope ? null : this.drawItem(item, i)));
    this.handles = view.scopes.map((scope, s) => this.drawHandle(scope, s));
    this.arrange();
    document.documentElement.style.setProperty("--ratio", width / height); // for print
  }

  patterns() {
    // A gradient with hard stops: hatching that is painted faster than a pattern.
    const across = { x1: 0, y1: 0, x2: 5, y2: 5, gradientUnits: "userSpaceOnUse", spreadMethod: "repeat" };
    return svg("defs", {}, svg("linearGradient", { id: "hatch", ...across },
      ...["paper", "line"].map((name) => svg("stop", { class: `hatch-${name}`, offset: 0.72 }))));
  }

  drawItem(item, i) {
    const box = "title" in item;
    const node = state.frame.nodes[item.nodes[0]];
    const tensor = !box && node.shape.length > 0;
    // Every place is absolute: each transform would be a layer for the browser to keep.
    const { x, y, w } = item.scope
      ? { x: item.x + (item.w - BOX.w) / 2, y: item.y + (item.h - BOX.h) / 2, w: BOX.w } : item;
    const text = (name, dx, dy) => svg("text", { class: name, x: x + dx, y: y + dy });
    const strip = () => svg("g", { class: "strip" });
    const below = tensor ? 64 : 54;
    const parts = {
      title: text("title", 9, 18),
      valueName: text("faint", 9, 36), value: text("number value", w - 9, 36),
      gradName: text("faint", 9, below), grad: text("number grad", w - 9, below),
      sign: text("corner", w - 7, 15),
      ...(tensor ? { valueStrip: strip(), gradStrip: strip() } : {}),
      ...(box ? { note: text("faint note", 9, 72) } : {}),
    };
    const words = Object.values(parts);
    const group = svg("g",
      { class: `item ${box ? "box" : node.op ? "op" : "leaf"}`, "data-item": i },
      svg("rect", { class: "frame", x: item.x, y: item.y, width: item.w, height: item.h, rx: 7 }),
      ...(item.scope ? [this.enlarge(item, words)] : words));
    if (item.scope) group.addEventListener("click", () => toggleScope(item.scope));
    else if (box) {
      onPress(group, () => openBox(i));
      const role = { role: "button", tabindex: 0, "aria-label": item.title };
      for (const [name, value] of Object.entries(role)) group.setAttribute(name, value);
    } else {
      group.dataset.node = item.nodes[0];
      group.addEventListener("click", () => select({ kind: "node", node: item.nodes[0] }));
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
  drawHandle(scope, s) {
    const name = clip(scope.name, Math.max(4, Math.floor((scope.w - 40) / 6)));
    const { x, y, w: width, h: height } = scope;
    const sign = svg("text", { x: x + 11, y: y + 15.5 });
    const wide = Math.min(width - 8, columns(name) * 6 + 28);
    const handle = svg("g", { class: "handle", role: "button", tabindex: 0 },
      svg("rect", { x: x + 4, y: y + 3, width: wide, height: 17, rx: 5 }),
      sign, svg("text", { x: x + 24, y: y + 15.5 }, name));
    const frame = svg("rect", { x, y, width, height, rx: 10 });
    onPress(handle, () => toggleScope(state.view.scopes[s]));
    this.layers.scopes.append(frame);
    this.layers.handles.append(handle);
    return { handle, frame, sign };
  }

  drawLink(link, i) {
    const base = svg("path", { class: "base", d: link.d });
    const flow = svg("path", { class: "flow", d: link.d });
    const hit = svg("path", { class: "hit", d: link.d });
    const arrow = svg("path", { class: "arrow" });
    const one = link.steps.length === 1 ? { "data-step": link.steps[0] } : {};
    const group = svg("g", { class: "link", "data-link": i, ...one }, base, flow, arrow, hit);
    const label = svg("g", { class: "label" });
    const mark = svg("g", { class: "mark" });
    this.layers.links.append(group);
    this.layers.labels.append(label, mark);
    if (link.steps.length) {
      hit.addEventListener("click", () => select({ kind: "edge", step: link.steps[0] }));
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
    const whole = end - begin === length;
    const half = (whole && link.half) || (begin + end) / 2;
    const middle = base.getPointAtLength(half);
    const [x, y] = (whole && link.at) || [middle.x, middle.y - 20];
    Object.assign(drawn, { begin, end, half, x, y, middle, key: "",
      forward: tip(base, Math.max(begin, end - 12), end),
      backward: tip(base, Math.min(end, begin + 12), begin) });
  }

  /** Show who stands for whom: the box of a folded scope for all that is inside. */
  arrange() {
    const { view } = this;
    const { place, itemOf: items } = standing();
    const seen = new Set(items.values());
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
    state.frame.steps.forEach((step, k) => {
      const item = itemOf(step.child);
      if (item === itemOf(step.parent)) this.stepsInside[item].push(k);
    });
    view.scopes.forEach((scope, s) => {
      const outer = view.items[place[scope.items[0]]].scope;
      const inside = outer !== undefined && outer.items.length > scope.items.length;
      const { handle, frame } = this.handles[s];
      for (const element of [handle, frame]) element.style.display = inside ? "none" : "";
    });
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
