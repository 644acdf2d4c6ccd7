// The picture on the page: painted anew as the walk goes on, and seen through a camera.

class Picture extends Painting {
  constructor(root, state, hands) {
    super(root, state, hands);
    this.camera = new Camera(root, () => hands.pan());
  }

  draw(view) {
    super.draw(view);
    this.marked = [];
    this.lastLink = this.shown = null;
    this.camera.show(this.sheet, view);
    this.following = this.camera.sight().scale > READABLE; // too small to read: come nearer, step by step
    this.paintAll();
    if (this.following) this.approach();
  }

  /** Fold exactly these scopes. Nothing else moves. */
  fold(scopes) {
    this.view.folded = new Set(scopes);
    this.arrange();
    this.paintAll();
  }

  /** Have these nodes in sight. */
  bring(nodes, always = false) {
    this.camera.bring(nodes.map((node) => this.view.items[this.itemOf.get(node)]), always);
  }

  /** Come near enough to read: a node, or what the step goes between. */
  approach(node) {
    const { timeline, frame } = this.state;
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
}
