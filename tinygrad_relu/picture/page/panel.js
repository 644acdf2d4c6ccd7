// The side panel: the step just taken, the node or edge selected, the cuts, the leaves.

/** An HTML element with attributes and children. Text always goes in as text. */
function html(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "onclick") element.addEventListener("click", value);
    else if (value !== false && value !== null) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== "" && child !== null && child !== undefined));
  return element;
}

/** A number to point at for all its digits, or the summary of a tensor. */
function figure(datum, extra = "") {
  const scalar = datum !== null && datum !== undefined && !tensorOf(datum);
  return html("span", { class: `figure ${extra}`, ...(scalar ? { title: exact(datum), "data-exact": real(datum) } : {}) }, summary(datum));
}

class Panel {
  constructor(root, state, actions) {
    this.parts = Object.fromEntries(["step", "selection", "cuts", "leaves", "legend", "status"].map(
      (name) => [name, root.querySelector(`#${name}`)]));
    this.state = state;
    this.actions = actions; // go(position), select(selection), showAll()
  }

  name(node) { return this.state.frame.nodes[node].name; }

  called(node) {
    const { name, what, op, labelled } = this.state.frame.nodes[node];
    return op && !labelled ? `${what} ${name}` : name;
  }

  // --- this step ---------------------------------------------------------------------------

  paintStep() {
    const { position, timeline, frame } = this.state;
    const k = timeline.step(position);
    const [title, sentence] = this.tell(position);
    const content = [html("h2", {}, title)];
    if (k >= 0) content.push(...this.equation(k));
    else if (position >= 1 && position < timeline.seed) {
      const node = frame.nodes[timeline.made[position - 1]];
      content.push(html("p", { class: "formula" }, node.forward));
      content.push(...this.maps([[say("value"), node.value, null]]));
    }
    this.parts.status.textContent = sentence;
    this.parts.step.replaceChildren(...content, this.parts.status);
  }

  /** A title and a sentence for a position. */
  tell(position) {
    const { timeline, frame } = this.state;
    if (position === 0) return [say("position") + " 0", say("leaves")];
    if (position < timeline.seed) {
      const node = timeline.made[position - 1];
      if (timeline.refuses(node)) return [say("refusedStep"), this.sentence(frame.refused)];
      return [say("forwardStep", { i: position, n: timeline.made.length }),
        say("computed", { name: this.called(node), formula: frame.nodes[node].forward })];
    }
    if (position === timeline.seed) {
      return [say("seedStep"), say("seed", { name: this.name(frame.root), seed: summary(frame.seed) })];
    }
    const k = timeline.step(position);
    return [say("backwardStep", { i: k + 1, n: frame.steps.length }), this.tellStep(k)];
  }

  tellStep(k) {
    const { frame, timeline } = this.state;
    const step = frame.steps[k];
    const gaps = {
      child: this.called(step.child), parent: this.called(step.parent), op: frame.nodes[step.child].op,
      upstream: summary(step.upstream), local: summary(step.local), contribution: summary(step.contribution),
      running: summary(step.running), before: summary(timeline.before(k)),
    };
    const parts = [say(step.local === null ? "pulls" : "passes", gaps), ...this.tellFolded(step)];
    if (step.state !== "flows") parts.push(say("is", stateWords(step.state)));
    parts.push(say(timeline.before(k) === undefined ? "sum" : "sumAdds", gaps));
    return parts.join(language === "ja" ? "" : " ");
  }

  /** Which ends of a step are out of sight, inside a box. */
  tellFolded({ child, parent }) {
    const [from, to] = [this.state.boxOf(child), this.state.boxOf(parent)];
    if (from && from === to) return [say("stepFolded", { scope: from.title })];
    return [[child, from], [parent, to]].filter(([, box]) => box)
      .map(([node, box]) => say("nodeFolded", { name: this.name(node), scope: box.title }));
  }

