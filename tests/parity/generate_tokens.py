"""Writes `tokens/*.jsonl`: texts and the ids that the reference tokenizers give them.

    pip install open_clip_torch regex ftfy
    python tests/parity/generate_tokens.py SHARED

CLIP's own tokenizer is open_clip's `SimpleTokenizer`; the embedded model's is byte-pair
encoding written out below from its `tokenizer.json`, behind the same cleaning. Texts that
`ftfy` would repair as wrongly decoded are left out: a terminal does not produce them.
"""

import json
import random
import sys
from pathlib import Path

import ftfy
import regex
from open_clip.tokenizer import SimpleTokenizer, basic_clean, bytes_to_unicode, whitespace_clean

HERE = Path(__file__).parent
SHARED = Path(sys.argv[1])
PATTERN = regex.compile(r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+")


def main():
    texts = make_texts()
    clip = SimpleTokenizer(context_length=77)
    write("clip", texts, lambda text: clip([text])[0].tolist(), 49407)
    pocket = Pocket(json.loads((HERE / "../../crates/pixseek-clip/pocket/tokenizer.json").read_text()))
    write("pocket", texts, pocket.encode, 8191)


def write(name, texts, encode, end):
    (HERE / "tokens").mkdir(exist_ok=True)
    lines = []
    for text in texts:
        ids = encode(text)
        # Padding is the model's affair and differs between files of one vocabulary.
        lines.append(json.dumps([text, ids[: ids.index(end) + 1]]))
    (HERE / "tokens" / f"{name}.jsonl").write_text("\n".join(lines) + "\n")


class Pocket:
    def __init__(self, file):
        self.vocabulary = file["model"]["vocab"]
        merges = [tuple(m.split(" ")) if isinstance(m, str) else tuple(m) for m in file["model"]["merges"]]
        self.ranks = {merge: rank for rank, merge in enumerate(merges)}
        self.suffix = file["model"].get("end_of_word_suffix") or ""
        self.bytes = bytes_to_unicode()

    def encode(self, text):
        ids = []
        for word in PATTERN.findall(whitespace_clean(basic_clean(text)).lower()):
            symbols = [self.bytes[byte] for byte in word.encode()]
            symbols[-1] += self.suffix
            # The vocabulary has no token for the unknown: such symbols are passed by.
            symbols = [symbol for symbol in symbols if symbol in self.vocabulary]
            while len(symbols) > 1:
                pairs = list(zip(symbols, symbols[1:]))
                best = min(pairs, key=lambda pair: self.ranks.get(pair, 1 << 30))
                if best not in self.ranks:
                    break
                merged, at = [], 0
                while at < len(symbols):
                    if at + 1 < len(symbols) and (symbols[at], symbols[at + 1]) == best:
                        merged.append(symbols[at] + symbols[at + 1])
                        at += 2
                    else:
                        merged.append(symbols[at])
                        at += 1
                symbols = merged
            ids += [self.vocabulary[symbol] for symbol in symbols]
        return [8190, *ids[:30], 8191]


def make_texts():
    random.seed(7)
    texts = ["", " ", "\n\t", "a", "a dog", "A DOG", "it's John's dog, isn't it?", "AT&amp;T &lt;b&gt;bold&lt;/b&gt;",
             "<b>bold</b> <a href='x'>link</a>", "&amp;amp; twice", "“curly” ‘quotes’ — dash…", "ﬁre and ﬂames, oﬃce",
             "ＦＵＬＬ　ＷＩＤＴＨ", "naïve café", "cafe\u0301", "İstanbul", "ΌΔΟΣ ΟΔΟΣ", "straße", "日本語の写真", "хороший день",
             "שלום עולם", "مرحبا", "हिन्दी", "ไทย", "한국어", "👩‍👩‍👧‍👦 family", "🏖️🐕‍🦺", "1234567890", "3.14159", "IMG_2043.JPG",
             "foo@example.com https://example.com/a?b=c", "$100 & 50%", "a" * 300, "dog " * 200, "!?" * 90,
             "x\u0000y\u0007z", "tab\tand\r\nnewline", "zero\u200bwidth", "  spaces   around  ", "under_score-dash",
             "C++ & C#", "½ cup", "x² + y²", "№ 5", "Å ångström", "ǆ ǅ Ǆ", "don’t", "rock ’n’ roll", "5° below"]
    captions = SHARED / "photos/captioned/captions.jsonl"
    for line in captions.read_text().splitlines():
        texts += json.loads(line)["captions"][:5]
    labels = SHARED / "photos/objects/labels.jsonl"
    texts += ["a photo of a " + json.loads(line)["label"] for line in labels.read_text().splitlines()[:400]]
    pools = ["abcdefghijklmnopqrstuvwxyz     ", "ABCxyz0123456789.,;:!?'\"-_()[]{} ", "äöüéèñçßøåÄÖÜ abc ", "αβγδε жзик 日本 ",
             "🏖🐕🎉❤️👍🏽 a", "<>&;/ b'", "'s't're've'm'll'd "]
    while len(texts) < 1300:
        pool = random.choice(pools)
        texts.append("".join(random.choice(pool) for _ in range(random.randint(1, 60))))
    return [text for text in texts if ftfy.fix_text(text) == ftfy.fix_text(text, fix_encoding=False)
            and ftfy.fix_text(text, fix_encoding=False, restore_byte_a0=False) == ftfy.fix_text(text)]


main()
