"""Questions for the kinds of a thing, and for duties: the clause that lists them leads, whatever else speaks of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from corpus.access import LOCAL
from corpus.ingest import Draft, ingest
from corpus.settings import load_settings
from corpus.store import open_store
from rag.answer import Answerer, open_answerer
from rag.records import Question
from rag.retrieve import open_retriever
from rag.weigh import _in_passing, _listing

LAW = """第一条 为了促进海岛企业发展，制定本条例。

第二条 海岛企业应纳费用的计算：
（一）经营收入，以全年收入减除成本、海岛专项扣除和依法确定的其他扣除后的余额为准；
（二）其他收入，以每次收入减除按照主管部门公布的办法核定的成本之后的余额为准，同一项目连续取得收入的，以一个月内取得的收入为一次，一次收入不足一千元的不计；
（三）转让海岛设施的收入，以转让收入减除设施原值和合理费用后的余额为准，原值无法确定的由主管部门会同财政部门核定。
海岛专项扣除，包括跨海运输、淡水供应、柴油发电等支出。

第三条 海岛企业的主要负责人是本单位安全生产第一责任人，对本单位的安全生产工作全面负责。

第四条 海岛企业的主要负责人未履行安全生产职责的，责令改正，处一万元罚款。

第五条 海岛企业的主要负责人对本单位安全生产工作负有下列职责：
（一）建立安全生产责任制；
（二）组织制定应急预案；
（三）如实报告事故。

第六条 企业认为是海岛损害，主管部门不认为是海岛损害的，由主管部门承担举证责任。

第七条 企业有下列情形之一的，应当认定为海岛损害：
（一）因台风停产的；
（二）因断航停产的。
"""


@pytest.fixture(scope="module")
def answerer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Answerer]:
    home: Path = tmp_path_factory.mktemp("lists") / "home"
    settings = load_settings(home, embedding="off")
    store = open_store(settings)
    ingest(store, [Draft("law", "t", "", "policy", "海岛企业促进条例", LAW, fields={"published_on": "2021-01-01"})])
    retriever = open_retriever(settings, store)
    retriever.refresh()
    yield open_answerer(settings, store, retriever)
    retriever.close()
    store.close()


@pytest.mark.parametrize(
    ("question", "article", "words"),
    [
        ("海岛专项扣除有哪些", "第二条", "跨海运输、淡水供应、柴油发电"),
        ("海岛专项扣除包括什么", "第二条", "跨海运输、淡水供应、柴油发电"),
        ("海岛企业主要负责人的安全生产职责有哪些", "第五条", "组织制定应急预案"),
        ("海岛损害的情形有哪些", "第七条", "因断航停产"),
    ],
)
def test_the_list_leads(answerer: Answerer, question: str, article: str, words: str) -> None:
    answer = answerer.ask(Question(question), LOCAL)
    assert answer.status == "answered" and answer.citations[0].clause["article"] == article
    assert words in "".join(s.text for s in answer.sentences) and "其他收入" not in answer.text


def test_where_a_list_begins() -> None:
    kinds = _listing("行政处罚的种类有哪些")
    assert kinds and kinds.search("行政处罚的种类：（一）警告") and not kinds.search("国务院部门应当定期评估行政处罚的必要性")
    assert _listing("申请补助需要什么条件") is None and _listing("有哪些") is None


def test_notes_of_a_table_answer_nothing() -> None:
    assert _in_passing("（注1：本表所称余额是指减除费用后的余额。") and not _in_passing("注册在海岛的企业可以申请。")
