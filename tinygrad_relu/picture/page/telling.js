// The walk in sentences: what a node is called, and what a step does.

import { DATA } from "./data.js";
import { boxOf } from "./folds.js";
import { summary } from "./numbers.js";
import { state } from "./state.js";
import { say, stateWords } from "./strings.js";

export const nameOf = (node) => state.frame.nodes[node].name;

/** The name, after the op of a node that the learner gave none. */
export function called(node) {
  const { name, what, op, labelled } = state.frame.nodes[node];
  return op && !labelled ? `${what} ${name}` : name;
}

/** A cut or a zero as the analysis tells it. */
export const sentenceOf = (told) => told[state.language] ?? told.sentence;

/** What the page shows. */
export const titleOf = () => DATA[state.language] ?? DATA.title;

/** What is selected, for whoever does not see it. */
export function tellSelection() {
  const { selection, frame, timeline, told, view } = state;
  if (selection?.kind === "box") return view.items[selection.item].title;
  if (selection?.kind === "edge") {
    const { child, parent } = frame.steps[selection.step];
    return `${called(child)} → ${called(parent)}`;
  }
  if (selection?.kind !== "node") return "";
  const { node } = selection;
  const grad = timeline.gradient(node, told);
  return [called(node),
    ...(timeline.hasValue(node, told) ? [`${say("value")} ${summary(frame.nodes[node].value)}`] : []),
    ...(grad === undefined ? [] : [`${say("gradient")} ${summary(grad)}`])].join(", ");
}

/** Whether there is nothing left to predict. */
export const allTold = () => !state.veiled || state.told === state.timeline.end;

/** Whether the result of a step may be shown. */
export const isTold = (k) => !state.veiled || state.timeline.at(k) <= state.told;

/** What is asked before a position is told. */
function ask(position) {
  const { timeline, frame } = state;
  if (position === timeline.seed) return say("askSeed", { name: nameOf(frame.root) });
  if (position < timeline.seed) {
    const [question] = frame.nodes[timeline.made[position - 1]].forward.split(" = ");
    return say("askValue", { name: called(timeline.made[position - 1]), question });
  }
  const step = frame.steps[timeline.step(position)];
  const gaps = { child: called(step.child), parent: called(step.parent),
    op: frame.nodes[step.child].op, upstream: summary(step.upstream) };
  return say(step.local === null ? "askPull" : "askPass", gaps);
}

/** A title and a sentence for a position. */
export function tell(position) {
  const { told } = state;
  const [title, sentence] = tellAll(position);
  return [title, position > told ? ask(position) : sentence];
}

function tellAll(position) {
  const { timeline, frame } = state;
  if (position === 0) return [`${say("position")} 0`, say("leaves")];
  if (position < timeline.seed) {
    const node = timeline.made[position - 1];
    if (timeline.refuses(node)) return [say("refusedStep"), sentenceOf(frame.refused)];
    return [say("forwardStep", { i: position, n: timeline.made.length }),
      say("computed", { name: called(node), formula: frame.nodes[node].forward })];
  }
  if (position === timeline.seed) {
    return [say("seedStep"), say("seed", { name: nameOf(frame.root), seed: summary(frame.seed) })];
  }
  const k = timeline.step(position);
  return [say("backwardStep", { i: k + 1, n: frame.steps.length }), tellStep(k)];
}

function tellStep(k) {
  const { frame, timeline, language } = state;
  const step = frame.steps[k];
  const before = timeline.before(k);
  const gaps = {
    child: called(step.child), parent: called(step.parent), op: frame.nodes[step.child].op,
    upstream: summary(step.upstream), local: summary(step.local),
    contribution: summary(step.contribution),
    running: summary(step.running), before: summary(before),
  };
  const parts = [say(step.local === null ? "pulls" : "passes", gaps), ...tellFolded(step)];
  if (step.state !== "flows") parts.push(say("is", stateWords(step.state)));
  parts.push(say(before === undefined ? "sum" : "sumAdds", gaps));
  return parts.join(language === "ja" ? "" : " ");
}

/** Which ends of a step are out of sight, inside a box. */
function tellFolded({ child, parent }) {
  const [from, to] = [boxOf(child), boxOf(parent)];
  if (from && from === to) return [say("stepFolded", { scope: from.title })];
  return [[child, from], [parent, to]].filter(([, box]) => box)
    .map(([node, box]) => say("nodeFolded", { name: nameOf(node), scope: box.title }));
}
