// The picture on the page: painted anew as the walk goes on, and seen through a camera.

import { Camera, NEAR, READABLE } from "./camera.js";
import { itemOf } from "./folds.js";
import { gatesOf } from "./gates.js";
import { allTold } from "./telling.js";
import { Painting } from "./painting.js";
import { inRows } from "./rows.js";
import { changed, set, state } from "./state.js";

export class Picture extends Painting {
  constructor(root) {
    super(root);
    this.keeps = "open"; // what a new size of the window leaves as it is, see `resize`
    this.camera = new Camera(root, {
      moved: () => {
        this.keeps = "place";
        if (state.following) set({ following: false });
      },
      zoomed: () => { this.keeps = "place"; },
      fit: () => this.fit(),
      resized: () => this.resize(),
    });
  }

  /** The buttons of the camera. */
  listenTo(find) {
    find("zoom-in").addEventListener("click", () => this.zoom(1.3));
    find("zoom-out").addEventListener("click", () => this.zoom(1 / 1.3));
    find("fit").addEventListener("click", () => this.fit());
    find("follow").addEventListener("click", () => {
      this.keeps = "place";
      set({ following: !state.following });
      if (state.following) this.approach();
    });
  }

  zoom(factor) {
    this.keeps = "place";
    this.camera.zoom(factor);
  }

  /** Show the whole, and go on to show it. */
  fit() {
    this.keeps = "whole";
    set({ following: false });
    this.camera.fit();
  }

  /** The window has another size: until a hand moves the camera, everything is fitted again. */
  resize() {
    if (this.keeps === "place") this.camera.aim();
    else {
      this.draw(state.view);
      this.paintAll();
    }
  }

  /** Paint what differs from before. */
  paint(before) {
    const { sought, lecture } = state;
    if (changed(before, "view")) {
      this.keeps = "open";
      this.draw(state.view);
    }
    else if (changed(before, "folded")) this.arrange();
    if (changed(before, "view", "folded", "frame", "reference", "language", "veiled")) this.paintAll();
    else {
      if (changed(before, "position", "told")) this.paintMove(before, state);
      if (changed(before, "selection") || state.veiled) this.paintSelection();
    }
    if (changed(before, "lecture") && (lecture || before.lecture)) {
      this.keeps = lecture ? "whole" : "open";
      this.camera.measure();
      this.resize();
    }
    if (changed(before, "sought") && sought) {
      this.keeps = "place";
      this.approach(sought.node);
    }
  }

  /** In the shape of the window; where that is too small to read, come nearer and go along. */
  draw(view) {
    this.camera.most = state.lecture ? 2.4 : 1.5;
    const laid = inRows(view, this.camera.size, state.lecture ? 2 : 1);
    const rows = laid.items.map(({ y }) => y).join();
    if (this.drawn !== view || this.rows !== rows) {
      Object.assign(this, { drawn: view, rows, marked: [], lastLink: null, shown: null });
      super.draw(laid);
      this.camera.show(this.sheet, laid);
    } else this.camera.fit();
    const following = this.keeps === "open" && this.camera.sight().scale > READABLE;
    if (following !== state.following) set({ following });
    if (following) this.approach();
  }

  /** Have these nodes in sight. */
  bring(nodes, always = false) {
    this.camera.bring(nodes.map((node) => this.view.items[itemOf(node)]), always);
  }

  /** Come near enough to read: a node, or what the step goes between. */
  approach(node) {
    const { timeline, frame } = state;
    const nodes = node === undefined ? this.currentNodes() : [node];
    const { scale } = this.camera.sight();
    if (scale > READABLE) this.camera.zoom(scale / NEAR);
    this.bring(nodes.length ? nodes : [timeline.made[0] ?? frame.root], true);
  }

  paintAll() {
    this.items.forEach((drawn, i) => drawn && this.paintItem(i));
    this.links.forEach((_, i) => this.paintLink(i));
    this.paintHandles();
    this.paintCurrent();
    this.paintSelection();
  }

