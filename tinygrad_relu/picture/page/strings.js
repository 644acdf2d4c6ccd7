// Every word of the interface, in every language. Braces are filled in by `say`.

import { DATA } from "./data.js";
import { state } from "./state.js";

const STRINGS = {
  en: {
    language: "Language", theme: "Theme", themeAuto: "as the system", themeLight: "light",
    themeDark: "dark",
    stride: "Step by", strideStep: "every step", strideCarried: "what arrives",
    strideCut: "cut", strideLayer: "layer", nextCut: "Next cut",
    lecture: "For a class", hide: "Hide the answers",
    cutsLater: "Cuts are told as the walk comes to them.",
    askSeed: "The pass begins at {name}. With which gradient?",
    askValue: "{name} is computed: {question} = ?",
    askPass: "From {child} to {parent}: {upstream} × ? = ?",
    askPull: "From {child} to {parent}, by the pullback of {op}: what arrives?",
    first: "To the start", back: "Back one step", play: "Play", pause: "Pause",
    forward: "Forward one step",
    last: "To the end", speed: "Speed", position: "Step", frame: "Frame", reference: "compare with",
    view: "Detail", viewAll: "all {n} nodes", viewScopes: "scopes folded at level {depth}",
    viewOverview: "overview",
    search: "Find a node", notFound: "No node is called “{name}”.",
    follow: "Follow the steps", zoomIn: "Zoom in", zoomOut: "Zoom out", fit: "Fit",
    graph: "Graph of the computation. Shift and an arrow key select a neighbour.",
    details: "Details", thisStep: "This step", selection: "Selected",
    nothing: "Select a node or an edge: click it, find it above, or hold Shift and press an arrow "
      + "key in the graph.",
    cuts: "Cuts", noCuts: "Nothing is cut: every open path carries the gradient.",
    parameters: "Leaves and their gradients",
    legend: "Legend", keys: "Keys",
    keysText: "← → step · PageUp PageDown step · c next cut · h hide the answers · f for a class · "
      + "Space play · Home End · [ ] frame · p details · + − 0 zoom · / find · Shift+arrows "
      + "select · Enter unfold · Esc clear",
    leaves: "The leaves have their values. Each step forward computes one more node.",
    refused: "refused", refusedStep: "Refused",
    noPass: "Nothing flows back: the last op could not be computed.",
    forwardStep: "Forward {i} of {n}", backwardStep: "Backward {i} of {n}", seedStep: "The pass begins",
    computed: "{name} is computed: {formula}.",
    seed: "The pass begins at {name} with ∂{name}/∂{name} = {seed}.",
    passes: "From {child} to {parent}: {upstream} × {local} = {contribution}.",
    pulls: "From {child} to {parent}, by the pullback of {op}: {contribution}.",
    sum: "The gradient of {parent} is now {running}.",
    sumAdds: "{parent} has {before} already; now {running}.",
    is: "{word}: {meaning}.",
    upstream: "upstream", local: "local", contribution: "contribution", pullback: "pullback",
    running: "sum at {parent}", before: "so far", uses: "used {n} times: contributions add up",
    op: "op", shape: "shape", value: "value", grad: "grad", gradient: "gradient",
    localGradient: "local gradient",
    state: "state", counts: "elements", scope: "scope", line: "made at",
    rule: "The rule, as it is written", closure: "no source to show",
    notWanted: "not wanted", notYet: "not yet", leaf: "leaf", constant: "constant",
    detached: "detached: no gradient flows through",
    wouldBe: "and {more} more to come", starvedNode: "starved",
    cancelled: "contributions cancelled here",
    folded: "{n} nodes, folded", inside: "steps inside", open: "Show all nodes",
    foldAll: "Fold all", unfoldAll: "Unfold all", scopeOf: "Scope {name}, {n} nodes",
    stepFolded: "This step is inside {scope}, which is folded.",
    nodeFolded: "{name} is inside {scope}, which is folded.",
    toForward: "Go to its value", toBackward: "Go to its gradient", toStep: "Go to this step",
    why: "Why 0", gates: "The gates that block it are lit.",
    fewest: "Opening {n} of them would be enough.", explains: "{n} gradients are 0",
    across: "In every frame", elements: "{shown} of {total} shown",
    preview: "the first {rows}×{cols} of {shape}",
    range: "{min} … {max}, {zeros} of {size} are 0", at: "[{index}] = {value}",
    clickCell: "Point at a cell, or move with the arrow keys.",
    mask: "crossed out: the gradient stops here",
    differs: "differs from “{name}”", same: "as in “{name}”",
    differences: "{n} nodes differ from “{name}”.",
  },
  ja: {
    language: "言語", theme: "配色", themeAuto: "システムに合わせる", themeLight: "明るい",
    themeDark: "暗い",
    stride: "進み方", strideStep: "1ステップずつ", strideCarried: "届くものだけ",
    strideCut: "切断ごと", strideLayer: "層ごと", nextCut: "次の切断へ",
    lecture: "教室表示", hide: "答えを隠す", cutsLater: "切断は、そこまで進むと表示されます。",
    askSeed: "{name} から逆伝播を始めます。勾配はいくつですか？",
    askValue: "{name} を計算：{question} = ?",
    askPass: "{child} から {parent} へ：{upstream} × ? = ?",
    askPull: "{child} から {parent} へ、{op} の引き戻しで：何が届きますか？",
    first: "最初へ", back: "1ステップ戻る", play: "再生", pause: "一時停止", forward: "1ステップ進む",
    last: "最後へ", speed: "速さ", position: "ステップ", frame: "フレーム", reference: "比べる相手",
    view: "表示", viewAll: "全{n}ノード", viewScopes: "スコープを第{depth}階層で畳む",
    viewOverview: "概観",
    search: "ノードを探す", notFound: "「{name}」というノードはありません。",
    follow: "ステップを追う", zoomIn: "拡大", zoomOut: "縮小", fit: "全体",
    graph: "計算グラフ。Shift と矢印キーで隣のノードを選びます。",
    details: "詳細", thisStep: "このステップ", selection: "選択中",
    nothing: "ノードか辺を選んでください：クリックするか、上の欄で探すか、グラフ上で "
      + "Shift+矢印キーを押します。",
    cuts: "切断", noCuts: "切断はありません：開いている経路はすべて勾配を運びます。",
    parameters: "葉とその勾配",
    legend: "凡例", keys: "キー操作",
    keysText: "← → PageUp PageDown ステップ · c 次の切断 · h 答えを隠す · f 教室表示 · Space 再生 "
      + "· Home End · [ ] フレーム · p 詳細 · + − 0 拡大縮小 · / 検索 · Shift+矢印 選択 · "
      + "Enter 開く · Esc 解除",
    leaves: "葉には値があります。1ステップ進むごとに、ノードが1つ計算されます。",
    refused: "計算できず", refusedStep: "計算できませんでした",
    noPass: "逆伝播はありません：最後の演算が計算できませんでした。",
    forwardStep: "順伝播 {i}/{n}", backwardStep: "逆伝播 {i}/{n}", seedStep: "逆伝播の始まり",
    computed: "{name} を計算：{formula}。",
    seed: "{name} から始めます：∂{name}/∂{name} = {seed}。",
    passes: "{child} から {parent} へ：{upstream} × {local} = {contribution}。",
    pulls: "{child} から {parent} へ、{op} の引き戻しで：{contribution}。",
    sum: "{parent} の勾配は {running} になりました。",
    sumAdds: "{parent} にはすでに {before} があり、合わせて {running} になりました。",
    is: "{word}：{meaning}。",
    upstream: "上流の勾配", local: "局所勾配", contribution: "寄与", pullback: "引き戻し",
    running: "{parent} での和", before: "これまで", uses: "{n}回使われるので、寄与が足し合わされます",
    op: "演算", shape: "形", value: "値", grad: "勾配", gradient: "勾配", localGradient: "局所勾配",
    state: "状態", counts: "要素", scope: "スコープ", line: "作られた行", rule: "規則(ソースのまま)",
    closure: "表示できるソースがありません",
    notWanted: "不要", notYet: "まだ", leaf: "葉", constant: "定数",
    detached: "切り離し済み：勾配は通りません",
    wouldBe: "あと{more}つ届きます", starvedNode: "届かない", cancelled: "ここで寄与が打ち消し合いました",
    folded: "{n}ノードを畳んだもの", inside: "中のステップ", open: "全ノードを表示",
    foldAll: "すべて畳む", unfoldAll: "すべて開く", scopeOf: "スコープ {name}、{n}ノード",
    stepFolded: "このステップは、畳んである {scope} の中です。",
    nodeFolded: "{name} は、畳んである {scope} の中です。",
    toForward: "値の計算へ", toBackward: "勾配の到着へ", toStep: "このステップへ",
    why: "なぜ 0 か", gates: "妨げているゲートを光らせています。",
    fewest: "そのうち{n}個が開けば足ります。", explains: "勾配が 0 のものは{n}個",
    across: "全フレームで", elements: "{total}個中{shown}個を表示",
    preview: "{shape} の最初の {rows}×{cols}",
    range: "{min} … {max}、{size}個中{zeros}個が 0", at: "[{index}] = {value}",
    clickCell: "マスを指すか、矢印キーで移動してください。",
    mask: "×印：勾配はここで止まります",
    differs: "「{name}」と違います", same: "「{name}」と同じ",
    differences: "「{name}」と違うノードは{n}個です。",
    // The words of the pictures.
    states: {
      flows: ["流れる", "勾配が通ります。太いほど大きい"],
      shut: ["切断", "ゲートの平らな側：局所勾配がちょうど 0"],
      kink: ["折れ点", "入力が折れ点の上：値は約束で決まります。破線なら止まります"],
      unselected: ["選ばれず", "添字、max、where、マスクが別の要素を選びました"],
      "by-zero": ["0 との積", "別の 0 が掛けられました"],
      tiny: ["微小", "飽和した曲線：0.0001 未満ですが、切断ではありません"],
      underflow: ["アンダーフロー", "どちらの因子も 0 ではないのに、積が 0 に丸められました"],
      cancelled: ["打ち消し", "逆符号の寄与の和が 0 になりました"],
      starved: ["届かない", "何も届きません：損失に近い側で止まりました"],
      nonfinite: ["NaN か ∞", "有限の数ではありません"],
      unknown: ["不明", "線形でない記録クロージャ：判定できません"],
      partly: ["一部", "通る要素と通らない要素があります"],
      mixed: ["複数の理由", "止まる理由がいくつかあります"],
    },
  },
};

export const LANGUAGES = Object.keys(STRINGS);

/** A phrase of the interface with its gaps filled. */
export function say(key, gaps = {}) {
  const phrase = key.split(".").reduce((table, part) => table?.[part], STRINGS[state.language]) ?? key;
  return phrase.replace(/\{(\w+)\}/g, (_, name) => gaps[name] ?? "");
}

/** Word and meaning of a state. */
export function stateWords(name) {
  const own = DATA.states[name] ?? { word: name, meaning: "" };
  const [word, meaning] = STRINGS[state.language].states?.[name] ?? [own.word, own.meaning];
  return { sign: own.sign ?? "", word, meaning };
}
