"""Texts in scripts without spaces, and multilingual sentences, from small grammars of real words."""

# ruff: noqa: SIM905  (word lists read better as one line of words)

from __future__ import annotations

import random

_ZH_WHO = "王明 李娜 张伟 刘洋 陈静 杨帆 赵磊 黄蓉 周杰 吴昊 徐丽 孙涛 马超 朱琳 胡歌 林峰 郭敏 何欢 高翔 罗兰".split()
_ZH_PLACE = (
    "北京 上海 广州 成都 杭州 西安 南京 武汉 昆明 大连 青岛 厦门 拉萨 哈尔滨 兰州 桂林 苏州 长沙 海口 银川".split()
)
_ZH_NOUN = """苹果 桥梁 火车 图书馆 实验室 茶叶 陶瓷 报纸 显微镜 望远镜 雨伞 机器人 自行车 钢琴 地图 菜谱 合同 发动机 水库 灯塔
果园 剧院 博物馆 信封 档案 帐篷 风筝 毛衣 花瓶 钥匙""".split()
_ZH_VERB = "修理 购买 研究 设计 寻找 出售 测量 描述 运输 拆除 复制 展览 保存 翻译 检查 遗失 借走 登记 清洗 拍摄".split()
_ZH_ADJ = (
    "古老的 崭新的 破旧的 昂贵的 罕见的 沉重的 透明的 红色的 漂亮的 复杂的 安静的 巨大的 普通的 神秘的 潮湿的".split()
)
_ZH_FORMS = (
    "{y}年，{w}在{p}{v}了一个{a}{n}，后来又把它送给了{w}。",
    "{w}认为{p}的{n}比{p}的{n}更值得{v}。",
    "为了{v}那{d}件{a}{n}，{w}从{p}走到了{p}。",
    "没有人知道{w}为什么要{v}{a}{n}，但是{p}的人都记得{n}。",
    "{p}的{n}在{y}年被{v}，{w}写信告诉了{w}。",
)
_JA_WHO = "田中 佐藤 鈴木 高橋 伊藤 渡辺 山本 中村 小林 加藤 吉田 山田 松本 井上 木村 清水".split()
_JA_PLACE = "東京 大阪 京都 札幌 福岡 仙台 広島 金沢 長崎 奈良 横浜 神戸 那覇 松山 静岡".split()
_JA_NOUN = (
    "りんご 時計 図書館 新聞 自転車 カメラ 地図 橋 灯台 ピアノ 手紙 傘 機械 茶碗 劇場 列車 望遠鏡 帽子 花瓶 鍵".split()
)
_JA_VERB = "修理した 買った 調べた 設計した 探した 売った 測った 運んだ 壊した 展示した 翻訳した 失くした 借りた 洗った".split()
_JA_FORMS = (
    "{y}年に{w}は{p}で古い{n}を{v}が、{w}は新しい{n}を{v}。",
    "{p}の{n}については、{w}が{d}回も{v}という記録がある。",
    "{w}によると、{p}で{v}{n}は{p}の{n}よりも珍しい。",
    "誰も{w}がなぜ{n}を{v}のか知らないが、{p}では{n}が有名だ。",
)
_LATIN = {
    "de": (
        "Am {d}. Mai {y} kaufte {w} in {p} einen alten {n} und verlor ihn bei {w}.",
        "Niemand weiß, warum {w} den {n} von {p} nach {p} getragen hat.",
        "Der {n} aus {p} war schwerer als der {n}, den {w} im Jahr {y} beschrieben hatte.",
    ),
    "fr": (
        "En {y}, {w} a réparé le {n} de {p} avant de partir chez {w}.",
        "Personne ne sait pourquoi {w} préfère le {n} de {p} au {n} de {p}.",
        "À {p}, {d} voisins ont vu {w} cacher un {n} sous le pont.",
    ),
    "es": (
        "En {y}, {w} encontró un {n} en {p} y se lo vendió a {w}.",
        "Nadie recuerda por qué {w} llevó el {n} desde {p} hasta {p}.",
        "El {n} de {p} costó {d} monedas, según {w}.",
    ),
    "ru": (
        "В {y} году {w} купил в городе {p} старый {n} и подарил его {w}.",
        "Никто не знает, почему {w} привёз {n} из {p} в {p}.",
        "По словам {w}, {n} из {p} весит {d} килограммов.",
    ),
}
_LATIN_NOUN = {
    "de": "Schrank Spiegel Koffer Ofen Teppich Wagen Brief Hut Schlüssel Kessel Tisch Ring Mantel Korb Eimer".split(),
    "fr": "miroir coffre tapis four chapeau panier manteau livre tableau vase bateau marteau rideau gant seau".split(),
    "es": "espejo baúl horno abrigo sombrero cesto libro cuadro barco martillo reloj anillo mapa puente tambor".split(),
    "ru": "шкаф ковёр чемодан самовар зонт стол корабль портрет мост ключ фонарь молоток журнал камень поезд".split(),
}
_NAMES = {
    "ru": ("Иван Олег Мария Анна Пётр Нина Сергей Ольга Фёдор Зоя Борис Вера".split(), "Омск Тверь Псков Казань Пермь Уфа".split()),
}  # fmt: skip


def _fill(rng: random.Random, form: str, words: dict[str, list[str]]) -> str:
    out = []
    for piece in form.replace("}", "{").split("{"):
        if piece in words:
            out.append(rng.choice(words[piece]))
        elif piece == "y":
            out.append(str(rng.randint(1801, 2023)))
        elif piece == "d":
            out.append(str(rng.randint(2, 998)))
        else:
            out.append(piece)
    return "".join(out)


def chinese(rng: random.Random, sentences: int = 3) -> str:
    words = {"w": _ZH_WHO, "p": _ZH_PLACE, "n": _ZH_NOUN, "v": _ZH_VERB, "a": _ZH_ADJ}
    return "".join(_fill(rng, rng.choice(_ZH_FORMS), words) for _ in range(sentences))


def japanese(rng: random.Random, sentences: int = 3) -> str:
    words = {"w": _JA_WHO, "p": _JA_PLACE, "n": _JA_NOUN, "v": _JA_VERB}
    return "".join(_fill(rng, rng.choice(_JA_FORMS), words) for _ in range(sentences))


def latin(rng: random.Random, language: str, sentences: int = 3) -> str:
    """German, French, Spanish or Russian."""
    from tests.planted.words import name

    who, where = _NAMES.get(language, ([name(rng) for _ in range(9)], [name(rng) for _ in range(9)]))
    words = {"w": list(who), "p": list(where), "n": _LATIN_NOUN[language]}
    return " ".join(_fill(rng, rng.choice(_LATIN[language]), words) for _ in range(sentences))


def edit_characters(text: str, rng: random.Random, count: int = 2) -> str:
    """One or two characters replaced by others of the same text."""
    out = list(text)
    for _ in range(count):
        out[rng.randrange(len(out))] = rng.choice(text)
    return "".join(out)
