// What nodes, links and folded scopes say at a position of the walk.

import { DATA } from "./data.js";
import { Drawing } from "./drawing.js";
import { brief, heatColor, isZero, magnitude, real, sameDatum, shapeText, summary, tensorOf }
  from "./numbers.js";
import { state } from "./state.js";
import { say, stateWords } from "./strings.js";
import { clip, svg, textSign, write } from "./svg.js";

/** The widest line is the largest contribution of all. */
const STRONGEST = DATA.frames.flatMap((frame) => frame.steps).reduce(
  (most, step) => Math.max(most, magnitude(step.contribution)), 0) || 1;

export class Painting extends Drawing {
  paintHandles() {
    this.view.scopes.forEach((scope, s) => {
      const { handle, sign } = this.handles[s];
      const folded = state.folded.has(state.view.scopes[s]);
      write(sign, folded ? "▸" : "▾");
      handle.setAttribute("aria-expanded", !folded);
      const n = this.view.items[scope.box].nodes.length;
      handle.setAttribute("aria-label", say("scopeOf", { name: scope.name, n }));
    });
  }

  paintItem(i) {
    const { told: position, frame, timeline, reference, referenceTimeline } = state;
    const item = this.view.items[i];
    const { group, parts, box, tensor } = this.items[i];
    if (box) return this.paintBox(i);
    const id = item.nodes[0];
    const node = frame.nodes[id];
    const has = timeline.hasValue(id, position);
    const grad = timeline.gradient(id, position);
    const complete = timeline.complete(id, position);
    const starved = node.wanted && node.arrives === "none" && complete && position >= timeline.seed;
    const title = [...(node.labelled || !node.op ? [node.name] : []), ...(node.op ? [node.what] : [])];
    const columns = Math.floor((item.w - 18) / 7.4);
    this.paintTitle(parts.title, clip(title.join("  "), columns), tensor ? shapeText(node.shape) : "");
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
    const differs = reference !== frame && has && (
      !sameDatum(node.value, reference.nodes[id].value)
      || (grad !== undefined && !sameDatum(grad, referenceTimeline.gradient(id, position) ?? null)));
    write(parts.sign, refused ? "✗" : differs ? "≠"
      : node.cancelled && complete ? DATA.states.cancelled.sign
        : starved ? textSign(DATA.states.starved.sign) : node.detached ? "⌁" : "");
    const graded = node.wanted && grad !== undefined;
    for (const [name, on] of Object.entries({
      born: has, refused, graded, partial: grad !== undefined && !complete, starved, differs,
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
    const { told: position, frame, timeline } = state;
    const item = this.view.items[i];
    const { group, parts } = this.items[i];
    const born = item.nodes.filter((node) => timeline.hasValue(node, position));
    const wanted = item.nodes.filter((node) => frame.nodes[node].wanted);
    const graded = wanted.filter((node) => timeline.gradient(node, position) !== undefined);
    const taken = this.stepsInside[i].filter((k) => timeline.at(k) <= position);
    const stops = taken.filter((k) => frame.steps[k].blocks).length;
    const starved = graded.length > 0 && graded.every((node) => frame.nodes[node].arrives === "none");
    write(parts.title, clip(item.title, item.scope ? 15 : Math.floor((item.w - 18) / 7.4)));
    write(parts.valueName, say("value"));
    write(parts.value, `${born.length} / ${item.nodes.length}`);
    write(parts.gradName, say("grad"));
    write(parts.grad, wanted.length ? `${graded.length} / ${wanted.length}` : say("notWanted"));
    write(parts.note, stops ? `${textSign("✂")} ${stops}` : say("folded", { n: item.nodes.length }));
    for (const [name, on] of Object.entries({
      born: born.length > 0, graded: graded.length > 0, stopped: stops > 0,
      constant: wanted.length === 0, starved,
    })) group.classList.toggle(name, on);
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
      const [x0, width] = [item.x + 9 + cell * step, Math.max(step - 0.6, 0.6)];
      const rect = svg("rect", { x: x0, y: item.y + down, width, height: 7 });
      rect.style.fill = heatColor(x, top);
      return rect;
    }));
  }

