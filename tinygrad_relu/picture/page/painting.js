// What nodes, links and folded scopes say at a position of the walk.

const TEXT_SIGN = (sign) => `${sign}\ufe0e`; // no emoji

class Painting extends Drawing {
  draw(view) {
    super.draw(view);
    this.strongest = Math.max(...DATA.frames.flatMap(
      (frame) => frame.steps.map((step) => magnitude(step.contribution))), 0) || 1;
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
}
