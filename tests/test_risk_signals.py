"""Signals: hard negatives and denials, spans, objects and types, the classifier and its training, other judges. Sentences are our own."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from corpus.errors import BadInput, ModelError, SettingsError
from corpus.settings import Settings, load_settings
from corpus.store import Store
from risk.classifier import CLASSES, home_weights, load_weights
from risk.dating import spoken_day
from risk.judges import ByLLM, open_judge
from risk.lexicon import actors_of, places_of, severity_of, stage_of
from risk.signals import Reader, Record, Signal
from risk.taxonomy import Match, Taxonomy, load_taxonomy
from risk.train import cross_validate, figures, fit, own_sentences, read_labelled, train, train_signals

READER = Reader()
SPEAKS = {"asserts", "hypothetical"}
ASKED = (
    "集成电路", "人工智能", "生物医药", "新材料", "新能源与智能网联汽车", "新型储能", "高端装备与机器人", "航空航天与低空", "量子", "6G与通信", "网络与数据安全",
    "工业软件", "海洋", "现代农业", "互联网平台", "核能", "特种设备", "工业安全",
)  # fmt: skip


def record(text: str, *, kind: str = "opinion", title: str = "") -> Record:
    return Record("d1", text, kind, "test", "2026-03-01", "2026-03-01", title)


@pytest.mark.parametrize(
    "text",
    [
        "新装置使压缩机故障风险降低三成。", "该机构完成新一轮风险投资，投向无人机企业。", "核电机组连续安全运行两千天，实现零事故。", "官方辟谣：网传无人机坠落伤人不属实",
        "实验结果表明，该入侵检测模型的召回率为百分之九十七。", "市消防部门开展电动自行车充电安全宣传活动", "会议强调，要严防危化品泄漏事故发生。", "本产品不构成投资建议，股市有风险。",
    ],
)  # fmt: skip
def test_hard_negatives_are_no_signals(text: str) -> None:
    assert READER.judge(text)[0] not in SPEAKS


@pytest.mark.parametrize(
    "text",
    [
        "一辆纯电动汽车充电时起火烧毁", "某云服务商机房断电致服务中断六小时", "高精度减速器长期依赖进口，供货周期不断延长。", "监管部门因违规收集个人信息约谈两家平台",
        "勒索软件攻击致三家医院系统瘫痪", "该疫苗一批次效价不合格被召回",
    ],
)  # fmt: skip
def test_plain_risks_are_signals(text: str) -> None:
    assert READER.judge(text)[0] in SPEAKS


def test_polarity_is_told_apart() -> None:
    assert READER.judge("网传某手机电池爆炸系谣言")[0] == "denies"
    assert READER.judge("平台服务已全部恢复，故障已修复")[0] == "resolved"
    assert READER.judge("量子计算一旦成熟，现有加密算法可能被破解。")[0] == "hypothetical"


@pytest.mark.parametrize("text", ["网传某储能电站起火致12人死亡，经核实，起火事件无人员死亡", "关于某化工厂爆炸的传言，警方通报称并未发生爆炸", "网上出现的电梯坠落视频不实"])
def test_a_rumour_with_its_denial_is_no_support(text: str) -> None:
    assert READER.judge(text)[0] not in SPEAKS


@pytest.mark.parametrize(
    "text", ["两国就核废水排海达成五点共识", "双方签署无人机事故和解备忘录", "受灾乡镇断网三天后恢复通信", "专家称手机不太会被遥控引爆", "芯片短缺已经转变为过剩，库存上升"],
)  # fmt: skip
def test_agreement_restoration_and_reassurance_are_no_support(text: str) -> None:
    assert READER.judge(text)[0] not in SPEAKS


@pytest.mark.parametrize("text", ["两国未能就核废水排海达成共识，排放照旧", "暴雨致停电，三个乡镇至今未恢复供电", "该漏洞披露半年仍未修复，大量路由器受攻击"])
def test_what_is_not_settled_yet_stands(text: str) -> None:
    assert READER.judge(text)[0] in SPEAKS


@pytest.mark.parametrize(
    "text", ["运营单位通报，储能电站起火前发出告警", "俄方向联合国秘书长通报探测器载有核能量源", "公司正在调查其自动驾驶汽车的性能", "英伟达收购芯片企业的交易失败", "这类行为不会按照违法处罚，App仍可用"],
)  # fmt: skip
def test_what_a_firm_tells_or_looks_into_is_no_act_of_a_regulator(text: str) -> None:
    assert not {c.name for c in READER.taxonomy.cues_in(text)} & {"监管处罚", "故障失效"}


def test_whom_regulators_look_into_is_told() -> None:
    for text in ("某平台被立案调查", "市场监管局通报一批不合格充电宝", "网信办对某平台实施网络安全审查", "火箭发射失败"):
        assert {c.name for c in READER.taxonomy.cues_in(text)} & {"监管处罚", "故障失效"}, text


@pytest.mark.parametrize(("text", "thing"), [("省道路面病害频发", "病虫害与动植物疫病"), ("各种业务风险上升", "种业与转基因"), ("两车相撞起火车主死亡", "轨道交通"), ("朝方警告核威胁升级", "核设施与核污染水")])
def test_words_of_another_sense_are_no_object(text: str, thing: str) -> None:
    assert thing not in {m.name for m in READER.taxonomy.things_in(text)}


def test_a_keyword_of_a_list_and_a_row_of_a_table_are_no_sentences() -> None:
    last = "去年风电叶片断裂事故频发，多台机组停运。"
    text = f"海上风电叶片研究综述与展望\n关键词：风电叶片；\n叶片断裂；\n| 1 | 风电叶片 | 叶片断裂事故频发 |\n{last}"
    assert [s.quote for s in READER.read(record(text, kind="news", title="海上风电"))] == [last]


@hypothesis_settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(["电梯突然失控下坠。", "天气晴好。", "锂电池厂起火，两人受伤。", "😀", "\n", "芯片断供风险加剧！", "　", "\x00"]), max_size=8).map("".join))
def test_spans_are_exact_and_inside(text: str) -> None:
    for signal in READER.read(record(text, kind="news", title="通报")):
        assert text[signal.start : signal.end] == signal.quote
        assert signal.polarity in CLASSES and 0 <= signal.confidence <= 1 and all(1 <= v <= 5 for v in signal.severity.values())


def test_a_signal_carries_what_the_sentence_says() -> None:
    text = "3月1日，福建一储能电站锂电池起火，致两人受伤，市场监管总局已立案调查。"
    signal = READER.read(record(text, kind="news"))[0]
    assert (signal.field, signal.thing, signal.bucket) == ("新型储能", "动力与储能电池", "安全事故")
    assert "福建" in signal.places and "市场监管总局" in signal.actors and signal.severity["people"] >= 3
    assert signal.technologies and all(t in text for t in signal.technologies)


def test_a_sentence_without_an_object_takes_it_from_the_title_and_says_so() -> None:
    told = READER.read(record("前言平平。事故造成三人死亡，企业被责令停产整改。", kind="news", title="化工园区爆炸"))
    assert told and all(s.inherited for s in told)


def test_an_empty_or_plain_record_gives_nothing() -> None:
    assert READER.read(record("")) == [] and READER.read(record("春暖花开，游人如织。")) == []


def test_a_burning_electric_car_is_a_risk_of_the_battery() -> None:
    signal = READER.read(record("一辆新能源汽车在路边自燃"))[0]
    assert signal.thing == "动力与储能电池"


# ---- taxonomy ----------------------------------------------------------------------------------------------------


def test_the_taxonomy_covers_the_fields_asked_for() -> None:
    taxonomy = load_taxonomy()
    assert all(taxonomy.field_name(name) in taxonomy.fields for name in ASKED)
    assert taxonomy.field_name("半导体") == "集成电路" and taxonomy.field_name("省级半导体产业") == "集成电路" and taxonomy.field_name("诗歌") == "其他"


def test_every_type_has_phrases_and_every_route_ends_somewhere() -> None:
    from risk.risks import phrases

    taxonomy = load_taxonomy()
    buckets = {taxonomy.bucket(thing, kind) for thing in taxonomy.things for kind in taxonomy.types}
    assert buckets <= set(phrases())
    assert all(taxonomy.route(thing, kind, "充电") in taxonomy.things for thing in taxonomy.things for kind in taxonomy.types)


def test_a_taxonomy_that_is_not_valid_says_why(tmp_path: Path) -> None:
    (tmp_path / "t.toml").write_text('version = "1"\n[[field]]\nname = "x"\n[[field.object]]\nname = "y"\nwords = "("\n[[type]]\n', "utf-8")
    with pytest.raises(SettingsError, match="taxonomy"):
        load_taxonomy(tmp_path / "t.toml")


def test_names_in_words_that_only_look_alike_do_not_count() -> None:
    assert not load_taxonomy().things_in("演员心态崩了")
    assert [m.name for m in load_taxonomy().things_in("健康助手崩了")] == ["互联网平台服务"]


# ---- words -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "name"),
    [("信息化工作存在风险", "化工与工矿企业"), ("北京东城发生火灾", "互联网平台服务"), ("上海航班返航", "船舶与海工装备"), ("机动车撞人", "轨道交通"), ("大众化道路受阻", "汽车"),
     ("a basic flaw", "化合物半导体"), ("Trojan AIRS study", "人工智能系统"), ("关停电梯", "电网与电力供应")],
)  # fmt: skip
def test_a_name_cuts_no_word(text: str, name: str) -> None:
    assert name not in {m.name for m in load_taxonomy().things_in(text)}


@pytest.mark.parametrize(("text", "name"), [("SiC器件短缺", "化合物半导体"), ("GPUs are short", "芯片"), ("太原一化工厂爆炸", "化工与工矿企业"), ("日本核污染水排海", "核设施与核污染水"), ("大众汽车召回", "汽车")])
def test_a_name_that_is_a_word_counts(text: str, name: str) -> None:
    assert name in {m.name for m in load_taxonomy().things_in(text)}


def test_severity_takes_the_highest_of_each_dimension() -> None:
    assert severity_of("空难致10人死亡", 2)["people"] == 5 and severity_of("轻微异响", 2) == {"hazard": 2}


def test_stage_by_words_else_by_kind() -> None:
    assert stage_of("样机研制攻关", "news") == "研发" and stage_of("无词", "paper") == "基础研究"


def test_places_and_actors_in_order_of_mention() -> None:
    assert places_of("广东和福建，再到广东") == ("广东", "福建") and actors_of("工信部约谈特斯拉") == ("工信部", "特斯拉")


# ---- classifier --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def labelled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("labelled") / "own.jsonl"
    path.write_text("".join(json.dumps({"text": e.text, "polarity": e.polarity}, ensure_ascii=False) + "\n" for e in own_sentences()), "utf-8")
    return path


def test_training_from_a_prior_forgets_nothing_and_is_the_same_twice(labelled: Path, tmp_path: Path) -> None:
    one, two = (train_signals([labelled], tmp_path / name) for name in ("a.npz", "b.npz"))
    assert one.f1 > 0.85 and one.accuracy > 0.75
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes() or one.weights.fingerprint == two.weights.fingerprint
    assert Reader(weights=one.weights).judge("一辆纯电动汽车充电时起火烧毁")[0] in SPEAKS


def test_no_example_leaves_the_prior_as_it_is() -> None:
    taxonomy, prior = load_taxonomy(), load_weights()
    few = own_sentences()[:1]
    made = fit(few, taxonomy, prior=prior, l2_dense=1e9, l2_sparse=1e9)
    assert abs(made.dense - prior.aligned(taxonomy).dense).max() < 1e-3


def test_cross_validation_beats_the_classifier_without_a_prior() -> None:
    sentences, taxonomy = own_sentences(), load_taxonomy()
    assert cross_validate(sentences, taxonomy, prior=load_weights())[2] >= cross_validate(sentences, taxonomy)[2]


def test_figures_by_hand() -> None:
    precision, recall, f1, accuracy = figures([("asserts", "asserts"), ("asserts", "none"), ("none", "hypothetical"), ("denies", "denies")])
    assert (precision, recall, f1, accuracy) == (0.5, 0.5, 0.5, 0.5)


def test_the_command_keeps_weights_only_where_they_are_not_worse(settings: Settings, labelled: Path) -> None:
    found = train(settings, data=labelled)
    assert found["sentences"] == len(own_sentences()) and (settings.home / "signals.npz").exists() is found["kept"]
    assert home_weights(settings.home).version


@pytest.mark.parametrize(("line", "said"), [("{", "line 1"), ('{"text": "x", "polarity": "maybe"}', "line 1"), ('{"polarity": "none"}', "line 1")])
def test_a_bad_label_names_its_line(line: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "l.jsonl").write_text(line + "\n", "utf-8")
    with pytest.raises(BadInput) as caught:
        read_labelled(tmp_path / "l.jsonl")
    assert said in str(caught.value.value)


def test_training_needs_sentences(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(BadInput):
        train(settings)
    (tmp_path / "l.jsonl").write_text('{"text": "x", "polarity": "none"}\n', "utf-8")
    with pytest.raises(BadInput, match="few"):
        train_signals([tmp_path / "l.jsonl"], tmp_path / "w.npz")


def test_weights_that_cannot_be_read_say_so(tmp_path: Path) -> None:
    (tmp_path / "signals.npz").write_bytes(b"not a zip")
    with pytest.raises(ModelError):
        home_weights(tmp_path)


def test_weights_follow_a_taxonomy_with_other_types() -> None:
    data = {"version": "x", "field": [{"name": "f", "object": [{"name": "o", "words": "塔吊"}]}], "type": [{"top": "科技使用风险", "group": "安全", "name": "倒塌", "bucket": "安全事故", "severity": 4, "words": "倒塌"}]}
    reader = Reader(Taxonomy(data))
    assert reader.weights.dense.shape[0] == len(reader.weights.names) != len(load_weights().names)
    assert [s.thing for s in reader.read(record("工地塔吊倒塌致三人死亡"))] == ["o"]


# ---- other judges ------------------------------------------------------------------------------------------------


class Scripted:
    """A language model that says what it was told to."""

    def __init__(self, *replies: str, outside: bool = False) -> None:
        self.name, self.outside, self.replies, self.asked = "scripted", outside, list(replies), 0

    def complete(self, messages: Sequence[Mapping[str, str]], schema: Mapping[str, Any]) -> str:
        self.asked += 1
        return self.replies.pop(0)


def test_the_model_judges_once_a_sentence() -> None:
    model = Scripted('好的：{"class": "denies", "confidence": 0.9}')
    judge = ByLLM(model)
    assert judge.judge("甲") == judge.judge("甲") == ("denies", 0.9) and model.asked == 1


@pytest.mark.parametrize("reply", ["不知道", '{"class": "maybe"}', '{"class": "none", "confidence": 7}'])
def test_a_judgement_that_cannot_be_read_is_an_error(reply: str) -> None:
    with pytest.raises(ModelError):
        ByLLM(Scripted(reply)).judge("甲")


def test_what_is_not_open_is_never_sent_outside() -> None:
    model = Scripted('{"class": "none", "confidence": 1}', outside=True)
    reader = Reader(judge=ByLLM(model))
    closed = Record("d", "储能电站起火致两人受伤", "news", "s", "2026-01-01", "2026-01-01", security=3)
    assert reader.read(closed) and model.asked == 0
    assert not reader.read(record("储能电站起火致两人受伤")) and model.asked == 1


def test_unknown_judges_list_the_known_ones(tmp_path: Path, store: Store) -> None:
    assert open_judge(load_settings(tmp_path)) is None
    for value in ("oracle", "llm"):
        with pytest.raises(SettingsError, match=r"judge|language model"):
            open_judge(load_settings(tmp_path, signal_model=value))


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2023年8月10日，某公司召回1,200辆汽车。", "2023-08-10"),
        ("中新网8月16日电 2023年以来，芯片供应短缺。", "2023-08-16"),
        ("2021年停产，至今没有恢复。", "2021"),
        ("到2030年缺口将达6.7万人。", ""),
        ("昨日凌晨，一处储能电站起火。", ""),
        ("2月30日的消息不实，2024年也没有这一天。", ""),
        ("计划2024年9月1日投产，2024-03-05签约", "2024-03-05"),
    ],
)
def test_an_undated_report_is_dated_by_what_it_speaks_of(text: str, day: str) -> None:
    """An old report that is imported today is no news of today; nothing is dated behind its first sight."""
    assert spoken_day(text, "2024-05-01") == day


@given(st.text(alphabet="2019年月日0123456789-./ 电", max_size=60))
def test_any_text_gives_a_day_not_after_its_first_sight(text: str) -> None:
    day = spoken_day(text, "2024-05-01")
    assert not day or (len(day) == 4 and day < "2024") or datetime.date.fromisoformat(day).isoformat() == day <= "2024-05-01"


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("简报：某云平台公布服务中断事故调查结果、某厂计划自主研发手机芯片等", "芯片"),
        ("某品牌发布新款手机；一化工厂爆炸致三人受伤", "手机与智能终端"),
    ],
)
def test_what_stands_in_another_item_of_a_list_is_not_of_this_object(text: str, key: str) -> None:
    assert key not in {s.thing for s in READER.read(record(text, kind="news"))}


def test_short_names_in_a_list_share_what_is_said_of_them() -> None:
    taxonomy = load_taxonomy()
    text = "淘宝、京东、拼多多等平台大面积崩溃"
    assert taxonomy.assign(text, taxonomy.things_in(text), taxonomy.cues_in(text)) is not None


@pytest.mark.parametrize(
    ("thing", "cue"),
    [("病虫害与动植物疫病", "网络攻击"), ("应用程序与小程序", "起火爆炸")],
)
def test_what_cannot_be_is_no_pair(thing: str, cue: str) -> None:
    taxonomy = load_taxonomy()
    assert taxonomy.assign("某文", [Match(thing, 0, 1)], [Match(cue, 1, 2)]) is None


def test_a_shortage_of_people_is_no_shortage_of_goods() -> None:
    kinds = {text: {c.name for c in load_taxonomy().cues_in(text) if c.strong} for text in ("芯片业面临严重的人才短缺", "到二〇三〇年芯片业缺口达6.7万人", "全球芯片短缺", "芯片产能缺口三成")}
    assert ["供应短缺" in found for found in kinds.values()] == [False, False, True, True]
    assert ["裁员与人才" in found for found in kinds.values()] == [True, True, False, False]


def test_the_name_of_a_school_is_no_object_unless_it_is_one() -> None:
    taxonomy = load_taxonomy()
    assert taxonomy.things_in("某航空航天大学副校长被查") == []
    assert "网络与信息系统" in {m.name for m in taxonomy.things_in("西北工业大学遭境外攻击")}


def test_sentences_inherit_from_a_title_that_speaks_of_a_risk() -> None:
    text = "有关部门介绍了情况。坠落事故已造成三人死亡、五人受伤，原因正在核查。"
    told = [READER.read(record(text, kind="news", title=t)) for t in ("某市一电梯坠落", "某市电梯展开幕")]
    assert [len(found) for found in told] == [1, 0] and told[0][0].inherited


@pytest.mark.parametrize("text", ["如若转载，请注明来源：某芯片公司断供风波", "电梯坠落双色球号码推荐"])
def test_lines_about_the_page_itself_are_no_signals(text: str) -> None:
    assert READER.read(record(text, kind="news")) == []


def test_the_channel_of_a_report_is_no_object() -> None:
    taxonomy = load_taxonomy()
    assert taxonomy.things_in("据廉洁江西微信公众号消息，原主任被开除党籍。") == []
    assert [m.name for m in taxonomy.things_in("微信公众号服务出现大面积故障，用户无法登录。")] != []


def running(text: str) -> list[Signal]:
    """Signals of a sentence that stands in a longer report."""
    return READER.read(Record("d", f"今日综合消息如下，供各单位参考。\n{text}\n以上为今日全部内容，转发请注意核对来源。", "news", "s", "2026-11-20", "2026-11-20", "今日综合消息"))


@pytest.mark.parametrize(
    "text",
    [
        "据省纪委监委消息，某互联网平台公司原党委书记涉嫌严重违纪违法，目前正接受审查调查。",
        "《解释》列举了污染环境罪的多种情形，包括向水源保护区排放有毒废水造成严重污染。",
        "一名男子酒后乘坐电梯时摔倒受伤，法院判决其自行承担主要责任。",
        "全市新能源汽车市场渗透率已经达到百分之四十五，居全省第二位。",
        "这款手机在安兔兔跑分测试中超过了一百七十万分，成为同档最佳。",
        "今年林火产生的碳排放量创下新的纪录，占全部排放的四分之一。",
        "活动现场，志愿者向居民讲解电信网络诈骗的常见套路和危害。",
    ],
)
def test_what_running_news_says_beside_its_matter_is_no_signal(text: str) -> None:
    assert not running(text)


def test_an_event_in_running_news_is_one_and_a_denial_stands_against() -> None:
    """A fire of unlawful work is told though no inspection was carried out; what was not found is no support."""
    assert running("事故调查组认定，某化工厂火灾因违法电焊引燃漆料，企业未开展安全培训和应急演练，造成十一人死亡。")
    denied = running("防卫部门回应称，没有发现因网络攻击导致机密情报泄露的情况。")
    assert not any(s.supports for s in denied)
