// What each key does.

import { $ } from "./controls.js";
import { itemOf, openBox } from "./folds.js";
import { set, state } from "./state.js";
import { jump, play, select, step, toCut, turnFrame, veil } from "./walk.js";

export function listenToKeys(picture) {
  const keys = {
    ArrowRight: () => step(1),
    ArrowLeft: () => step(-1),
    PageDown: () => step(1), // a clicker in a lecture
    PageUp: () => step(-1),
    Home: () => jump(0),
    End: () => jump(state.timeline.end),
    " ": () => play(),
    "+": () => picture.zoom(1.3),
    "=": () => picture.zoom(1.3),
    "-": () => picture.zoom(1 / 1.3),
    0: () => $("fit").click(),
    "/": () => $("search").focus(),
    c: () => toCut(1),
    C: () => toCut(-1),
    f: () => set({ lecture: !state.lecture }),
    h: () => veil(!state.veiled),
    p: () => set({ panel: !state.panel }),
    "[": () => turnFrame(-1),
    "]": () => turnFrame(1),
    Escape: () => select(null),
    Enter: () => state.selection?.kind === "box" && openBox(state.selection.item),
  };
  const shifted = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

  document.addEventListener("change", release);
  document.addEventListener("click", (event) => event.target.closest?.("button") && release(event));
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const at = event.target;
    if (event.key === "Escape" && at.matches?.("input, select")) at.blur();
    else if (isOwn(event.key, at)) return;
    else if (event.shiftKey && shifted[event.key]) {
      event.preventDefault();
      moveSelection(picture, ...shifted[event.key]);
    } else if (keys[event.key] && !(event.shiftKey && event.key.length > 1)) {
      event.preventDefault();
      keys[event.key]();
    }
  });
}

/** What was pressed by hand keeps no key: the space bar plays after a click, too. */
function release({ target }) {
  const control = target.closest?.("button, select");
  if (control && !control.matches(":focus-visible")) control.blur();
}

/** Whether a key is for what has the focus; every other steps, wherever that is. */
function isOwn(key, at) {
  if (at.matches?.("input[type=search]")) return !key.startsWith("Page");
  if (at.matches?.("select")) return /^(ArrowUp|ArrowDown|Enter| |\p{L})$/u.test(key);
  if (at.matches?.("input")) return ["ArrowUp", "ArrowDown"].includes(key);
  return [" ", "Enter"].includes(key) && at.closest?.("button, summary, pre");
}

/** Select the neighbour of what is selected; the root, where nothing is. */
function moveSelection(picture, dx, dy) {
  const { selection, frame, view } = state;
  const from = selection?.kind === "node" ? itemOf(selection.node)
    : selection?.kind === "box" ? selection.item
      : selection?.kind === "edge" ? itemOf(frame.steps[selection.step].child) : null;
  const item = from === null ? itemOf(frame.root) : picture.neighbour(from, dx, dy);
  if (item === null) return;
  const { nodes, title } = view.items[item];
  set({ selection: title === undefined ? { kind: "node", node: nodes[0] } : { kind: "box", item } });
  picture.bring([nodes[0]]);
}
