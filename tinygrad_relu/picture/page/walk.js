// The walk through the pass, and what is walked through: a step, a frame, a selection.

import { DATA } from "./data.js";
import { set, state, timelines } from "./state.js";

/** The nearest position that there is. */
const within = (position, timeline) =>
  Math.max(0, Math.min(timeline.end, Math.round(position) || 0));

export const go = (position) => set({ position: within(position, state.timeline) });

/** A step by hand ends the playing. */
export function step(by) {
  play(false);
  go(state.position + by);
}

/** To a place chosen by hand. */
export function jump(position) {
  play(false);
  go(position);
}

export const select = (selection) => set({ selection });

export function chooseFrame(f) {
  const timeline = timelines[f];
  if (!timeline) return;
  set({ frame: DATA.frames[f], timeline, position: within(state.position, timeline) });
}

export const turnFrame = (by) => chooseFrame(DATA.frames.indexOf(state.frame) + by);

export const compareWith = (f) => set({ reference: DATA.frames[f], referenceTimeline: timelines[f] });

let timer = 0;

export function play(on = !state.playing) {
  clearTimeout(timer);
  if (on && state.position === state.timeline.end) go(0);
  if (on !== state.playing) set({ playing: on });
  if (on) timer = setTimeout(tick, 120);
}

function tick() {
  go(state.position + 1);
  if (state.position < state.timeline.end) timer = setTimeout(tick, state.pace);
  else set({ playing: false });
}
