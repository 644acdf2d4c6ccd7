// In the panel: the node, edge or box that is selected.

import { DATA } from "./data.js";
import { canShowAll, showAll } from "./folds.js";
import { button, figure, html } from "./html.js";
import { shapeText } from "./numbers.js";
import { state } from "./state.js";
import { say } from "./strings.js";
import { equation, maps } from "./step.js";
import { allTold, called, isTold, nameOf, sentenceOf } from "./telling.js";
import { chooseFrame, go } from "./walk.js";

export function paintSelected(part) {
  const { selection } = state;
  const content = selection?.kind === "node" ? nodeParts(selection.node)
    : selection?.kind === "edge" ? edgeParts(selection.step)
      : selection?.kind === "box" ? boxParts(selection.item)
        : [html("p", { class: "faint" }, say("nothing"))];
  part.replaceChildren(html("h2", {}, say("selection")), ...content.filter(Boolean));
}

const buttons = (...list) => html("p", { class: "buttons" }, ...list);

function rows(list) {
  return html("dl", {}, ...list.filter((row) => row[1] !== "" && row[1] !== undefined)
    .flatMap(([name, value]) => [html("dt", {}, name), html("dd", {}, value)]));
}

function nodeParts(id) {
  const { frame, timeline, told: position } = state;
  const node = frame.nodes[id];
  const grad = timeline.gradient(id, position);
  const has = timeline.hasValue(id, position);
  const last = timeline.arrivals[id].at(-1);
  const arrives = node.wanted && (last !== undefined || (id === frame.root && !frame.refused));
  return [
    html("h3", {}, node.name),
    rows([
      [say("op"), node.op ? node.what
        : say(node.wanted ? "leaf" : node.detached ? "detached" : "constant")],
      [say("shape"), node.shape.length ? `${shapeText(node.shape)} ${node.dtype ?? ""}` : ""],
      [say("value"), timeline.refuses(id) ? say("refused") : has ? figure(node.value, "value") : "–"],
      [say("gradient"), gradientSoFar(id, grad)],
      [say("localGradient"), localGradients(id)],
      [say("scope"), node.scope ? node.scope.join(" / ") : ""],
      [say("line"), lineOf(node)],
    ]),
    node.cancelled ? html("p", { class: "state cancelled" }, say("cancelled")) : "",
    whyZero(id),
    ...maps([
      [say("value"), has ? node.value : null, null],
      [say("gradient"), node.wanted ? grad ?? null : null, null],
    ]),
    across((f) => [f.nodes[id].value, f.nodes[id].wanted ? f.nodes[id].grad : null],
      [say("value"), say("gradient")]),
    buttons(button(say("toForward"), () => go(timeline.birth[id])), arrives
      ? button(say("toBackward"), () => go(last === undefined ? timeline.seed : timeline.at(last))) : ""),
    node.op ? ruleOf(node) : "",
  ];
}

function gradientSoFar(id, grad) {
  const { frame, timeline, told: position } = state;
  if (!frame.nodes[id].wanted) return say("notWanted");
  const more = timeline.arrivals[id].length - timeline.taken(id, position);
  return html("span", {}, grad === undefined ? "–" : figure(grad, "grad"),
    more && grad !== undefined ? html("small", {}, ` ${say("wouldBe", { more })}`) : "");
}

function localGradients(id) {
  const steps = state.frame.steps.filter(
    (step, k) => step.child === id && step.local !== null && isTold(k));
  if (!steps.length) return "";
  return html("span", {}, ...steps.flatMap((step, i) => [
    i ? ", " : "", figure(step.local), " ", html("small", {}, `→ ${nameOf(step.parent)}`)]));
}

function lineOf(node) {
  if (!node.line) return "";
  return html("span", {}, node.line, node.code ? html("code", { class: "line" }, node.code) : "");
}

function edgeParts(k) {
  const { frame, timeline } = state;
  const step = frame.steps[k];
  return [
    html("h3", {}, `${called(step.child)} → ${called(step.parent)}`),
    ...equation(k).slice(1),
    across((f) => [f.steps[k].local, f.steps[k].contribution],
      [say("localGradient"), say("contribution")]),
    buttons(button(say("toStep"), () => go(timeline.at(k)))),
    ruleOf(frame.nodes[step.child]),
  ];
}

function boxParts(i) {
  const { title, nodes } = state.view.items[i];
  return [
    html("h3", {}, title),
    html("p", {}, say("folded", { n: nodes.length })),
    canShowAll ? buttons(button(say("open"), () => showAll(nodes[0]))) : "",
    html("ul", { class: "names" }, ...nodes.slice(0, 60).map((node) =>
      html("li", {}, `${called(node)}  `, figure(state.frame.nodes[node].value)))),
  ];
}

function ruleOf(node) {
  const { source } = DATA.rules[node.rule];
  return html("details", { class: "rule", open: "" }, html("summary", {}, say("rule")), source
    ? html("pre", { tabindex: 0 }, html("code", {}, source))
    : html("p", { class: "faint" }, say("closure")));
}

/** Two numbers in every frame, where there is more than one. */
function across(pick, heads) {
  if (DATA.frames.length < 2 || !allTold()) return "";
  const body = DATA.frames.map((frame, f) => html("tr", frame === state.frame ? { class: "here" } : {},
    html("th", { scope: "row" }, button(frame.name, () => chooseFrame(f))),
    ...pick(frame).map((datum) => html("td", {}, figure(datum)))));
  return html("table", { class: "across" }, html("caption", {}, say("across")),
    html("thead", {}, html("tr", {}, html("td"),
      ...heads.map((head) => html("th", { scope: "col" }, head)))),
    html("tbody", {}, ...body));
}

function whyZero(id) {
  const zero = state.timeline.zeros.get(id);
  if (!zero || !allTold()) return "";
  const { fewest, stops } = zero;
  const fewer = fewest?.length && fewest.length < stops.length;
  return html("div", { class: "why" }, html("h4", {}, say("why")), html("p", {}, sentenceOf(zero)),
    stops.length ? html("p", { class: "faint" }, say("gates"),
      fewer ? ` ${say("fewest", { n: fewest.length })}` : "") : "");
}
