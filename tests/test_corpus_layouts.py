"""Pages in the layouts of government publishing systems (label tables as table, ul, dl, div and span; brackets; lines; none at all):
every field right, the frame left out. Names, numbers and texts are invented (闽海省 does not exist)."""

from __future__ import annotations

from typing import Any

import pytest

from corpus.drafts import complete, draft_of_reading
from corpus.models import Document, Source
from corpus.readers import read

BODY = """<p>各设区市人民政府，省直各单位：</p><p>《闽海省科技创新券管理办法》已经省政府同意，现印发给你们，请认真贯彻执行。</p>
<p style="text-align:right">闽海省人民政府办公厅</p><p style="text-align:right">2024年3月5日</p><p>（此件主动公开）</p>
<p style="text-align:center">闽海省科技创新券管理办法</p><p>第一条　为了支持中小企业创新，制定本办法。</p><p>第二条　创新券单张面额最高5万元，每家企业每年不超过20万元。</p>
<p>第三条　本办法自2024年4月1日起施行，有效期5年。</p>"""
TITLE = "闽海省人民政府办公厅关于印发闽海省科技创新券管理办法的通知"
NAV = '<div class="nav"><ul><li><a href="/">首页</a></li><li><a href="/zw/">政务公开</a></li><li><a href="/bm/">办事服务</a></li></ul></div><div class="crumbs">当前位置：<a href="/">首页</a> &gt; <a href="/zc/">政策文件</a></div>'
FOOT = '<div class="footer"><p>主办单位：闽海省人民政府办公厅　ICP备00000000号　网站标识码：9900000001</p><p>联系电话：0000-00000000</p></div>'
ALL = {
    "title": TITLE,
    "doc_number": "闽海政办〔2024〕8号",
    "issuers": ("闽海省人民政府办公厅",),
    "written_on": "2024-03-05",
    "published_on": "2024-03-08",
    "index_number": "FM00100-0202-2024-00031",
}
CONTENT = ("第一条　为了支持中小企业创新，制定本办法。", "第三条　本办法自2024年4月1日起施行，有效期5年。", "各设区市人民政府")


def page(head: str, body: str = "", *, title: str = f"{TITLE}_政策文件_闽海省人民政府门户网站", meta: str = "") -> str:
    return f'<!DOCTYPE html><html><head><meta charset="utf-8"><title>{title}</title>{meta}</head><body>{NAV}{head}{body}{FOOT}</body></html>'


