// What each key does.

import { $ } from "./controls.js";
import { itemOf, openBox } from "./folds.js";
import { set, state } from "./state.js";
import { jump, play, select, step, turnFrame } from "./walk.js";

export function listenToKeys(picture) {
  const keys = {
    ArrowRight: () => step(1),
    ArrowLeft: () => step(-1),
    Home: () => jump(0),
    End: () => jump(state.timeline.end),
    " ": () => play(),
    "+": () => picture.zoom(1.3),
    "=": () => picture.zoom(1.3),
    "-": () => picture.zoom(1 / 1.3),
    0: () => $("fit").click(),
    "/": () => $("search").focus(),
    p: () => set({ panel: !state.panel }),
    "[": () => turnFrame(-1),
    "]": () => turnFrame(1),
    Escape: () => select(null),
    Enter: () => state.selection?.kind === "box" && openBox(state.selection.item),
  };
  const shifted = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const at = event.target;
    const typing = at.matches?.("input, select, textarea");
    if (event.key === "Escape" && typing) { at.blur(); return; }
    if (typing || ([" ", "Enter"].includes(event.key) && at.closest?.("button, summary, pre"))) return;
    if (event.shiftKey && shifted[event.key]) {
      event.preventDefault();
      moveSelection(picture, ...shifted[event.key]);
    } else if (keys[event.key] && !(event.shiftKey && event.key.length > 1)) {
      event.preventDefault();
      keys[event.key]();
    }
  });
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
