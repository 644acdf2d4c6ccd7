// One state, a few actions, and who repaints after each.

const state = {
  position: 0, frame: null, timeline: null, reference: null, referenceTimeline: null,
  view: null, selection: null, lit: null, zeros: new Map(), playing: null, pace: 700,
  boxOf: null, // asks the picture which box a node is folded into
};

const $ = (id) => document.getElementById(id);
const timelines = DATA.frames.map((frame) => new Timeline(frame));
const picture = new Picture($("graph"), state, { select, open: openBox, toggle: toggleScope, pan: () => follow(false) });
state.boxOf = (node) => picture.boxOf(node);
const panel = new Panel(document, state, { go, select, frame: chooseFrame, showAll });

// --- actions ---------------------------------------------------------------------------------

/** The nearest position that there is. */
const within = (position) => Math.max(0, Math.min(state.timeline.end, Math.round(position) || 0));

/** Move to a position of the walk. */
function go(position, { remember = true, animate = false } = {}) {
  const to = within(position);
  const from = state.position;
  state.position = to;
  if (to !== from) {
    picture.paintMove(from, to, animate);
    panel.paintLeafRows(state.timeline.touched(from, to).nodes);
  }
  $("position").value = to;
  $("position").setAttribute("aria-valuetext", panel.tell(to)[0]);
  $("where").textContent = `${to} / ${state.timeline.end}`;
  $("back").disabled = $("first").disabled = to === 0;
  $("forward").disabled = $("last").disabled = to === state.timeline.end;
  panel.paintStep();
  if (state.selection) panel.paintSelection();
  if (remember) rememberSoon();
}

function select(selection) {
  state.selection = selection;
  state.lit = selection?.kind === "node" ? gatesOf(selection.node) : null;
  picture.paintSelection();
  panel.paintSelection();
}

/** What blocks the gradient of a node: the gates, and the way from them to it. */
function gatesOf(node) {
  const zero = state.zeros.get(node);
  if (!zero?.stops.length) return null;
  const gates = new Set(zero.stops.map((stop) => stop.step));
  const nodes = new Set([node]);
  const steps = new Set();
  const open = [node];
  while (open.length) { // from the node toward the loss, as far as the gates
    for (const k of state.timeline.arrivals[open.pop()]) {
      steps.add(k);
      const { child } = state.frame.steps[k];
      if (!gates.has(k) && !nodes.has(child)) open.push(child);
      nodes.add(child);
    }
  }
  return { nodes, steps, gates };
}

function chooseFrame(f, keep = true) {
  state.frame = DATA.frames[f];
  state.timeline = timelines[f];
  state.zeros = new Map(state.frame.zeros.map((zero) => [zero.node, zero]));
  $("frame").value = f;
  $("frame").setAttribute("aria-valuetext", state.frame.name);
  $("frame-name").textContent = state.frame.name;
  if (!keep) return;
  picture.paintAll();
  go(state.position);
  panel.paintCuts();
  panel.paintLeaves();
  select(state.selection);
  countDifferences();
}

function compareWith(f) {
  state.reference = DATA.frames[f];
  state.referenceTimeline = timelines[f];
}

function countDifferences() {
  if (DATA.frames.length < 2) return;
  const other = state.reference;
  const n = state.frame.nodes.filter((node, i) =>
    !sameDatum(node.value, other.nodes[i].value) || !sameDatum(node.grad, other.nodes[i].grad)).length;
  $("differences").textContent = state.frame === other ? "" : say("differences", { n, name: other.name });
}

function chooseView(i) {
  state.view = DATA.views[i];
  $("view").value = i;
  if (state.selection?.kind === "box") state.selection = null;
  picture.draw(state.view);
  follow(picture.following);
  panel.paintSelection();
  panel.paintStep();
  paintFolds();
}

// Scopes are folded in the layout of all nodes: a box takes the place of what is inside.

for (const view of DATA.views) {
  view.folded = new Set();
  for (const scope of view.scopes) {
    const { name: title, items, x, y, w, h } = scope;
    const nodes = items.flatMap((i) => view.items[i].nodes);
    scope.box = view.items.push({ title, nodes, x, y, w, h, scope }) - 1;
  }
}

function fold(scopes) {
  picture.fold(scopes);
  if (state.selection?.kind === "box") state.selection = null;
  panel.paintSelection();
  panel.paintStep();
  paintFolds();
}

function toggleScope(scope) {
  const folded = new Set(state.view.folded);
  if (!folded.delete(scope)) folded.add(scope);
  fold(folded);
}

function paintFolds() {
  const { scopes, folded } = state.view;
  $("folds").hidden = scopes.length === 0;
  $("fold-all").disabled = folded.size === scopes.length;
  $("unfold-all").disabled = folded.size === 0;
}