LAYOUTS: dict[str, tuple[str, dict[str, Any]]] = {
    "bracketed labels in a list": (
        page(
            f'<div class="header"><h1>{TITLE}</h1></div><ol class="doc-info"><li>[主题分类]<span> 科技/创新</span></li><li>[发文机构]<span> 闽海省人民政府办公厅</span></li>'
            "<li>[实施日期]<span> 2024-04-01</span></li><li>[成文日期]<span> 2024-03-05</span></li><li>[发文字号]<span> 闽海政办〔2024〕8号</span></li><li>[废止日期]<span> </span></li>"
            "<li>[发布日期]<span> 2024-03-08</span></li><li>[有效性]<span> 是</span></li><li>[索引号]<span> FM00100-0202-2024-00031</span></li></ol>",
            f'<div id="mainText">{BODY}</div>',
        ),
        ALL | {"effective_on": "2024-04-01", "marked_status": "in_force"},
    ),
    "label cells with inner spaces and brackets": (
        page(
            '<table class="zwxl-table"><tr><td class="t1">[ 索引号 ]</td><td class="t2">FM00100-0202-2024-00031</td><td class="t1">[ 发文字号 ]</td><td class="t2">闽海政办〔2024〕8号</td></tr>'
            '<tr><td class="t1">[ 主题分类 ]</td><td>科技</td><td class="t1">[ 体裁分类 ]</td><td>其他公文</td></tr><tr><td class="t1">[ 发布机构 ]</td><td colspan="3">闽海省人民政府办公厅</td></tr>'
            '<tr><td class="t1">[ 成文日期 ]</td><td>2024-03-05</td><td class="t1">[ 发布日期 ]</td><td>2024-03-08</td></tr></table>',
            f'<div class="zwxl-article"><h3 class="zwxl-bar">{TITLE}</h3><div class="trs_editor_view">{BODY}</div></div>',
        ),
        ALL,
    ),
    "divisions, label and value side by side without colons": (
        page(
            f'<div class="file-head"><div class="row"><div class="key">索引号</div><div class="val">FM00100-0202-2024-00031</div></div><div class="row"><div class="key">发文机关</div><div class="val">闽海省人民政府办公厅</div></div>'
            f'<div class="row"><div class="key">标题</div><div class="val">{TITLE}</div></div><div class="row"><div class="key">发文字号</div><div class="val">闽海政办〔2024〕8号</div></div>'
            '<div class="row"><div class="key">成文日期</div><div class="val">2024年03月05日</div></div><div class="row"><div class="key">发布日期</div><div class="val">2024年03月08日</div></div></div>',
            f'<div class="detail">{BODY}</div>',
        ),
        ALL,
    ),
    "spans that follow each other": (
        page(
            f'<h1 class="tit">{TITLE}</h1><div class="xx"><p><span class="l">索 引 号：</span><span class="r">FM00100-0202-2024-00031</span><span class="l">公文种类：</span><span class="r">通知</span></p>'
            '<p><span class="l">发布机构：</span><span class="r">闽海省人民政府办公厅</span><span class="l">发文字号：</span><span class="r">闽海政办〔2024〕8号</span></p>'
            '<p><span class="l">成文日期：</span><span class="r">2024-03-05</span><span class="l">发布日期：</span><span class="r">2024-03-08</span></p></div>',
            f'<div class="zw">{BODY}</div>',
        ),
        ALL,
    ),
    "bold labels and line breaks": (
        page(
            f'<div class="info"><b>索引号：</b>FM00100-0202-2024-00031<br><b>发布机构：</b>闽海省人民政府办公厅<br><b>文　　号：</b>闽海政办〔2024〕8号<br><b>成文日期：</b>2024-03-05<br><b>发布日期：</b>2024-03-08 16:20<br></div><h2>{TITLE}</h2>',
            f'<div class="TRS_Editor"><style>.TRS_Editor P{{line-height:2}}</style>{BODY}</div>',
        ),
        ALL,
    ),
    "a definition list": (
        page(
            f"<dl><dt>信息索引号</dt><dd>FM00100-0202-2024-00031</dd><dt>生成日期</dt><dd>2024-03-05</dd><dt>公开日期</dt><dd>2024-03-08</dd><dt>文件编号</dt><dd>闽海政办〔2024〕8号</dd><dt>发布机构</dt><dd>闽海省人民政府办公厅</dd>"
            f"<dt>效力状况</dt><dd>有效</dd><dt>公开方式</dt><dd>主动公开</dd><dt>信息名称</dt><dd>{TITLE}</dd></dl>",
            f'<div class="main-txt">{BODY}</div>',
        ),
        ALL | {"marked_status": "in_force"},
    ),
    "a list of paired items": (
        page(
            f'<ul class="gk"><li class="w1">标题</li><li class="w2">{TITLE}</li><li class="w1">发文机关</li><li class="w2">闽海省人民政府办公厅</li><li class="w1">发文字号</li><li class="w2">闽海政办〔2024〕8号</li>'
            '<li class="w1">索引号</li><li class="w2">FM00100-0202-2024-00031</li><li class="w1">成文日期</li><li class="w2">2024-03-05</li><li class="w1">发文日期</li><li class="w2">2024-03-05</li><li class="w1">公开日期</li><li class="w2">2024-03-08</li></ul>',
            f'<div class="wzcon">{BODY}</div>',
        ),
        ALL,
    ),
    "labels of other names": (
        page(
            "<table><tr><td>索引号:</td><td>FM00100-0202-2024-00031</td><td>主题分类:</td><td>科技</td></tr><tr><td>发文机构:</td><td>闽海省人民政府办公厅</td><td>发文文号:</td><td>闽海政办〔2024〕8号</td></tr>"
            "<tr><td>发文日期:</td><td>2024年03月05日</td><td>发布日期:</td><td>2024-03-08 15:34</td></tr><tr><td>公文时效:</td><td>有效</td><td>发布机构:</td><td>省政府办公厅（省金融办）</td></tr></table>",
            f"<h1>{TITLE}</h1><div>{BODY}</div>",
        ),
        ALL | {"marked_status": "in_force"},
    ),
    "no table: number in a line above the title, date line below": (
        page(
            f'<div class="article"><p class="wh">闽海政办〔2024〕8号</p><h1>{TITLE}</h1><p class="date">发布时间：2024-03-08 09:00 来源：闽海省人民政府办公厅 浏览次数：<span id="hits">123</span> 字体：[大 中 小]</p><div id="zoom">{BODY}</div></div>'
        ),
        {k: v for k, v in ALL.items() if k != "index_number"},
    ),
    "no table: number centred in the text": (
        page(
            f'<h2 id="ivs_title">{TITLE}<small class="PBtime">（2024-03-08）</small></h2>',
            f'<div id="ivs_content"><p align="center">闽海政办〔2024〕8号</p>{BODY}</div>',
            title=f"{TITLE}-闽海省人民政府",
        ),
        {k: v for k, v in ALL.items() if k not in ("index_number",)},
    ),
    "meta tags alone": (
        page(
            f'<div class="content">{BODY}</div>',
            title="闽海省人民政府",
            meta=f'<meta name="SiteName" content="闽海省人民政府"><meta name="ArticleTitle" content="{TITLE}"><meta name="PubDate" content="2024-03-08 10:00"><meta name="ContentSource" content="闽海省人民政府办公厅"><meta name="ColumnName" content="政策文件">',
        ),
        {k: v for k, v in ALL.items() if k not in ("index_number", "doc_number")},
    ),
    "a table whose label cells are headers, the title over three columns": (
        page(
            f'<table class="table-bordered"><tbody><tr><th>标　　题</th><td colspan="3">{TITLE}</td></tr><tr><th>索 引 号</th><td>FM00100-0202-2024-00031</td><th>主题分类</th><td>科技、教育</td></tr><tr><th>发文机关</th><td>闽海省人民政府办公厅</td><th>成文日期</th><td>2024-03-05</td></tr>'
            "<tr><th>发文字号</th><td>闽海政办〔2024〕8号</td><th>发布日期</th><td>2024-03-08</td></tr><tr><th>废止日期</th><td></td><th>时 效 性</th><td>有效</td></tr></tbody></table>",
            f'<div class="art_con">{BODY}</div>',
        ),
        ALL | {"marked_status": "in_force"},
    ),
    "labels and values in one cell each": (
        page(
            "<table><tr><td><b>索 引 号：</b>FM00100-0202-2024-00031</td><td><b>分　　类：</b>科技、创新；通知</td></tr><tr><td><b>发布机构：</b>闽海省人民政府办公厅</td><td><b>发文日期：</b>2024年03月05日</td></tr>"
            f"<tr><td colspan=2><b>名　　称：</b>{TITLE}</td></tr><tr><td><b>文　　号：</b>闽海政办〔2024〕8号</td><td><b>发布日期：</b>2024年03月08日</td></tr><tr><td><b>主 题 词：</b></td><td></td></tr></table>",
            f'<div class="article_content">{BODY}</div>',
        ),
        ALL,
    ),
    "a title that is broken over lines, attachments behind": (
        page(
            "<table><tr><td>索引号</td><td>FM00100-0202-2024-00031</td></tr><tr><td>发文机关</td><td>闽海省人民政府办公厅</td></tr><tr><td>发布日期</td><td>2024-03-08</td></tr></table>"
            f'<div class="t"><h1>闽海省人民政府办公厅关于印发<br>闽海省科技创新券管理办法的通知</h1></div><div class="c"><p>闽海政办〔2024〕8号</p>{BODY}</div>'
            '<div class="fj"><p>附件：</p><ul><li><a href="P020240308.docx" title="申请表.docx">1.创新券申请表</a></li><li><a href="/upload/P2.xls?v=1">2.汇总表</a></li><li><a href="javascript:void(0)" data-href="x">打印</a></li></ul></div>'
        ),
        ALL,
    ),
}


