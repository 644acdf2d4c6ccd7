"""What the reasons say, in English and in Japanese."""

from __future__ import annotations

from collections.abc import Callable

from tinygrad_relu.foreign import PLAIN

#: A phrase of one language, its gaps filled.
Say = Callable[..., str]

#: Every phrase in English and in Japanese.
PHRASES = {
    "unknown": (
        "why {subject} is 0 cannot be told: it passes a recorded "
        "closure that is not linear, or does not answer twice alike",
        "{subject} が 0 である理由は判定できません：線形でないか、"
        "同じ問いに同じ答えを返さない記録クロージャを通ります",
    ),
    "refused": (
        "{op} could not be computed: {why}",
        "{op} は計算できませんでした：{why}",
    ),
    "refused None": (
        PLAIN["NoneType"],
        "演算の対象は Value か数か配列で、None ではいけません",
    ),
    "refused order": (
        PLAIN["not supported between"],
        "大小を比べられるのは実数だけです",
    ),
    "refused kind": (
        PLAIN["did not contain a loop"],
        "対象は実数か、実数の配列でなければなりません",
    ),
    "refused product": (
        PLAIN["mismatch in its core dimension"],
        "前の項の最後の軸と、後の項の最後から2番目の軸の長さが違います",
    ),
    "refused shapes": (
        PLAIN["could not be broadcast"].removeprefix("{}: "),
        "最後から数えて、対応する軸は同じ長さか、一方の長さが 1 でなければなりません",
    ),
    "made by detach": (
        "no gradient goes to {node}: it was made by detach()",
        "{node} に勾配は届きません：detach() で作られました",
    ),
    "behind detach": (
        "{subject} gets nothing from here: the only way to it passes detach() at {node}, "
        "and no gradient flows through that",
        "{subject} には、ここからは何も届きません：唯一の経路が {node} の detach() を通り、"
        "そこを勾配は通れません",
    ),
    "not wanted": (
        "{subject} gets nothing: it has requires_grad=False",
        "{subject} には何も届きません：requires_grad=False です",
    ),
    "no path": (
        "{subject} gets nothing: no path leads from here to it",
        "{subject} には何も届きません：ここから通じる経路がありません",
    ),
    "behind one of": (
        "{subject} gets nothing: no path leads from here to it; or it is behind detach() "
        "at {nodes}, whose origin no longer exists",
        "{subject} には何も届きません：ここから通じる経路がないか、"
        "{nodes} の detach() の向こうにあり、その元の値がもうありません",
    ),
    "underflow": (
        "{subject} is 0 though every step passes something: at {who} "
        "the product of many small slopes became too small for a float (underflow)",
        "どの段も何かを通すのに、{subject} は 0 です：{who} で、"
        "小さな傾きの積が浮動小数点数で表せないほど小さくなりました(アンダーフロー)",
    ),
    "cancelled": (
        "{subject} is 0 though paths are open: contributions cancel",
        "経路は開いているのに、{subject} は 0 です：寄与が打ち消し合います",
    ),
    "cancelled at": (
        "{subject} is 0 though paths are open: contributions cancel at {where}",
        "経路は開いているのに、{subject} は 0 です：{where} で寄与が打ち消し合います",
    ),
    "not zero": (
        "{subject} is not 0: it is {x}",
        "{subject} は 0 ではなく、{x} です",
    ),
    "some not zero": (
        "{subject} is not 0: {some} of {total} elements",
        "{subject} は 0 ではありません：{total}要素のうち{some}要素が 0 以外です",
    ),
    "but": ("; but {text}", "。ただし、{text}"),
    "zero row": ("{name}.grad[{row}] is 0: {verdict}", "{name}.grad[{row}] は 0：{verdict}"),
    "more": ("{n} more", "ほかに{n}行"),
    "unit": ("unit {row} of {n}: {causes}", "{n}個のうちユニット{row}：{causes}"),
    "cause": (
        "{verdict} for {some} of {total} examples",
        "{total}例のうち{some}例で{verdict}",
    ),
    "cause in places": (
        "{verdict} for {some} of {total} places of {examples} examples",
        "{examples}例の{total}か所のうち{some}か所で{verdict}",
    ),
    "more units": ("and {n} more", "ほかに{n}ユニット"),
    "empty": (
        "{subject} is empty: there is nothing that could have a gradient",
        "{subject} は空です：勾配を持ちうる要素がありません",
    ),
    "root": (
        "{subject} is 0 because the gradient given at the root is 0",
        "{subject} が 0 なのは、根に与えた勾配が 0 だからです",
    ),
    "one stop": (
        "{subject} is 0 because every path passes {stop}",
        "{subject} が 0 なのは、どの経路も次で止まるためです：{stop}",
    ),
    "stops": (
        "{subject} is 0 because every path passes one of {n} stops: {stops}",
        "{subject} が 0 なのは、どの経路も次の{n}か所のどれかで止まるためです：{stops}",
    ),
    "more stops": ("and {n} more", "ほかに{n}か所"),
    "who": ("{op} '{label}'", "{op}「{label}」"),
    "is": ("{who} is {words}{count}", "{who} は{count}{words}"),
    "which is": ("{who}, which is {words}{count}", "{who} は{count}{words}"),
    "count": (" for {some} of {total} elements", "{total}要素のうち{some}要素で"),
    "stop shut": ("shut", "閉じています"),
    "stop kink": (
        "on its kink, where the gradient is 0 by convention",
        "折れ点の上にあり、勾配は約束により 0 です",
    ),
    "stop tiny": (
        "saturated: its local gradient is rounded to 0",
        "飽和していて、局所勾配が 0 に丸められました",
    ),
    "stop unselected": ("a choice that left it out", "別の要素を選びました"),
    "stop by-zero": ("a step with local gradient 0", "局所勾配が 0 です"),
    "stop products": ("a product with zeros", "0 ばかりとの積です"),
    "stop mixed": ("stopped for several reasons", "いくつかの理由で止めています"),
    "stop underflow": ("an underflow", "アンダーフローしています"),
    "product with 0": ("a product with 0", "0 との積です"),
    "product": ("a product with {factor}, which is 0", "{factor} との積で、{factor} が 0 です"),
    "gate shut": ("{name} is shut", "{name} が閉じています"),
    "gate on kink": ("{name} is on its kink", "{name} が折れ点の上にあります"),
    "input": (": its input is {x}", "：入力は {x}"),
    "leaf": ("a leaf", "名前のない葉"),
    "aside": (" ({text})", "({text})"),
    "since": (": {text}", "：{text}"),
    "then": ("; ", "；"),
    "and": (", ", "、"),
    "verdict shut": ("shut", "閉じています"),
    "verdict starved": ("nothing arrives", "何も届きません"),
    "verdict by-zero": ("multiplied by 0", "0 が掛けられています"),
    "verdict kink": ("kink", "折れ点の上にあります"),
    "verdict tiny": ("tiny", "飽和しています"),
    "verdict unselected": ("unselected", "選ばれていません"),
    "verdict mixed": ("mixed", "いくつかの理由で止まっています"),
    "verdict cancelled": ("cancelled", "寄与が打ち消し合います"),
    "verdict underflow": ("underflow", "アンダーフローしています"),
    "verdict unknown": ("unknown", "理由は判定できません"),
}


def reason(refusal: str, language: str) -> str:
    """Why an op was refused, as its error says it, in one language; NumPy's own words stay.

    Examples
    --------
    >>> reason("relu of NoneType: an operand is a Value, a number or an array, not None", "ja")
    'relu of NoneType: 演算の対象は Value か数か配列で、None ではいけません'
    """
    for key, (english, japanese) in PHRASES.items():
        if key.startswith("refused ") and language == "ja":
            refusal = refusal.replace(english, japanese)
    return refusal


def speaker(language: str) -> Say:
    """Fills the gaps of a phrase, named by its key, in one language: "en" or "ja".

    Examples
    --------
    >>> speaker("en")("product", factor="w")
    'a product with w, which is 0'
    """
    if language == "en":
        return lambda key, **gaps: PHRASES[key][0].format(**gaps)
    # after a closing bracket no space
    return lambda key, **gaps: PHRASES[key][1].format(**gaps).replace("」 ", "」")
