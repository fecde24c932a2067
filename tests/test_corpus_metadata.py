"""文号, places, issuers and the provenance of fields."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.excludes import excludes_of
from corpus.metadata import describe, head_number, issuers_of, legal_rank, signed_on, split_issuers
from corpus.numbers import number_key, official_number, parse_number
from corpus.regions import covers, name_of, place_of, places_in


@pytest.mark.parametrize(
    ("raw", "official", "form"),
    [
        ("国科发火[2016]32号", "国科发火〔2016〕32号", "document"),
        ("国科发〔2023〕第 01 号", "国科发〔2023〕1号", "document"),
        ("粤府办〔2002〕1２号", "粤府办〔2002〕12号", "document"),
        ("豫政 〔2016〕17号", "豫政〔2016〕17号", "document"),
        ("财政部 税务总局公告2023年第7号", "财政部税务总局公告2023年第7号", "announcement"),
        ("中华人民共和国国务院令（第512号）", "国务院令第512号", "decree"),
        ("交通运输部令2016年第62号", "交通运输部令2016年第62号", "decree"),
        ("闽海省人民政府令第二百零五号", "闽海省人民政府令第205号", "decree"),
        ("根据国发〔2019〕4号文件", "国发〔2019〕4号", "document"),
        ("的通知沪府发〔2009〕40号", "沪府发〔2009〕40号", "document"),
        ("（2001年3月1日福建省人民政府令第60号公布）", "福建省人民政府令第60号", "decree"),
        ("沪府令52号", "沪府令第52号", "decree"),
        ("福建省人民代表大会常务委员会公告〔十四届〕第二十号", "福建省人民代表大会常务委员会公告〔十四届〕第20号", "decree"),
        ("国家发展改革委 商务部令2021年第47号", "国家发展改革委商务部令2021年第47号", "decree"),
        ("北京市人民政府第148号令", "北京市人民政府令第148号", "decree"),
        ("《促进科技成果转化法》和国发〔2016〕16号", "国发〔2016〕16号", "document"),
        ("1986年12月11日市人民政府京政发〔1986〕148号", "京政发〔1986〕148号", "document"),
        ("某省人民政府办公厅关于贯彻国办发〔2006〕37号文件的意见", "国办发〔2006〕37号", "document"),
        ("关于废止豫政〔2000〕27号豫政办〔2005〕110号文件的决定", "豫政〔2000〕27号", "document"),
        ("认定办法见国科发火〔2016〕32号", "国科发火〔2016〕32号", "document"),
        ("本市企业不适用闽海科规〔2024〕5号", "闽海科规〔2024〕5号", "document"),
        ("主要内容已由闽海科规〔2022〕6号替代", "闽海科规〔2022〕6号", "document"),
        ("日政发〔2020〕5号", "日政发〔2020〕5号", "document"),
        ("国办发明电〔2021〕14号", "国办发明电〔2021〕14号", "document"),
    ],
)
def test_numbers_in_their_official_forms(raw: str, official: str, form: str) -> None:
    number = parse_number(raw)
    assert number is not None and str(number) == official and number.form == form


@given(st.text("国科发政办财税闽海规", min_size=1, max_size=6), st.integers(1949, 2030), st.integers(1, 999))
def test_a_number_survives_brackets_spaces_and_zeros(code: str, year: int, serial: int) -> None:
    want = f"{code}〔{year}〕{serial}号"
    for raw in (want, f"{code}[{year}]{serial}号", f"{code}（{year}）第{serial:03d}号", f" {code} ﹝{year}﹞ {serial} 号 "):
        assert official_number(raw) == want


def test_numbers_that_mean_the_same() -> None:
    assert number_key("国令第707号") == number_key("中华人民共和国国务院令第707号")
    assert official_number("无此号") == "无此号"


@pytest.mark.parametrize(
    ("name", "code", "level", "area"),
    [
        ("国务院办公厅", "000000", "national", ""),
        ("国家税务总局福建省税务局", "350000", "province", ""),
        ("厦门市科学技术局", "350200", "city", "计划单列市"),
        ("福建省厦门市思明区人民政府", "350203", "county", ""),
        ("仙居县人民政府", "331024", "county", ""),
        ("上海市绿化和市容管理局", "310000", "province", "直辖市"),
        ("上海市徐汇区人民政府办公室", "310104", "county", ""),
        ("闽海省科学技术厅", "990000", "province", ""),
        ("鹭屿市科学技术局", "990200", "city", "计划单列市"),
        ("安浦县工业信息化和科学技术局", "990121", "county", ""),
        ("临洲高新技术产业开发区管理委员会", "990100", "county", "高新区"),
        ("省科技厅", "", "province", ""),
        ("厦门火炬高技术产业开发区管理委员会", "350200", "county", "高新区"),
        ("平潭综合实验区管理委员会", "350128", "county", "综合实验区"),
        ("中国（福建）自由贸易试验区厦门片区管理委员会", "350200", "county", "自贸片区"),
        ("苏州工业园区管理委员会", "320500", "county", "开发区"),
        ("国家外汇管理局福建省分局", "350000", "province", ""),
        ("中共厦门市委办公厅", "350200", "city", "计划单列市"),
    ],
)
def test_places_of_bodies(name: str, code: str, level: str, area: str) -> None:
    place = place_of(name)
    assert (place.code, place.level, place.area_type) == (code, level, area)


def test_places_need_more_than_a_string_of_characters() -> None:
    assert [p.codes for p in places_in("上海交通大学")] == [("310000",)]
    assert places_in("中山大学") == [] and places_in("关于张太原等二名同志任免职的通知") == []
    assert name_of("331024") == "台州市仙居县"
    assert covers("350000", "350203") and covers("000000", "350200") and not covers("350200", "350100")


def test_joint_issuers() -> None:
    assert split_issuers("财政部 税务总局") == ("财政部", "税务总局")
    assert split_issuers("福建省人民政府广东省人民政府") == ("福建省人民政府", "广东省人民政府")
    assert split_issuers("国家税务总局福建省税务局") == ("国家税务总局福建省税务局",)
    assert issuers_of("国务院批转安徽省人民政府关于大力发展生产的通知") == ("国务院",)
    assert issuers_of("闽海省科学技术厅 闽海省财政厅关于印发《办法》的通知") == ("闽海省科学技术厅", "闽海省财政厅")
    assert issuers_of("关于同意宁波市设立机构的批复") == ()


def test_numbers_and_dates_by_position() -> None:
    text = "关于印发办法的通知\n闽海科规〔2024〕5号\n各市：\n" + "现印发给你们，请遵照执行。" * 6 + "\n闽海省科学技术厅\n二〇二四年四月十日\n办法\n2019年1月1日\n"
    assert head_number("", text) == "闽海科规〔2024〕5号"
    assert signed_on(text) == "2024-04-10"
    assert head_number("", "闽海省人民政府令\n第205号\n《办法》已经通过") == "闽海省人民政府令第205号"


def test_generic_issuers_become_specific() -> None:
    found = describe("重庆市人民政府关于加快发展的意见", "", hints={"issuers": "市政府"}, labels={}, meta={})
    assert found.values["issuers"] == ("重庆市人民政府",) and found.values["region_code"] == "500000"
    found = describe("关于加快发展的意见", "", hints={"issuers": "市政府办公厅"}, labels={}, meta={}, region_code="990100", level="city")
    assert found.values["issuers"] == ("临洲市人民政府办公厅",) and found.provenance["issuers"]["from"] == "source"


def test_provenance_and_order() -> None:
    labels = {"发文字号": "闽海科规[2024]5号", "发文机关": "闽海省科学技术厅", "成文日期": "2024年04月10日", "索引号": "MH002"}
    meta = {"ArticleTitle": "标题", "PubDate": "2024-04-12 10:00", "ContentSource": "海峡日报"}
    found = describe("关于印发《补助办法》的通知", "", hints={"published_on": "2024-04-13"}, labels=labels, meta=meta)
    assert found.values["published_on"] == "2024-04-13" and found.provenance["published_on"] == {"from": "declared", "confidence": 1.0}
    assert found.values["issuers"] == ("闽海省科学技术厅",) and found.values["doc_number"] == "闽海科规〔2024〕5号"
    assert found.provenance["doc_number"]["number"]["serial"] == 5
    assert found.values["legal_rank"] == "规范性文件" and found.values["level"] == "province"


def test_ranks() -> None:
    assert legal_rank("科学技术进步法", (), "", "national") == "法律"
    assert legal_rank("闽海省促进科技成果转化条例", ("闽海省人民代表大会常务委员会",), "", "province") == "地方性法规"
    assert legal_rank("办法", ("闽海省人民政府",), "闽海省人民政府令第1号", "province") == "地方政府规章"
    assert legal_rank("关于任职的通知", ("闽海省人民政府",), "闽海政〔2024〕1号", "province") == "一般公文"
    assert legal_rank("技术规范的通知", ("天津市农业农村委员会",), "津农委〔2021〕32号", "province") != "党政联合文件"


def test_excluded_places() -> None:
    assert excludes_of("全省（不含厦门）规模以上企业") == ("厦门市",)
    assert excludes_of("补助对象不包括鹭屿市、宁波市企业。") == ("鹭屿市", "宁波市")
    assert excludes_of("单价500万元（不含税）") == ()


@pytest.mark.parametrize(
    ("text", "region", "expected"),
    [
        ("各设区市（厦门市除外）科技局", "350000", ("厦门市",)),
        ("广东省行政区域内（深圳除外）的企业", "440000", ("深圳市",)),
        ("除厦门市外，各设区市均可申报。", "350000", ("厦门市",)),
        ("除厦门市另有规定外，适用本办法。", "350000", ()),
        ("本办法不适用于厦门市。", "350000", ("厦门市",)),
        ("宁波市不适用本办法。", "330000", ("宁波市",)),
        ("支持各省（不含计划单列市）企业", "000000", ("大连市", "宁波市", "厦门市", "青岛市", "深圳市")),
        ("除法律另有规定外，厦门市可参照执行。", "350000", ()),
    ],
)
def test_ways_to_exclude_a_place(text: str, region: str, expected: tuple[str, ...]) -> None:
    assert excludes_of(text, region) == expected