  /** upstream × local = contribution, and the running sum below it. */
  equation(k) {
    const { frame, timeline } = this.state;
    const step = frame.steps[k];
    const term = (what, datum) => html("div", { class: `term ${what}` }, figure(datum), html("small", {}, say(what)));
    const sign = (text) => html("span", { class: "sign" }, text);
    const product = step.local === null
      ? [term("upstream", step.upstream), sign("⟶"), term("contribution", step.contribution)]
      : [term("upstream", step.upstream), sign("×"), term("local", step.local), sign("="), term("contribution", step.contribution)];
    const before = timeline.before(k);
    const times = timeline.arrivals[step.parent].length;
    const place = timeline.arrivals[step.parent].indexOf(k);
    const sum = html("p", { class: "running" },
      html("small", {}, say("running", { parent: this.name(step.parent) })), " ",
      ...(before === undefined ? [] : [figure(before), " + ", figure(step.contribution), " = "]),
      figure(step.running, "total"),
      times > 1 ? html("small", { class: "uses" }, ` ${place + 1}/${times} · ${say("uses", { n: times })}`) : "");
    const words = stateWords(step.state);
    return [
      html("p", { class: "route" }, this.called(step.child), html("span", { class: "sign" }, " → "), this.called(step.parent)),
      html("div", { class: `equation ${step.state}`, "data-step": k }, ...product),
      html("p", { class: "formula" }, step.formula),
      html("p", { class: `state ${step.state}` }, html("b", {}, `${words.sign} ${words.word}`), ` ${words.meaning}`, this.counts(step)),
      sum,
      ...this.maps([
        [say("upstream"), step.upstream, step.mask], [say("local"), step.local, step.mask],
        [say("contribution"), step.contribution, step.mask], [say("running", { parent: this.name(step.parent) }), timeline.before(k) === undefined ? null : step.running, null],
      ]),
    ];
  }

  counts(step) {
    if (!step.counts) return "";
    const all = Object.entries(step.counts).map(([state, n]) => `${stateWords(state).sign} ${stateWords(state).word} ${n}`.trim());
    return html("span", { class: "counts" }, all.join(" · "));
  }

  /** Heat maps of those that are tensors. */
  maps(list) {
    const tensors = list.filter(([, datum]) => tensorOf(datum)?.size);
    if (!tensors.length) return [];
    const size = tensors.length > 1 ? 132 : 240;
    return [html("div", { class: "maps" }, ...tensors.map(([caption, datum, mask]) => heatMap(datum, mask, caption, size)))];
  }

  // --- the selection -----------------------------------------------------------------------

  paintSelection() {
    const { selection } = this.state;
    const heading = html("h2", {}, say("selection"));
    const content = selection?.kind === "node" ? this.node(selection.node)
      : selection?.kind === "edge" ? this.edge(selection.step)
        : selection?.kind === "box" ? this.box(selection.item) : [html("p", { class: "faint" }, say("nothing"))];
    this.parts.selection.replaceChildren(heading, ...content);
  }

  rows(list) {
    return html("dl", {}, ...list.filter((row) => row[1] !== "" && row[1] !== undefined)
      .flatMap(([name, value]) => [html("dt", {}, name), html("dd", {}, value)]));
  }

