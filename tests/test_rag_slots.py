"""What is a slot of a policy and what only looks like one: sentences with the words of a cue and another matter."""

from __future__ import annotations

import pytest

from corpus.models import Document
from corpus.segment import segment
from rag.slots import slots


def found(sentence: str, kind: str) -> list[str]:
    text = f"第一条 为促进海岛科技，制定本条例。\n\n第二条 {sentence}\n\n第三条 本条例自2026年1月1日起施行。"
    document = Document("d1", "policy", "海岛科技条例", text, "", clauses=segment(text, title="海岛科技条例"))
    return [s.text for s in slots(document) if s.kind == kind]


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        ("body", "市科学技术部门应当依照职责做好海岛科技的管理、指导和服务工作。"),
        ("body", "市财政、教育、农业农村等部门应当按照各自职责，做好相关工作。"),
        ("body", "国务院科学技术行政部门主管全国海岛科技工作。"),
        ("channel", "企业应当通过海岛政务服务平台提交申请。"),
        ("channel", "登录海岛科技计划管理系统，在线填报。"),
        ("stacking", "同一项目不得重复享受本条例规定的补助。"),
        ("ratio", "从该项成果转让净收入中提取不低于百分之七十的比例，给予完成人奖励。"),
    ],
)
def test_found(kind: str, sentence: str) -> None:
    assert found(sentence, kind)


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        ("channel", "主管部门可以在海岛技术市场信息网络平台上发布项目成果。"),
        ("channel", "高等院校可以通过建设产学研合作平台等方式，吸引企业人才兼职。"),
        ("stacking", "发挥海岛试验区的政策优势，增强创新政策叠加辐射效应。"),
        ("stacking", "项目管理部门应当创新监督方式，避免重复性检查和评估。"),
        ("ratio", "对营业收入不低于百分之七十来自海岛的企业给予奖励。"),
    ],
)
def test_left_alone(kind: str, sentence: str) -> None:
    assert not found(sentence, kind)
