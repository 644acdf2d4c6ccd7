// In the panel: the step just taken, as an equation.

import { heatMap } from "./heat.js";
import { figure, html } from "./html.js";
import { tensorOf } from "./numbers.js";
import { state } from "./state.js";
import { say, stateWords } from "./strings.js";
import { called, isTold, nameOf, tell } from "./telling.js";

export function paintStep(part, status) {
  const { position, told, timeline, frame } = state;
  const k = timeline.step(position);
  const [title, sentence] = tell(position);
  const content = [html("h2", {}, title)];
  if (k >= 0) content.push(...equation(k));
  else if (position >= 1 && position < timeline.seed && position <= told) {
    const node = frame.nodes[timeline.made[position - 1]];
    content.push(html("p", { class: "formula" }, node.forward));
    content.push(...maps([[say("value"), node.value, null]]));
  }
  status.textContent = sentence;
  part.replaceChildren(...content, status);
}

const sign = (text) => html("span", { class: "sign" }, text);
const term = (what, datum) =>
  html("div", { class: `term ${what}` }, figure(datum), html("small", {}, say(what)));

const route = (step) =>
  html("p", { class: "route" }, called(step.child), sign(" → "), called(step.parent));

/** upstream × ? = ?, while it is to be predicted. */
function question(step) {
  const open = (what) => html("div", { class: `term ${what}` },
    html("span", { class: "figure" }, "?"), html("small", {}, say(what)));
  return [route(step), html("div", { class: "equation" }, term("upstream", step.upstream),
    ...(step.local === null ? [sign("⟶")] : [sign("×"), open("local"), sign("=")]),
    open("contribution"))];
}

/** upstream × local = contribution, and the running sum below it. */
export function equation(k) {
  const { frame, timeline } = state;
  const step = frame.steps[k];
  if (!isTold(k)) return question(step);
  const product = step.local === null ? [sign("⟶")]
    : [sign("×"), term("local", step.local), sign("=")];
  const words = stateWords(step.state);
  const sum = say("running", { parent: nameOf(step.parent) });
  return [
    route(step),
    html("div", { class: `equation ${step.state}`, "data-step": k },
      term("upstream", step.upstream), ...product, term("contribution", step.contribution)),
    html("p", { class: "formula" }, step.formula),
    html("p", { class: `state ${step.state}` },
      html("b", {}, `${words.sign} ${words.word}`), ` ${words.meaning}`, counts(step)),
    running(k),
    ...maps([
      [say("upstream"), step.upstream, step.mask], [say("local"), step.local, step.mask],
      [say("contribution"), step.contribution, step.mask],
      [sum, timeline.before(k) === undefined ? null : step.running, null],
    ]),
  ];
}

/** The sum at the receiver: what it has already, and what comes now. */
function running(k) {
  const { frame, timeline } = state;
  const step = frame.steps[k];
  const before = timeline.before(k);
  const arrivals = timeline.arrivals[step.parent];
  const [n, place] = [arrivals.length, arrivals.indexOf(k) + 1];
  return html("p", { class: "running" },
    html("small", {}, say("running", { parent: nameOf(step.parent) })), " ",
    ...(before === undefined ? [] : [figure(before), " + ", figure(step.contribution), " = "]),
    figure(step.running, "total"),
    n > 1 ? html("small", { class: "uses" }, ` ${place}/${n} · ${say("uses", { n })}`) : "");
}

function counts(step) {
  if (!step.counts) return "";
  const all = Object.entries(step.counts).map(([name, n]) => {
    const words = stateWords(name);
    return `${words.sign} ${words.word} ${n}`.trim();
  });
  return html("span", { class: "counts" }, all.join(" · "));
}

/** Heat maps of those that are tensors. */
export function maps(list) {
  const tensors = list.filter(([, datum]) => tensorOf(datum)?.size);
  if (!tensors.length) return [];
  const size = tensors.length > 1 ? 132 : 240;
  return [html("div", { class: "maps" },
    ...tensors.map(([caption, datum, mask]) => heatMap(datum, mask, caption, size)))];
}
