// Scopes are folded in the layout of all nodes: a box takes the place of what is inside.

import { DATA } from "./data.js";
import { set, state } from "./state.js";

for (const view of DATA.views) {
  for (const scope of view.scopes) {
    const { name: title, items, x, y, w, h } = scope;
    const nodes = items.flatMap((i) => view.items[i].nodes);
    scope.box = view.items.push({ title, nodes, x, y, w, h, scope }) - 1;
  }
}

let known = {};

/** Who stands where: for each item the one in sight, and for each node. */
export function standing() {
  const { view, folded } = state;
  if (known.view === view && known.folded === folded) return known;
  const place = view.items.map((_, i) => i);
  const scopes = view.scopes.filter((scope) => folded.has(scope));
  for (const scope of scopes.sort((a, b) => a.items.length - b.items.length)) {
    for (const i of scope.items) place[i] = scope.box; // the outermost wins
  }
  const itemOf = new Map();
  view.items.forEach(({ scope, nodes }, i) => {
    if (!scope) for (const node of nodes) itemOf.set(node, place[i]);
  });
  known = { view, folded, place, itemOf };
  return known;
}

/** The item that shows a node: its own, or the box it is folded into. */
export const itemOf = (node) => standing().itemOf.get(node);

/** The box that a node is folded into, if it is. */
export function boxOf(node) {
  const item = state.view.items[itemOf(node)];
  return item.title === undefined ? null : item;
}

/** Fold exactly these scopes of the view. */
export function fold(scopes) {
  const { view, folded, selection } = state;
  const elsewhere = [...folded].filter((scope) => !view.scopes.includes(scope));
  set({ folded: new Set([...elsewhere, ...scopes]), selection: unboxed(selection) });
}

/** A selection that does not depend on what is folded. */
const unboxed = (selection) => (selection?.kind === "box" ? null : selection);

export function toggleScope(scope) {
  const folded = new Set(state.folded);
  if (!folded.delete(scope)) folded.add(scope);
  set({ folded, selection: unboxed(state.selection) });
}

export const chooseView = (i) => set({ view: DATA.views[i], selection: unboxed(state.selection) });

const WHOLE = DATA.views.findIndex((view) => view.name === "all");

/** Unfold a node's scope, and the scopes around it, so that it can be seen. */
export function reveal(node) {
  const box = boxOf(node);
  if (!box) return;
  if (!box.scope) showScope(box.title, node);
  else {
    const { view, folded } = state;
    fold(view.scopes.filter((scope) => folded.has(scope)
      && !view.items[scope.box].nodes.includes(node)));
  }
}

/** A box of a view that folds all scopes: in the layout of all nodes, unfold just this one. */
function showScope(title, node) {
  const scopes = DATA.views[WHOLE]?.scopes ?? [];
  if (state.view.name !== "scopes" || !scopes.some((scope) => scope.name === title)) return false;
  chooseView(WHOLE);
  const { items } = state.view;
  fold(scopes.filter((scope) => !items[scope.box].nodes.includes(node)));
  set({ sought: { node } });
  return true;
}

export function openBox(i) {
  const { scope, title, nodes } = state.view.items[i];
  if (scope) toggleScope(scope);
  else if (!showScope(title, nodes.at(-1))) set({ selection: { kind: "box", item: i } });
}

/** A node in the view of all nodes; there is none of a very large graph. */
export function showAll(node) {
  chooseView(WHOLE);
  seek(node);
}

export const canShowAll = WHOLE >= 0;

/** Select a node and have it in sight. */
export function seek(node) {
  reveal(node);
  set({ selection: { kind: "node", node }, sought: { node } });
}
