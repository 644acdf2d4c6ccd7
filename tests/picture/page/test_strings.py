"""What is said in one language is said in the other."""

import tinygrad_relu as tg
from tinygrad_relu import Value


def test_both_languages_say_everything(show):
    page = show(tg.gradient_flow(Value(1.0).exp()))
    missing = page.evaluate(
        """async () => {
          const code = document.querySelector('script[type=module]').textContent;
          const table = code.slice(code.indexOf('const STRINGS'), code.indexOf('const LANGUAGES'));
          const keys = (t) => t.split('\\n').flatMap((l) => l.match(/\\b[a-zA-Z]+(?=: ")/g) ?? []);
          const [en, ja] = table.split('ja: {');
          return keys(en).filter((key) => !keys(ja).includes(key));
        }"""
    )
    assert missing == []