/** Unfold a node's scope, and the scopes around it, so that it can be seen. */
function reveal(node) {
  const box = state.boxOf(node);
  if (!box) return;
  if (!box.scope) return showScope(box.title, node);
  fold([...state.view.folded].filter((scope) => !state.view.items[scope.box].nodes.includes(node)));
}

/** A box of a view that folds all scopes: in the layout of all nodes, unfold just this one. */
function showScope(title, node) {
  const all = DATA.views.findIndex((view) => view.name === "all");
  const scopes = DATA.views[all]?.scopes ?? [];
  if (state.view.name !== "scopes" || !scopes.some((scope) => scope.name === title)) return false;
  chooseView(all);
  const { items } = state.view;
  fold(scopes.filter((scope) => !items[scope.box].nodes.includes(node)));
  picture.approach(node);
  return true;
}

function openBox(i) {
  const { scope, title, nodes } = state.view.items[i];
  if (scope) toggleScope(scope);
  else if (!showScope(title, nodes.at(-1))) select({ kind: "box", item: i });
}

/** Whether the camera goes along with the steps; a hand that moves the drawing takes over. */
function follow(on) {
  picture.following = on;
  $("follow").setAttribute("aria-pressed", on);
}

function showAll(node) {
  chooseView(DATA.views.findIndex((view) => view.name === "all"));
  reveal(node);
  select({ kind: "node", node });
  picture.approach(node);
}

function play(on = state.playing === null) {
  clearTimeout(state.playing);
  state.playing = null;
  if (on) {
    if (state.position === state.timeline.end) go(0);
    const tick = () => {
      go(state.position + 1, { animate: true });
      state.playing = state.position < state.timeline.end ? setTimeout(tick, state.pace) : null;
      paintPlay();
    };
    state.playing = setTimeout(tick, 120);
  }
  paintPlay();
}

function paintPlay() {
  const name = say(state.playing === null ? "play" : "pause");
  $("play").setAttribute("aria-label", name);
  $("play").title = name;
  $("play").firstElementChild.setAttribute("href", state.playing === null ? "#icon-play" : "#icon-pause");
}

function find(name) {
  const wanted = name.trim().toLowerCase();
  if (!wanted) return;
  const names = state.frame.nodes.map((node) => [node.name.toLowerCase(), node.op.toLowerCase()]);
  let node = names.findIndex(([own]) => own === wanted);
  if (node < 0) node = names.findIndex(([own, op]) => own.includes(wanted) || op === wanted);
  $("found").textContent = node < 0 ? say("notFound", { name }) : "";
  if (node < 0) return;
  reveal(node);
  select({ kind: "node", node });
  picture.approach(node);
}

// --- the address remembers the step ------------------------------------------------------------

let rememberTimer = 0;
function rememberSoon() { // browsers limit how often an address may change
  clearTimeout(rememberTimer);
  rememberTimer = setTimeout(remember, 150);
}

function remember() {
  const parts = [`step=${state.position}`];
  if (DATA.frames.length > 1) parts.push(`frame=${$("frame").value}`);
  try {
    history.replaceState(null, "", `#${parts.join("&")}`);
  } catch { /* inside an <iframe srcdoc> there is no address of its own */ }
}

function recall() {
  const parts = new URLSearchParams(location.hash.slice(1));
  const f = Number(parts.get("frame") ?? 0);
  return {
    frame: Number.isInteger(f) && DATA.frames[f] ? f : 0,
    position: parts.has("step") ? Number(parts.get("step")) : null,
  };
}

// --- language and theme ------------------------------------------------------------------------

function speak(code) {
  language = code in STRINGS ? code : "en";
  document.documentElement.lang = language;
  for (const element of document.querySelectorAll("[data-say]")) element.textContent = say(element.dataset.say);
  for (const element of document.querySelectorAll("[data-title]")) {
    if (element.matches("button, input")) element.title = say(element.dataset.title);
    element.setAttribute("aria-label", say(element.dataset.title));
  }
  $("language").value = language;
  [...$("view").options].forEach((option, i) => {
    const { name, depth, items } = DATA.views[i];
    option.textContent = say({ all: "viewAll", scopes: "viewScopes", overview: "viewOverview" }[name],
      { depth, n: items.filter((item) => !item.scope).length });
  });
  paintPlay();
}

function repaint() {
  picture.paintAll();
  go(state.position, { remember: false });
  panel.paintCuts();
  panel.paintLeaves();
  panel.paintSelection();
  panel.paintLegend();
  countDifferences();
}