OTHERS: dict[str, tuple[bytes, dict[str, Any], list[str], list[str]]] = {}
"""Pages of other kinds: (bytes, fields, words that the text holds, words that it does not)."""
TOP = '<div class="top"><a href="/">首页</a><a href="/a">机构概况</a><a href="/b">政务公开</a></div>'
BOTTOM = '<div class="bottom">版权所有：闽海省科学技术厅　备案号：闽海ICP备0号</div>'
OTHERS["old table, GBK"] = (
    (
        '<html><head><meta http-equiv="Content-Type" content="text/html; charset=gb2312"><title>闽海省科学技术厅</title></head><body><table width=1000><tr><td>'
        + TOP
        + '</td></tr><tr><td><table width="100%"><tr><td align="center" class="bt">关于组织申报2012年度省科技计划项目的通知</td></tr><tr><td align=center>发布日期：2012-05-08　　来源：闽海省科学技术厅　　点击数：1024</td></tr><tr><td class="nr"><p align=center>闽海科计〔2012〕18号</p><p>各设区市科技局：</p><p>为做好2012年度省科技计划项目申报工作，现将有关事项通知如下：</p><p>一、申报范围。省内企业、高校、科研院所均可申报，每家单位限报2项。</p><p>二、申报时间。网上申报截止2012年6月15日17:00，逾期不予受理。</p><p align=right>闽海省科学技术厅</p><p align=right>二〇一二年五月七日</p></td></tr></table></td></tr></table>'
        + BOTTOM
        + "</body></html></html>"
    ).encode("gbk"),
    {
        "title": "关于组织申报2012年度省科技计划项目的通知",
        "doc_number": "闽海科计〔2012〕18号",
        "issuers": ("闽海省科学技术厅",),
        "written_on": "2012-05-07",
        "published_on": "2012-05-08",
    },
    ["截止2012年6月15日", "每家单位限报2项"],
    ["机构概况", "点击数", "ICP备"],
)
OTHERS["joint, number after the title"] = (
    f'<html><head><title>闽海省财政厅 闽海省科学技术厅关于印发省级科技专项资金管理办法的通知-闽海省财政厅</title></head><body>{TOP}<div class="article"><h1>闽海省财政厅 闽海省科学技术厅 国家税务总局闽海省税务局关于印发省级科技专项资金管理办法的通知</h1><h4>（闽海财教〔2024〕12号）</h4><div class="sub">2024-04-12 10:20:11 来源：省财政厅教科文处 作者：</div><div class="txt"><p>各市、县（区）财政局、科技局、税务局：</p><p>现将《省级科技专项资金管理办法》印发给你们，请遵照执行。</p><p>附件：省级科技专项资金管理办法</p><p>闽海省财政厅　　闽海省科学技术厅</p><p>国家税务总局闽海省税务局</p><p>2024年4月10日</p><p>附件</p><p>省级科技专项资金管理办法</p><p>第一章　总则</p><p>第一条　为了规范资金管理，制定本办法。</p><p>第二条　专项资金实行后补助方式，最高不超过500万元。</p></div></div>{BOTTOM}</body></html>'.encode(),
    {
        "doc_number": "闽海财教〔2024〕12号",
        "issuers": ("闽海省财政厅", "闽海省科学技术厅", "国家税务总局闽海省税务局"),
        "written_on": "2024-04-10",
        "published_on": "2024-04-12",
    },
    ["第二条　专项资金"],
    ["机构概况", "ICP备"],
)
OTHERS["decree"] = (
    f'<html><head><title>闽海省科学技术奖励办法_闽海省人民政府</title></head><body>{TOP}<div id="content"><h1>闽海省科学技术奖励办法</h1><p class=inf>时间：2023-11-20　来源：闽海省人民政府</p><p align=center>闽海省人民政府令</p><p align=center>第205号</p><p>《闽海省科学技术奖励办法》已经2023年10月30日省人民政府第20次常务会议通过，现予公布，自2024年1月1日起施行。</p><p align=right>省　长　某　某</p><p align=right>2023年11月15日</p><p align=center>闽海省科学技术奖励办法</p><p align=center>第一章　总　　则</p><p>第一条　为了奖励在科学技术活动中作出突出贡献的个人、组织，制定本办法。</p><p>第二条　省人民政府设立省科学技术奖，每年评审一次。</p></div>{BOTTOM}</body></html>'.encode(),
    {
        "title": "闽海省科学技术奖励办法",
        "doc_number": "闽海省人民政府令第205号",
        "issuers": ("闽海省人民政府",),
        "written_on": "2023-11-15",
        "effective_on": "2024-01-01",
        "legal_rank": "地方政府规章",
        "published_on": "2023-11-20",
    },
    ["第二条　省人民政府"],
    [],
)
OTHERS["announcement, bodies below"] = (
    f'<html><head><title>关于研发费用加计扣除有关事项的公告</title></head><body>{TOP}<div class="main"><h2 class=title_con>关于研发费用加计扣除有关事项的公告</h2><p class=zy>财政部 税务总局公告2023年第7号</p><div class="my_conboxzw"><p>为进一步激励企业加大研发投入，现就有关事项公告如下：</p><p>一、企业开展研发活动中实际发生的研发费用，未形成无形资产计入当期损益的，在按规定据实扣除的基础上，自2023年1月1日起，再按照实际发生额的100%在税前加计扣除。</p><p>二、本公告自2023年1月1日起执行，《财政部 税务总局关于某事项的公告》（财政部 税务总局公告2021年第13号）同时废止。</p><p>特此公告。</p><p>财政部</p><p>税务总局</p><p>2023年3月26日</p></div><p class=my_doctime>2023年3月27日　来源：税政司</p></div>{BOTTOM}</body></html>'.encode(),
    {
        "doc_number": "财政部税务总局公告2023年第7号",
        "issuers": ("财政部", "税务总局"),
        "written_on": "2023-03-26",
        "published_on": "2023-03-27",
        "level": "national",
    },
    ["再按照实际发生额的100%"],
    ["机构概况"],
)
OTHERS["county notice, contact, attachments in text"] = (
    f'<html><head><title>安浦县工业信息化和科学技术局关于开展2024年度高新技术企业培育入库的通知-安浦县人民政府</title><meta name="ArticleTitle" content="安浦县工业信息化和科学技术局关于开展2024年度高新技术企业培育入库的通知"><meta name="PubDate" content="2024-05-06"></head><body>{TOP}<div class="con"><p>各有关企业：</p><p>根据《闽海省高新技术企业培育办法》（闽海科高〔2023〕6号）要求，现将有关事项通知如下。</p><p>一、入库条件：研发费用占比不低于3%。</p><p>二、材料报送：请于5月31日前将材料报送县工信科技局。联系人：张某，电话：0000-1234567。</p><p>附件：1.<a href="./W1.doc">入库申请表</a></p><p>　　　2.<a href="./W2.xlsx">汇总表</a></p><p style="text-align:right">安浦县工业信息化和科学技术局</p><p style="text-align:right">2024年5月6日</p></div><div class="related"><h3>相关文件</h3><ul><li><a href=1>闽海省科学技术厅关于印发某办法的通知（闽海科规〔2020〕1号）</a></li></ul></div>{BOTTOM}</body></html>'.encode(),
    {
        "doc_number": "",
        "issuers": ("安浦县工业信息化和科学技术局",),
        "written_on": "2024-05-06",
        "published_on": "2024-05-06",
        "level": "county",
        "region_code": "990121",
    },
    ["研发费用占比不低于3%"],
    ["闽海科规〔2020〕1号"],
)
OTHERS["label table at the end, repealed"] = (
    f'<html><head><title>闽海省科学技术厅关于印发科技企业孵化器管理办法的通知</title></head><body>{TOP}<div class="xl"><h1>闽海省科学技术厅关于印发科技企业孵化器管理办法的通知</h1><div class="xl_con"><p>闽 海 科 规 〔2019〕 3 号</p><p>各设区市科技局：</p><p>现将《科技企业孵化器管理办法》印发给你们，请遵照执行。</p><p>闽海省科学技术厅</p><p>2019年6月3日</p><p>科技企业孵化器管理办法</p><p>第一条　为引导孵化器健康发展，制定本办法。</p><p>第二条　孵化面积不少于5000平方米。</p><p>第三条　本办法自发布之日起施行，有效期3年。</p></div><table class=b><tr><td>发布机构</td><td>省科技厅</td><td>公开类别</td><td>主动公开</td></tr><tr><td>生成日期</td><td>2019-06-03</td><td>公开时间</td><td>2019-06-05</td></tr><tr><td>有效性</td><td>已废止</td><td>索引号</td><td>FM-KJT-2019-0042</td></tr></table></div>{BOTTOM}</body></html>'.encode(),
    {
        "doc_number": "闽海科规〔2019〕3号",
        "issuers": ("闽海省科学技术厅",),
        "written_on": "2019-06-03",
        "published_on": "2019-06-05",
        "marked_status": "repealed",
        "index_number": "FM-KJT-2019-0042",
        "expires_on": "2022-06-02",
        "open": "主动公开",
    },
    ["孵化面积不少于5000平方米"],
    ["FM-KJT"],
)
OTHERS["heading in two parts"] = (
    f'<html><head><title>政策文件</title></head><body>{TOP}<div class="newsdetail"><div class="biaoti"><p>闽海省科学技术厅</p><p>关于加强科研诚信建设的实施意见</p></div><p class="fbsj">2022年09月01日 08:30　|　来源：省科技厅　|　【字体：<a>大</a> <a>中</a> <a>小</a>】</p><div class="nr"><p>闽海科监〔2022〕5号</p><p>各有关单位：</p><p>为加强科研诚信建设，提出以下实施意见。</p><p>一、总体要求。坚持预防与惩治并举，健全制度。</p><p>二、主要任务。建立科研诚信档案，实行联合惩戒。</p><p>闽海省科学技术厅</p><p>2022年8月29日</p></div></div>{BOTTOM}</body></html>'.encode(),
    {
        "title": "闽海省科学技术厅关于加强科研诚信建设的实施意见",
        "doc_number": "闽海科监〔2022〕5号",
        "issuers": ("闽海省科学技术厅",),
        "written_on": "2022-08-29",
        "published_on": "2022-09-01",
    },
    ["建立科研诚信档案"],
    ["机构概况", "字体"],
)
OTHERS["one line of labels by bars"] = (
    f"<html><head><title>闽海省人民政府关于加快发展新质生产力的意见_闽海省人民政府网</title></head><body>{TOP}<div class=c><h1>闽海省人民政府关于加快发展新质生产力的意见</h1><p>索引号：FM001-2024-77 | 文号：闽海政〔2024〕7号 | 发布机构：闽海省人民政府 | 成文日期：2024-06-01 | 发布日期：2024-06-06</p><div class=d><p>各市、县（区）人民政府：</p><p>为加快发展新质生产力，提出如下意见。</p><p>一、壮大战略性新兴产业，对新认定的国家级单项冠军给予100万元奖励。</p><p>闽海省人民政府</p><p>2024年6月1日</p></div></div>{BOTTOM}</body></html>".encode(),
    {
        "doc_number": "闽海政〔2024〕7号",
        "index_number": "FM001-2024-77",
        "issuers": ("闽海省人民政府",),
        "written_on": "2024-06-01",
        "published_on": "2024-06-06",
    },
    ["给予100万元奖励"],
    ["FM001-2024"],
)
OTHERS["wide table with spans, text around"] = (
    f'<html><head><title>关于下达2024年省级科技专项资金的通知</title></head><body>{TOP}<div class="view TRS_UEDITOR trs_paper_default"><p style="text-align:center">闽海省财政厅 闽海省科学技术厅</p><p style="text-align:center">关于下达2024年省级科技专项资金的通知</p><p style="text-align:center">闽海财指〔2024〕101号</p><p>各市财政局、科技局：</p><p>经研究，现下达资金如下表。</p><table border=1><tr><th rowspan=2>序号</th><th rowspan=2>地区</th><th colspan=2>金额（万元）</th></tr><tr><th>基础研究</th><th>成果转化</th></tr><tr><td>1</td><td>鹭屿市</td><td>300</td><td>500</td></tr><tr><td>2</td><td>临洲市</td><td>120</td><td>80</td></tr></table><p>闽海省财政厅　闽海省科学技术厅</p><p>2024年7月8日</p></div>{BOTTOM}</body></html>'.encode(),
    {
        "title": "关于下达2024年省级科技专项资金的通知",
        "doc_number": "闽海财指〔2024〕101号",
        "issuers": ("闽海省财政厅", "闽海省科学技术厅"),
        "written_on": "2024-07-08",
    },
    ["| 1 | 鹭屿市 | 300 | 500 |"],
    ["机构概况"],
)
OTHERS["interpretation"] = (
    f"<html><head><title>《闽海省科技创新券管理办法》政策解读</title></head><body>{TOP}<div class=p><h1>《闽海省科技创新券管理办法》政策解读</h1><div>发布日期：2024-03-10 信息来源：闽海省科学技术厅</div><div class=z><p>一、出台背景</p><p>为支持中小企业创新，省政府办公厅印发《闽海省科技创新券管理办法》（闽海政办〔2024〕8号）。</p><p>二、主要内容</p><p>创新券单张面额最高5万元。</p><p>解读机关：闽海省科学技术厅　咨询电话：0000-7654321</p></div></div>{BOTTOM}</body></html>".encode(),
    {
        "title": "《闽海省科技创新券管理办法》政策解读",
        "doc_number": "",
        "published_on": "2024-03-10",
        "issuers": ("闽海省科学技术厅",),
        "genre": "解读",
    },
    ["咨询电话：0000-7654321"],
    [],
)
OTHERS["two closing tags, utf8 said gbk"] = (
    f'<html><head><meta charset="gbk"><title>临洲市科学技术局关于公布2023年度市级重点实验室名单的通知</title></head><body>{TOP}</body><div class="content"><h1>临洲市科学技术局关于公布2023年度市级重点实验室名单的通知</h1><p>临科〔2023〕55号</p><p>各有关单位：</p><p>经评审，现将2023年度市级重点实验室名单予以公布，共12家，每家给予50万元建设补助。</p><p>临洲市科学技术局</p><p>2023年12月1日</p></div></html></body></html>'.encode(),
    {"doc_number": "临科〔2023〕55号", "issuers": ("临洲市科学技术局",), "written_on": "2023-12-01", "region_code": "990100", "level": "city"},
    ["每家给予50万元建设补助"],
    [],
)