  node(id) {
    const { frame, timeline, position } = this.state;
    const node = frame.nodes[id];
    const grad = timeline.gradient(id, position);
    const left = timeline.arrivals[id].length - timeline.taken(id, position);
    const gradient = html("span", {}, !node.wanted ? say("notWanted") : grad === undefined ? "–" : figure(grad, "grad"),
      node.wanted && left && grad !== undefined ? html("small", {}, ` ${say("wouldBe", { more: left })}`) : "");
    const locals = frame.steps.map((step, k) => [step, k]).filter(([step]) => step.child === id && step.local !== null);
    const local = html("span", {}, ...locals.flatMap(([step], i) => [i ? ", " : "", figure(step.local), " ", html("small", {}, `→ ${this.name(step.parent)}`)]));
    const last = timeline.arrivals[id].at(-1);
    return [
      html("h3", {}, node.name),
      this.rows([
        [say("op"), node.op ? node.what : say(node.wanted ? "leaf" : node.detached ? "detached" : "constant")],
        [say("shape"), node.shape.length ? `${shapeText(node.shape)} ${node.dtype ?? ""}` : ""],
        [say("value"), timeline.refuses(id) ? say("refused") : timeline.hasValue(id, position) ? figure(node.value, "value") : "–"],
        [say("gradient"), gradient],
        [say("localGradient"), locals.length ? local : ""],
        [say("scope"), node.scope ? node.scope.join(" / ") : ""],
        [say("line"), node.line ? html("span", {}, node.line, node.code ? html("code", { class: "line" }, node.code) : "") : ""],
      ]),
      node.cancelled ? html("p", { class: "state cancelled" }, say("cancelled")) : "",
      this.why(id),
      ...this.maps([
        [say("value"), timeline.hasValue(id, position) ? node.value : null, null],
        [say("gradient"), node.wanted ? grad ?? null : null, null],
      ]),
      this.across((f) => [f.nodes[id].value, f.nodes[id].wanted ? f.nodes[id].grad : null], [say("value"), say("gradient")]),
      html("p", { class: "buttons" },
        html("button", { type: "button", onclick: () => this.actions.go(timeline.birth[id]) }, say("toForward")),
        node.wanted && (last !== undefined || (id === frame.root && !frame.refused))
          ? html("button", { type: "button", onclick: () => this.actions.go(last === undefined ? timeline.seed : timeline.at(last)) }, say("toBackward")) : ""),
      node.op ? this.rule(node) : "",
    ].filter(Boolean);
  }

  edge(k) {
    const { frame, timeline } = this.state;
    const step = frame.steps[k];
    return [
      html("h3", {}, `${this.called(step.child)} → ${this.called(step.parent)}`),
      ...this.equation(k).slice(1),
      this.across((f) => [f.steps[k].local, f.steps[k].contribution], [say("localGradient"), say("contribution")]),
      html("p", { class: "buttons" }, html("button", { type: "button", onclick: () => this.actions.go(timeline.at(k)) }, say("toStep"))),
      this.rule(frame.nodes[step.child]),
    ].filter(Boolean);
  }

  box(i) {
    const item = this.state.view.items[i];
    if (!item) return [];
    const { frame } = this.state;
    const shown = item.nodes.slice(0, 60);
    return [
      html("h3", {}, item.title),
      html("p", {}, say("folded", { n: item.nodes.length })),
      DATA.views.some((view) => view.name === "all")
        ? html("p", { class: "buttons" }, html("button", { type: "button", onclick: () => this.actions.showAll(item.nodes[0]) }, say("open"))) : "",
      html("ul", { class: "names" }, ...shown.map((node) => html("li", {},
        `${this.called(node)}  `, figure(frame.nodes[node].value)))),
    ].filter(Boolean);
  }

  rule(node) {
    const { source } = DATA.rules[node.rule];
    return html("details", { class: "rule", open: "" }, html("summary", {}, say("rule")),
      source ? html("pre", { tabindex: 0 }, html("code", {}, source)) : html("p", { class: "faint" }, say("closure")));
  }

  /** Value and gradient in every frame, where there is more than one. */
  across(pick, heads) {
    if (DATA.frames.length < 2) return "";
    const body = DATA.frames.map((frame, f) => html("tr", frame === this.state.frame ? { class: "here" } : {},
      html("th", { scope: "row" }, html("button", { type: "button", onclick: () => this.actions.frame(f) }, frame.name)),
      ...pick(frame).map((datum) => html("td", {}, figure(datum)))));
    return html("table", { class: "across" }, html("caption", {}, say("across")),
      html("thead", {}, html("tr", {}, html("td"), ...heads.map((head) => html("th", { scope: "col" }, head)))),
      html("tbody", {}, ...body));
  }

  why(id) {
    const zero = this.state.zeros.get(id);
    if (!zero) return "";
    const { fewest, stops } = zero;
    return html("div", { class: "why" }, html("h4", {}, say("why")), html("p", {}, this.sentence(zero)),
      stops.length ? html("p", { class: "faint" }, say("gates"),
        fewest?.length && fewest.length < stops.length ? ` ${say("fewest", { n: fewest.length })}` : "") : "");
  }

  // --- the analysis in words -----------------------------------------------------------------

  /** A cut or a zero as the analysis tells it. */
  sentence(told) { return told[language] ?? told.sentence; }