  paintLink(i) {
    const { told: position, frame, timeline } = state;
    const link = this.view.links[i];
    const drawn = this.links[i];
    if (drawn.begin === undefined) return; // inside a folded scope since it was drawn
    const taken = link.steps.filter((k) => timeline.at(k) <= position);
    const has = (item) => this.view.items[item].nodes.some((node) => timeline.hasValue(node, position));
    const name = taken.length ? this.sharedState(taken) : "";
    const blocks = taken.length > 0 && taken.every((k) => frame.steps[k].blocks) && name !== "partly";
    const lines = this.labelLines(i, taken, name);
    const size = Math.max(...taken.map((k) => magnitude(frame.steps[k].contribution)), 0);
    const look = ["link", has(link.head) && has(link.tail) ? "valued" : "",
      taken.length ? `back ${name}` : "", blocks ? "blocks" : "", link.note ?? "",
      drawn.current ? "current" : ""].filter(Boolean).join(" ");
    const key = [look, size, ...lines].join("\n");
    if (key === drawn.key) return; // it looks like that already
    Object.assign(drawn, { key, state: name });
    drawn.group.setAttribute("class", look);
    drawn.group.dataset.state = name;
    this.paintLine(drawn, taken.length > 0, blocks, size);
    this.paintWords(drawn, lines, taken.length ? name : "flows");
  }

  paintLine({ base, flow, arrow, length, begin, end, half, state: name, ...drawn }, back, blocks, size) {
    // A cut: the line breaks in the middle, and colour comes only as far as the break.
    const gap = Math.min(11, (end - begin) / 5);
    base.style.strokeDasharray = blocks ? `${half - gap} ${2 * gap} ${length}` : "";
    flow.style.strokeDasharray = blocks ? `0 ${half + gap} ${length}` : "";
    const width = 1.6 + 3.4 * Math.sqrt(size / STRONGEST);
    flow.style.strokeWidth = back && name !== "starved" ? width : "";
    arrow.setAttribute("d", back ? drawn.backward : drawn.forward);
  }

  /** The sign of a stop in the middle of a link, and what is written above it. */
  paintWords({ middle, mark, label, ...drawn }, lines, name) {
    const sign = name !== "flows" && name !== "starved" ? DATA.states[name].sign : "";
    const { x, y } = middle;
    mark.replaceChildren(...(sign ? [svg("circle", { cx: x, cy: y, r: 10 }),
      svg("text", { x, y: y + 4.5 }, textSign(sign))] : []));
    mark.setAttribute("class", `mark ${name}`);
    label.setAttribute("class", `label ${name}`);
    const high = drawn.y - (sign ? 12 : 6) + 13 * (2 - lines.length) - 3;
    label.replaceChildren(...lines.map(
      (line, row) => svg("text", { x: drawn.x, y: high + 13 * row }, line)));
  }

  sharedState(steps) {
    const states = new Set(steps.map((k) => state.frame.steps[k].state));
    states.delete("starved");
    return states.size === 0 ? "starved" : states.size === 1 ? [...states][0] : "partly";
  }

  /** What is written on a link: the word of a stop, else × local = contribution. */
  labelLines(i, taken, name) {
    const { steps } = this.view.links[i];
    const { current, shown } = this.links[i];
    if (!taken.length || name === "starved" || !(this.view.labels || current || shown)) return [];
    const { word } = stateWords(name);
    if (steps.length > 1) return name === "flows" ? [] : [word];
    const step = state.frame.steps[steps[0]];
    if (name === "partly") {
      const open = step.counts.flows ?? 0;
      return [`${open} / ${Object.values(step.counts).reduce((a, b) => a + b, 0)}`];
    }
    if (step.blocks || name === "nonfinite") return [word]; // the word says it all
    const times = step.local === null ? "" : `× ${clip(summary(step.local), 18)}`;
    const product = tensorOf(step.contribution) ? "" : `= ${summary(step.contribution)}`;
    return (name === "flows" ? [times, product] : [word, times]).filter(Boolean);
  }
}