def document(data: bytes, *, kind: str = "policy") -> Document:
    source = Source("kj", "闽海省人民政府", level="province", region_code="990000", official=True)
    reading = read(data, name="page.html")
    return complete(
        draft_of_reading(reading, key="k", source_id="kj", url="http://kj.example/p.html", kind=kind, first_seen_at="2024-03-09T00:00:00+00:00"),
        source,
    )


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_field_of_a_layout(layout: str) -> None:
    html, expected = LAYOUTS[layout]
    found = document(html.encode())
    assert {name: getattr(found, name) for name in expected} == expected
    assert (found.level, found.region_code, found.genre, found.effective_on, found.expires_on) == (
        "province",
        "990000",
        "通知",
        "2024-04-01",
        "2029-03-31",
    )


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_text_of_a_layout_holds_the_whole_document_and_no_frame(layout: str) -> None:
    text = document(LAYOUTS[layout][0].encode()).text
    assert all(words in text for words in CONTENT), text
    for frame in ("首页", "ICP备", "网站标识码", "浏览次数", "FM00100-0202"):
        assert frame not in text, text


@pytest.mark.parametrize("name", OTHERS)
def test_pages_of_other_kinds(name: str) -> None:
    data, expected, held, left_out = OTHERS[name]
    found = document(data, kind="interpretation" if name == "interpretation" else "policy")
    assert {field: getattr(found, field) for field in expected} == expected
    assert [words for words in held if words not in found.text] == [] and [words for words in left_out if words in found.text] == []
