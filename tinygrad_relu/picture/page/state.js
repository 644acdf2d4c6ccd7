// All that the page shows is a function of one state. It is frozen: whoever wants another
// asks `set`, which replaces it and has everything painted that looks different now.

import { DATA } from "./data.js";
import { Timeline } from "./timeline.js";

export const timelines = DATA.frames.map((frame) => new Timeline(frame));
const painters = [];

export let state = Object.freeze({
  position: 0, // of the walk, see timeline.js
  told: 0, // up to which position the numbers are shown: less, while a question is open
  veiled: false, // whether each step is a question first
  stride: "step", // what a step goes to, see walk.js
  frame: DATA.frames[0], timeline: timelines[0],
  reference: DATA.frames[0], referenceTimeline: timelines[0], // what the frame is compared with
  view: DATA.views[0],
  folded: new Set(), // scopes, of every view
  selection: null, // { kind: "node", node } | { kind: "edge", step } | { kind: "box", item }
  sought: null, // { node } | { selection }: to be brought into sight, and near enough to read
  following: false, // whether the camera goes along with the steps
  playing: false, pace: 700, // milliseconds a step
  panel: true, // whether it is shown
  lecture: false, // the whole graph and one large sentence
  language: "en",
});

/** Change something; every painter is told what was before. */
export function set(change) {
  const before = state;
  state = Object.freeze({ ...state, ...change });
  for (const paint of painters) paint(before);
}

/** Paint now, when nothing has been painted before, and after every change. */
export function onChange(paint) {
  painters.push(paint);
  paint({});
}

/** Whether any of these is another than before. */
export const changed = (before, ...names) => names.some((name) => before[name] !== state[name]);
