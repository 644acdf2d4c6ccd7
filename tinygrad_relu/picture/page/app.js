// The page begins here.

import { keepAddress, recall } from "./address.js";
import { $, makeControls, paintControls, wantedLanguage } from "./controls.js";
import { DATA } from "./data.js";
import { listenToKeys } from "./keys.js";
import { paintPanel } from "./panel.js";
import { Picture } from "./picture.js";
import { onChange, set, state } from "./state.js";
import { chooseFrame, go } from "./walk.js";

const { frame, position } = recall();
chooseFrame(frame);
go(position ?? (DATA.options.start === "end" ? state.timeline.end : 0));
set({ language: wantedLanguage() });
makeControls();
const picture = new Picture($("graph"));
onChange((before) => picture.paint(before));
onChange(paintControls);
onChange(paintPanel);
picture.listenTo($);
listenToKeys(picture);
keepAddress();
document.documentElement.dataset.ready = "yes";
