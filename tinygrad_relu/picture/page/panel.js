// The side panel: which part is painted anew after which change.

import { paintCuts, paintLeafRows, paintLeaves, paintLegend } from "./lists.js";
import { paintSelected } from "./selection.js";
import { changed, state } from "./state.js";
import { paintStep } from "./step.js";

const part = Object.fromEntries(["step", "selection", "cuts", "leaves", "legend", "status"].map(
  (name) => [name, document.getElementById(name)]));

export function paintPanel(before) {
  const anew = changed(before, "frame", "language", "veiled");
  const moved = changed(before, "position", "told");
  if (anew || moved || changed(before, "view", "folded")) paintStep(part.step, part.status);
  if (anew || changed(before, "selection") || (moved && state.selection)) paintSelected(part.selection);
  if (anew || (moved && state.veiled)) paintCuts(part.cuts);
  if (anew) {
    paintLeaves(part.leaves);
  } else if (moved) {
    paintLeafRows(state.timeline.touched(before.told, state.told).nodes);
  }
  if (changed(before, "language", "veiled")) paintLegend(part.legend);
}
