"""Masking of personal information: recall on planted items of every kind and form, and what is masked in texts without any.

The items are made by rule (valid check digits, real prefixes); each stands in sentences as people write them.
"""

from __future__ import annotations

import gzip
import json
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import typer

from corpus.masking import mask
from evaluation.commands import app
from evaluation.figures import OUT, keep

SENTENCES = {
    "mobile": ("我的电话是{}，请回电。", "联系方式：{}（微信同号）", "打{}没人接", "手机{} 白天方便", "【电话】{}"),
    "id": ("身份证号{}，户口在本市。", "本人身份证：{}", "证件号码 {} 请核实", "（{}）"),
    "email": ("请发到{}，谢谢", "邮箱：{}", "联系{}。"),
    "card": ("卡号{}被冻结", "工资卡 {} 一直没到账", "退款到{}即可"),
    "plate": ("车牌{}违停", "一辆{}的白色轿车", "{}在路口逆行，"),
    "name": ("我叫{}，今年45岁。", "投诉人：{}", "联系人：{} 电话见下", "我是业主{}，反映如下：", "患者{}，住院三天", "{}女士来信说", "{}先生多次反映", "此致敬礼！\n{}\n2023年5月6日"),
}
PLACES, LETTERS = "京津沪冀豫辽黑湘皖鲁苏浙赣鄂桂甘晋陕吉闽贵粤川琼", "ABCDEFGHJKLMNPQRSTUVWXYZ"
FAMILY = ["王", "李", "张", "刘", "陈", "杨", "黄", "赵", "吴", "周", "徐", "林", "郑", "谢", "罗", "欧阳", "上官", "诸葛", "司徒"]
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰涛明超兰霞平刚桂英建国玉梅志红海燕春生"
_WIDE = str.maketrans("0123456789@.", "０１２３４５６７８９＠．")


def mobile(r: random.Random) -> str:
    a, b, c = f"1{r.choice('3456789')}{r.randrange(10)}", f"{r.randrange(10000):04}", f"{r.randrange(10000):04}"
    return r.choice([a + b + c, f"{a}-{b}-{c}", f"{a} {b} {c}", f"+86 {a}{b}{c}", f"86-{a}{b}{c}", (a + b + c).translate(_WIDE)])


def identity(r: random.Random) -> str:
    head = f"{r.choice(['350203', '110105', '440304', '510107', '320102'])}{r.randint(1950, 2010)}{r.randint(1, 12):02}{r.randint(1, 28):02}{r.randrange(1000):03}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    number = head + "10X98765432"[sum(int(d) * w for d, w in zip(head, weights, strict=True)) % 11]
    return r.choice([number, number.lower(), f"{number[:6]} {number[6:14]} {number[14:]}", number.translate(_WIDE)])


def email(r: random.Random) -> str:
    name = "".join(r.choices("abcdefghijklmnopqrstuvwxyz0123456789_.", k=r.randint(4, 10))).strip("._") or "a1"
    address = f"{name}@{r.choice(['qq.com', '163.com', 'sina.com.cn', 'xmu.edu.cn', 'gmail.com'])}"
    return r.choice([address, address.upper(), address.replace("@", "＠"), address.replace("@", " @ "), address.replace("@", "(at)")])


def card(r: random.Random) -> str:
    body = r.choice(["6222", "6217", "6228", "4367", "5240"]) + "".join(str(r.randrange(10)) for _ in range(r.choice([11, 14])))
    total = sum(d if i % 2 else d * 2 - 9 * (d > 4) for i, d in enumerate(map(int, reversed(body))))
    number = body + str(-total % 10)
    grouped = " ".join(number[i : i + 4] for i in range(0, len(number), 4))
    return r.choice([number, grouped, grouped.replace(" ", "-"), number.translate(_WIDE)])


def plate(r: random.Random) -> str:
    tail = "".join(r.choices("0123456789" + LETTERS, k=5))
    tail = tail if any(c.isdigit() for c in tail) else "1" + tail[1:]
    head = r.choice(PLACES) + r.choice(LETTERS)
    return r.choice([head + tail, f"{head}·{tail}", f"{head} {tail}", f"{head}D{tail[:4]}1", f"{head}{tail[:4]}学" if any(c.isdigit() for c in tail[:4]) else head + tail])


def person(r: random.Random) -> str:
    return r.choice(FAMILY) + "".join(r.choices(GIVEN, k=r.randint(1, 2)))


MAKERS = {"mobile": mobile, "id": identity, "email": email, "card": card, "plate": plate, "name": person}


def recall(each: int, seed: int) -> dict[str, float]:
    """Share of planted items of which nothing is left to read, by kind (of a titled name the surname stays)."""
    rng, found = random.Random(seed), Counter[str]()
    for kind, make in MAKERS.items():
        for _ in range(each):
            item = make(rng)
            found[kind] += item not in mask(rng.choice(SENTENCES[kind]).format(item), names=True)
    return {kind: found[kind] / each for kind in MAKERS}


def clean_texts(data: Path, limit: int = 2000) -> Iterator[str]:
    """Paragraphs of laws: texts without personal information."""
    with gzip.open(data / "policy" / "laws.jsonl.gz", "rt", encoding="utf-8") as lines:
        for n, line in enumerate(lines):
            if n >= limit:
                return
            yield json.loads(line)["text"]


@app.command("masking")
def masking(data: Path = typer.Option(None, exists=True, help="Folder of the data (for false marks in laws)."), each: int = 2000, seed: int = 20261126, out: Path | None = OUT) -> None:
    """Recall of masking on planted items by kind, and marks in texts of laws, which hold none."""
    typer.echo("| kind | planted | recall |\n|---|---|---|")
    shares = recall(each, seed)
    keep(out, masked_items=min(share for kind, share in shares.items() if kind != "name"), masked_names=shares["name"])
    for kind, share in shares.items():
        typer.echo(f"| {kind} | {each} | {share:.4f} |")
    if data:
        marks: Counter[str] = Counter()
        size = 0
        for text in clean_texts(data):
            size += len(text)
            masked = mask(text, names=True)
            for mark in ("[身份证号]", "[银行卡号]", "[手机号]", "[电子邮箱]", "[车牌号]", "[护照号]", "[账号]", "[姓名]"):
                marks[mark] += masked.count(mark)
        typer.echo(f"false marks in {size / 1e6:.1f} million characters of laws: {dict(marks)}")