function dress(theme) {
  if (theme === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}

// --- hands -------------------------------------------------------------------------------------

$("first").addEventListener("click", () => { play(false); go(0); });
$("back").addEventListener("click", () => { play(false); go(state.position - 1); });
$("play").addEventListener("click", () => play());
$("forward").addEventListener("click", () => { play(false); go(state.position + 1, { animate: true }); });
$("last").addEventListener("click", () => { play(false); go(state.timeline.end); });
$("position").addEventListener("input", (event) => { play(false); go(event.target.value); });
$("speed").addEventListener("change", (event) => { state.pace = 700 / Number(event.target.value); });
$("frame").addEventListener("input", (event) => chooseFrame(Number(event.target.value)));
$("reference").addEventListener("change", (event) => { compareWith(Number(event.target.value)); picture.paintAll(); countDifferences(); });
$("view").addEventListener("change", (event) => chooseView(Number(event.target.value)));
$("search").addEventListener("change", (event) => find(event.target.value));
$("zoom-in").addEventListener("click", () => picture.camera.zoom(1.3));
$("zoom-out").addEventListener("click", () => picture.camera.zoom(1 / 1.3));
$("fit").addEventListener("click", () => { follow(false); picture.camera.fit(); });
$("follow").addEventListener("click", () => {
  follow(!picture.following);
  if (picture.following) picture.approach();
});
$("fold-all").addEventListener("click", () => fold(state.view.scopes));
$("unfold-all").addEventListener("click", () => fold([]));
$("language").addEventListener("change", (event) => { speak(event.target.value); repaint(); });
$("theme").addEventListener("change", (event) => dress(event.target.value));
window.addEventListener("hashchange", () => {
  const { frame, position } = recall();
  if (DATA.frames[frame] !== state.frame) chooseFrame(frame);
  if (position !== null && position !== state.position) go(position, { remember: false });
});

const KEYS = {
  ArrowRight: () => { play(false); go(state.position + 1, { animate: true }); },
  ArrowLeft: () => { play(false); go(state.position - 1); },
  Home: () => { play(false); go(0); },
  End: () => { play(false); go(state.timeline.end); },
  " ": () => play(),
  "+": () => picture.camera.zoom(1.3),
  "=": () => picture.camera.zoom(1.3),
  "-": () => picture.camera.zoom(1 / 1.3),
  0: () => $("fit").click(),
  "/": () => $("search").focus(),
  "[": () => turnFrame(-1),
  "]": () => turnFrame(1),
  Escape: () => select(null),
  Enter: () => state.selection?.kind === "box" && openBox(state.selection.item),
};
const SHIFTED = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

function turnFrame(by) {
  const f = DATA.frames.indexOf(state.frame) + by;
  if (DATA.frames[f]) chooseFrame(f);
}

function moveSelection(dx, dy) {
  const { selection } = state;
  let item = selection?.kind === "node" ? picture.itemOf.get(selection.node)
    : selection?.kind === "box" ? selection.item : selection?.kind === "edge"
      ? picture.itemOf.get(state.frame.steps[selection.step].child) : null;
  item = item === null ? picture.itemOf.get(state.frame.root) : picture.neighbour(item, dx, dy);
  if (item === null) return;
  const { nodes, title } = state.view.items[item];
  select(title === undefined ? { kind: "node", node: nodes[0] } : { kind: "box", item });
  picture.bring([nodes[0]]);
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const at = event.target;
  const typing = at.matches?.("input, select, textarea");
  if (event.key === "Escape" && typing) { at.blur(); return; }
  if (typing || ([" ", "Enter"].includes(event.key) && at.closest?.("button, summary, pre"))) return;
  if (event.shiftKey && SHIFTED[event.key]) {
    event.preventDefault();
    moveSelection(...SHIFTED[event.key]);
  } else if (KEYS[event.key] && !(event.shiftKey && event.key.length > 1)) {
    event.preventDefault();
    KEYS[event.key]();
  }
});

// --- the beginning -----------------------------------------------------------------------------

function begin() {
  document.title = DATA.title;
  $("title").textContent = DATA.title;
  $("view").append(...DATA.views.map((_, i) => html("option", { value: i })));
  $("view-label").hidden = DATA.views.length < 2;
  $("names").append(...[...new Set(DATA.frames[0].nodes.map((node) => node.name))].slice(0, 800).map((name) => html("option", { value: name })));
  $("frames").hidden = DATA.frames.length < 2;
  $("frame").max = DATA.frames.length - 1;
  $("reference").append(...DATA.frames.map((frame, i) => html("option", { value: i }, frame.name)));
  const asked = DATA.options.language ?? navigator.languages?.find((code) => code.slice(0, 2) in STRINGS)?.slice(0, 2) ?? "en";
  const { frame, position } = recall();
  compareWith(0);
  chooseFrame(frame, false);
  $("position").max = state.timeline.end;
  document.documentElement.style.setProperty("--forward-share", Math.min(1, state.timeline.seed / state.timeline.end));
  state.position = within(position ?? (DATA.options.start === "end" ? state.timeline.end : 0));
  speak(asked);
  chooseView(0);
  repaint();
  document.documentElement.dataset.ready = "yes";
}

begin();