  paintCuts() {
    const { frame, timeline, zeros } = this.state;
    const list = frame.cuts.slice(0, 200).map((cut) => {
      const words = stateWords(cut.reason);
      return html("li", {}, html("button", { type: "button", class: `cut ${cut.reason}`, "data-step": cut.step,
        onclick: () => { this.actions.go(timeline.at(cut.step)); this.actions.select({ kind: "edge", step: cut.step }); } },
      html("b", {}, words.sign || "✂"), " ", this.sentence(cut)));
    });
    const why = [...zeros.values()].filter((zero) => zero.verdict !== "not zero" && !frame.nodes[zero.node].op);
    this.parts.cuts.replaceChildren(
      html("h2", {}, say("cuts"), html("span", { class: "count" }, String(frame.cuts.length))),
      list.length ? html("ul", { class: "cutlist" }, ...list) : html("p", { class: "faint" }, say(frame.refused ? "noPass" : "noCuts")),
      why.length ? html("details", { class: "reasons" }, html("summary", {}, say("explains", { n: why.length })),
        html("ul", {}, ...why.map((zero) => html("li", {}, html("button", { type: "button", class: "reason", "data-node": zero.node,
          onclick: () => this.actions.select({ kind: "node", node: zero.node }) }, this.sentence(zero)))))) : "");
  }

  paintLeaves() {
    const { frame } = this.state;
    this.leafRows = new Map();
    frame.nodes.forEach((node, id) => {
      if (node.op || !node.wanted || this.leafRows.size >= 500) return;
      const select = () => this.actions.select({ kind: "node", node: id });
      this.leafRows.set(id, html("tr", { "data-node": id },
        html("th", { scope: "row" }, html("button", { type: "button", onclick: select }, node.name)),
        html("td", {}, figure(node.value)), html("td"), html("td", { class: "verdict" })));
    });
    const rows = [...this.leafRows.values()];
    this.paintLeafRows(this.leafRows.keys());
    this.parts.leaves.replaceChildren(html("h2", {}, say("parameters")),
      html("table", {}, html("thead", {}, html("tr", {}, html("th", { scope: "col" }, say("leaf")),
        html("th", { scope: "col" }, say("value")), html("th", { scope: "col" }, say("gradient")), html("th", { scope: "col" }, say("state")))),
      html("tbody", {}, ...rows)));
  }

  /** The gradients of these leaves so far; other nodes are passed over. */
  paintLeafRows(nodes) {
    const { timeline, position, zeros } = this.state;
    for (const id of nodes) {
      const row = this.leafRows?.get(id);
      if (!row) continue;
      const grad = timeline.gradient(id, position);
      const reason = zeros.get(id);
      const known = timeline.complete(id, position) && reason && reason.verdict !== "not zero";
      row.classList.toggle("is-zero", Boolean(known));
      row.cells[2].replaceChildren(grad === undefined ? "–" : figure(grad, "grad"));
      row.cells[3].textContent = known ? `${stateWords(reason.verdict).sign} ${stateWords(reason.verdict).word}`.trim() : "";
    }
  }

  paintLegend() {
    const present = new Set(DATA.frames.flatMap((frame) => frame.steps.flatMap((step) => [step.state, ...Object.keys(step.counts ?? {})])));
    const items = Object.keys(DATA.states).filter((state) => present.has(state)).flatMap((state) => {
      const words = stateWords(state);
      const line = svg("svg", { class: `sample link back ${state}`, width: 44, height: 14, "aria-hidden": "true" },
        svg("path", { class: "flow", d: "M2 7H42" }), ...(words.sign && state !== "starved"
          ? [svg("g", { class: `mark ${state}`, transform: "translate(22 7)" }, svg("circle", { r: 6.5 }), svg("text", { y: 3.4 }, TEXT_SIGN(words.sign)))] : []));
      return [html("dt", {}, line, html("b", {}, words.word)), html("dd", {}, words.meaning)];
    });
    this.parts.legend.replaceChildren(html("h2", {}, say("legend")), html("dl", { class: "legend" }, ...items),
      html("h2", {}, say("keys")), html("p", { class: "faint keys" }, say("keysText")));
  }
}
