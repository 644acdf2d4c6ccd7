// Buttons, sliders and choices around the graph: what they say, and what they do.

import { DATA } from "./data.js";
import { chooseView, fold, seek } from "./folds.js";
import { html } from "./html.js";
import { sameDatum } from "./numbers.js";
import { changed, set, state } from "./state.js";
import { LANGUAGES, say } from "./strings.js";
import { tell, tellSelection, titleOf } from "./telling.js";
import { chooseFrame, compareWith, jump, play, step, toCut, veil } from "./walk.js";

export const $ = (id) => document.getElementById(id);

export function paintControls(before) {
  const { position, timeline, frame, view, folded, playing, following } = state;
  if (changed(before, "language")) speak();
  if (changed(before, "language", "playing")) {
    const name = say(playing ? "pause" : "play");
    $("play").setAttribute("aria-label", name);
    $("play").title = name;
    $("play").firstElementChild.setAttribute("href", playing ? "#icon-pause" : "#icon-play");
  }
  if (changed(before, "language", "frame", "reference", "veiled")) paintFrame();
  if (changed(before, "language", "frame", "position", "told", "view", "folded")) {
    $("position").value = position;
    $("position").setAttribute("aria-valuetext", tell(position)[0]);
    $("where").textContent = `${position} / ${timeline.end}`;
    $("back").disabled = $("first").disabled = position === 0;
    $("forward").disabled = $("last").disabled = state.told === timeline.end;
    $("next-cut").disabled = ![...timeline.cuts].some((k) => timeline.at(k) > position);
  }
  $("view").value = DATA.views.indexOf(view);
  $("folds").hidden = view.scopes.length === 0;
  $("fold-all").disabled = view.scopes.every((scope) => folded.has(scope));
  $("unfold-all").disabled = !view.scopes.some((scope) => folded.has(scope));
  $("follow").setAttribute("aria-pressed", following);
  $("next-cut").hidden = state.veiled;
  for (const name of ["panel", "lecture", "veiled"]) $(name).setAttribute("aria-pressed", state[name]);
  document.documentElement.dataset.panel = state.panel ? "shown" : "hidden";
  document.documentElement.classList.toggle("lecture", state.lecture);
  if (changed(before, "selection")) $("said").textContent = tellSelection();
}

function paintFrame() {
  const { frame, timeline, reference } = state;
  $("frame").value = DATA.frames.indexOf(frame);
  $("frame").setAttribute("aria-valuetext", frame.name);
  $("frame-name").textContent = frame.name;
  $("position").max = timeline.end;
  document.documentElement.style.setProperty("--forward-share", Math.min(1, timeline.seed / timeline.end));
  const n = frame.nodes.filter((node, i) => !sameDatum(node.value, reference.nodes[i].value)
    || !sameDatum(node.grad, reference.nodes[i].grad)).length;
  $("differences").textContent = frame === reference || state.veiled ? ""
    : say("differences", { n, name: reference.name });
}

/** Every word that stands in the document itself. */
function speak() {
  document.documentElement.lang = state.language;
  $("title").textContent = document.title = titleOf();
  for (const element of document.querySelectorAll("[data-say]")) {
    element.textContent = say(element.dataset.say);
  }
  for (const element of document.querySelectorAll("[data-title]")) {
    if (element.matches("button, input")) element.title = say(element.dataset.title);
    element.setAttribute("aria-label", say(element.dataset.title));
  }
  $("language").value = state.language;
  [...$("view").options].forEach((option, i) => {
    const { name, depth, items } = DATA.views[i];
    const key = { all: "viewAll", scopes: "viewScopes", overview: "viewOverview" }[name];
    option.textContent = say(key, { depth, n: items.filter((item) => !item.scope).length });
  });
}

function find(name) {
  const wanted = name.trim().toLowerCase();
  if (!wanted) return;
  const names = state.frame.nodes.map((node) => [node.name.toLowerCase(), node.op.toLowerCase()]);
  let node = names.findIndex(([own]) => own === wanted);
  if (node < 0) node = names.findIndex(([own, op]) => own.includes(wanted) || op === wanted);
  $("found").textContent = node < 0 ? say("notFound", { name }) : "";
  if (node >= 0) seek(node);
}

function dress(theme) {
  if (theme === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}

const PRESSED = {
  first: () => jump(0), back: () => step(-1), play: () => play(), forward: () => step(1),
  last: () => jump(state.timeline.end),
  "next-cut": () => toCut(1), lecture: () => set({ lecture: !state.lecture }),
  veiled: () => veil(!state.veiled), panel: () => set({ panel: !state.panel }),
  "fold-all": () => fold(state.view.scopes), "unfold-all": () => fold([]),
};
const CHOSEN = {
  position: (value) => jump(value), frame: (value) => chooseFrame(Number(value)),
  stride: (value) => set({ stride: value }), speed: (value) => set({ pace: 700 / Number(value) }),
  reference: (value) => compareWith(Number(value)), view: (value) => chooseView(Number(value)),
  language: (value) => set({ language: value }), search: find, theme: dress,
};

export function makeControls() {
  $("layer").hidden = !DATA.frames[0].nodes.some((node) => node.scope);
  $("view").append(...DATA.views.map((_, i) => html("option", { value: i })));
  $("view-label").hidden = DATA.views.length < 2;
  const names = [...new Set(DATA.frames[0].nodes.map((node) => node.name))].slice(0, 800);
  $("names").append(...names.map((name) => html("option", { value: name })));
  $("frames").hidden = DATA.frames.length < 2;
  $("frame").max = DATA.frames.length - 1;
  $("reference").append(...DATA.frames.map((frame, i) => html("option", { value: i }, frame.name)));
  for (const [id, act] of Object.entries(PRESSED)) $(id).addEventListener("click", () => act());
  for (const [id, act] of Object.entries(CHOSEN)) {
    $(id).addEventListener($(id).type === "range" ? "input" : "change", (event) => act(event.target.value));
  }
}

/** The language that was asked for, or the browser's. */
export function wantedLanguage() {
  const codes = (navigator.languages ?? []).map((code) => code.slice(0, 2));
  return DATA.options.language ?? codes.find((code) => LANGUAGES.includes(code)) ?? "en";
}
