// The address remembers the step, and the frame.

import { DATA } from "./data.js";
import { changed, onChange, state } from "./state.js";
import { chooseFrame, go } from "./walk.js";

let writing = 0;

function remember() {
  const parts = [`step=${state.position}`];
  if (DATA.frames.length > 1) parts.push(`frame=${DATA.frames.indexOf(state.frame)}`);
  try {
    history.replaceState(null, "", `#${parts.join("&")}`);
  } catch { /* inside an <iframe srcdoc> there is no address of its own */ }
}

/** Where the address says that the walk is; null where it says nothing. */
export function recall() {
  const parts = new URLSearchParams(location.hash.slice(1));
  const f = Number(parts.get("frame") ?? 0);
  return {
    frame: Number.isInteger(f) && DATA.frames[f] ? f : 0,
    position: parts.has("step") ? Number(parts.get("step")) : null,
  };
}

export function keepAddress() {
  onChange((before) => {
    if (!before.frame || !changed(before, "position", "frame")) return;
    clearTimeout(writing);
    writing = setTimeout(remember, 150); // browsers limit how often an address may change
  });
  window.addEventListener("hashchange", () => {
    const { frame, position } = recall();
    if (DATA.frames[frame] !== state.frame) chooseFrame(frame);
    if (position !== null) go(position);
  });
}