  /** Repaint what differs between two positions; a step that was just told moves. */
  paintMove(before, { position, told }) {
    const { nodes, steps } = state.timeline.touched(before.told, told);
    const items = new Set([...nodes].map(itemOf));
    const links = new Set([...steps].map((k) => this.linkOf.get(k)).filter((i) => i !== undefined));
    for (const item of items) {
      this.paintItem(item);
      this.linksInto[item].forEach((i) => links.add(i));
    }
    for (const link of links) this.paintLink(link);
    this.paintCurrent();
    const link = told === position && told === before.told + 1 && this.links[this.lastLink];
    if (link) this.animate(link);
  }

  /** Mark the step that was just taken, and what it goes between. */
  paintCurrent() {
    const k = state.timeline.step(state.position);
    const nodes = this.currentNodes();
    for (const group of this.marked) group.classList.remove("current", "receives");
    this.marked = nodes.map((node) => this.groupOf(node));
    this.marked.forEach((group, j) => group.classList.add(j ? "receives" : "current"));
    const link = k >= 0 ? this.linkOf.get(k) : undefined;
    if (link !== this.lastLink) this.emphasize(this.lastLink, "current", false);
    this.emphasize(this.lastLink = link, "current", true);
    if (state.following) this.bring(nodes);
  }

  /** What the step goes between, the receiver last. */
  currentNodes() {
    const { position, timeline, frame } = state;
    const k = timeline.step(position);
    if (k >= 0) return [frame.steps[k].child, frame.steps[k].parent];
    if (position === timeline.seed) return [frame.root];
    return position > 0 ? [timeline.made[position - 1]] : [];
  }

  /** The element that shows a node. */
  groupOf(node) { return this.items[itemOf(node)].group; }

  emphasize(link, how, on) {
    if (!this.links[link]) return;
    this.links[link][how] = on;
    this.paintLink(link);
  }

  /** The gradient travels from the user of a value back to the value. */
  animate({ flow, length, state: name, group, begin, end, half }) {
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    if (calm || name === "starved" || !flow.animate) return;
    const stop = group.classList.contains("blocks") ? half + 11 : begin;
    flow.animate([end, stop].map((at) => (
      { strokeDasharray: `${length} ${length}`, strokeDashoffset: -at }
    )), { duration: Math.min(500, state.pace * 0.7), easing: "ease-out" });
  }

  paintSelection() {
    const { selection } = state;
    for (const element of this.root.querySelectorAll(".selected, .lit, .gate")) {
      element.classList.remove("selected", "lit", "gate");
    }
    this.emphasize(this.shown, "shown", false);
    this.shown = null;
    if (selection?.kind === "node") this.groupOf(selection.node).classList.add("selected");
    if (selection?.kind === "box") this.items[selection.item]?.group.classList.add("selected");
    if (selection?.kind === "edge") this.paintEdge(selection.step);
    const lit = selection?.kind === "node" && allTold() ? gatesOf(selection.node) : null;
    this.root.classList.toggle("asking", lit !== null);
    if (lit) this.paintGates(lit);
  }

  paintEdge(k) {
    if (!this.linkOf.has(k)) return;
    this.shown = this.linkOf.get(k);
    this.emphasize(this.shown, "shown", true);
    const { group } = this.links[this.shown];
    group.classList.add("selected");
    if (group.style.display) this.groupOf(state.frame.steps[k].child).classList.add("selected");
  }

  paintGates({ nodes, steps, gates }) {
    for (const node of nodes) this.groupOf(node).classList.add("lit");
    for (const k of steps) this.light(k, "lit");
    for (const k of gates) {
      this.light(k, "gate");
      this.groupOf(state.frame.steps[k].child).classList.add("lit", "gate");
    }
  }

  light(k, how) {
    if (!this.linkOf.has(k)) return;
    const { group, mark, label } = this.links[this.linkOf.get(k)];
    for (const element of [group, mark, label]) element.classList.add(how);
  }
}
