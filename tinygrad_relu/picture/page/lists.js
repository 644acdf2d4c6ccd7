// In the panel: the cuts, the leaves, and what the signs mean.

import { DATA } from "./data.js";
import { button, figure, html } from "./html.js";
import { state } from "./state.js";
import { say, stateWords } from "./strings.js";
import { svg, textSign } from "./svg.js";
import { allTold, isTold, sentenceOf } from "./telling.js";
import { go, select } from "./walk.js";

export function paintCuts(part) {
  const { frame, timeline } = state;
  const cuts = frame.cuts.filter((cut) => isTold(cut.step));
  const list = cuts.slice(0, 200).map((cut) => {
    const show = () => {
      go(timeline.at(cut.step));
      select({ kind: "edge", step: cut.step });
    };
    const sign = html("b", {}, stateWords(cut.reason).sign || "✂");
    const attributes = { class: `cut ${cut.reason}`, "data-step": cut.step };
    return html("li", {}, button([sign, " ", sentenceOf(cut)], show, attributes));
  });
  const none = frame.refused ? "noPass" : allTold() ? "noCuts" : "cutsLater";
  part.replaceChildren(
    html("h2", {}, say("cuts"), html("span", { class: "count" }, String(cuts.length))),
    list.length ? html("ul", { class: "cutlist" }, ...list)
      : html("p", { class: "faint" }, say(none)),
    allTold() ? zeros() : "");
}

/** Why the gradients of leaves are 0. */
function zeros() {
  const { frame, timeline } = state;
  const list = [...timeline.zeros.values()].filter(
    (zero) => zero.verdict !== "not zero" && !frame.nodes[zero.node].op);
  if (!list.length) return "";
  const entries = list.map((zero) => html("li", {}, button(sentenceOf(zero),
    () => select({ kind: "node", node: zero.node }), { class: "reason", "data-node": zero.node })));
  return html("details", { class: "reasons" },
    html("summary", {}, say("explains", { n: list.length })), html("ul", {}, ...entries));
}

let leafRows = new Map();

export function paintLeaves(part) {
  leafRows = new Map();
  state.frame.nodes.forEach((node, id) => {
    if (node.op || !node.wanted || leafRows.size >= 500) return;
    const show = () => select({ kind: "node", node: id });
    leafRows.set(id, html("tr", { "data-node": id },
      html("th", { scope: "row" }, button(node.name, show)),
      html("td", {}, figure(node.value)), html("td"), html("td", { class: "verdict" })));
  });
  paintLeafRows(leafRows.keys());
  const heads = ["leaf", "value", "gradient", "state"];
  part.replaceChildren(html("h2", {}, say("parameters")), html("table", {},
    html("thead", {}, html("tr", {}, ...heads.map((head) => html("th", { scope: "col" }, say(head))))),
    html("tbody", {}, ...leafRows.values())));
}

/** The gradients of these leaves so far; other nodes are passed over. */
export function paintLeafRows(nodes) {
  const { timeline, told: position } = state;
  for (const id of nodes) {
    const row = leafRows.get(id);
    if (!row) continue;
    const grad = timeline.gradient(id, position);
    const reason = timeline.zeros.get(id);
    const known = timeline.complete(id, position) && reason && reason.verdict !== "not zero";
    const words = known ? stateWords(reason.verdict) : { sign: "", word: "" };
    row.classList.toggle("is-zero", Boolean(known));
    row.cells[2].replaceChildren(grad === undefined ? "–" : figure(grad, "grad"));
    row.cells[3].textContent = `${words.sign} ${words.word}`.trim();
  }
}

export function paintLegend(part) {
  const seen = new Set(DATA.frames.flatMap((frame) => frame.steps.flatMap(
    (step) => [step.state, ...Object.keys(step.counts ?? {})])));
  const present = Object.keys(DATA.states).filter((name) => seen.has(name) || state.veiled);
  const entries = present.flatMap((name) => {
    const { word, meaning } = stateWords(name);
    return [html("dt", {}, sample(name), html("b", {}, word)), html("dd", {}, meaning)];
  });
  part.replaceChildren(html("h2", {}, say("legend")), html("dl", { class: "legend" }, ...entries),
    html("h2", {}, say("keys")), html("p", { class: "faint keys" }, say("keysText")));
}

/** A line as it is drawn in this state. */
function sample(name) {
  const { sign } = stateWords(name);
  const mark = () => svg("g", { class: `mark ${name}`, transform: "translate(22 7)" },
    svg("circle", { r: 6.5 }), svg("text", { y: 3.4 }, textSign(sign)));
  return svg("svg", { class: `sample link back ${name}`, width: 44, height: 14, "aria-hidden": "true" },
    svg("path", { class: "flow", d: "M2 7H42" }), ...(sign && name !== "starved" ? [mark()] : []));
}
