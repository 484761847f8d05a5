"""The kinds of table that can be imported: their columns, keys, and how offices call them.

The finished table of a kind has the columns of `Kind.columns` that its file has, under their names,
with the types of their readers; `Kind.key` tells rows apart. Columns marked as *helpers* (a
coordinate system, the day of a shift) are used up and do not stand in the table.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from data.importers.cells import choices, code_lists, codes, ids, texts
from data.importers.number_cells import degrees, id_numbers, integers, numbers, phones
from data.importers.time_cells import clocks, days, moments
from data.importers.wording import Words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from data.importers.cells import Reader

TIERS: Final = {
    "officer": ("民警", "警察", "正式民警"),
    "auxiliary": ("辅警", "协警", "警务辅助人员"),
    "volunteer": ("义警", "志愿者", "平安义警"),
}
SEXES: Final = {
    "male": ("男", "男性", "m"),
    "female": ("女", "女性", "f"),
    "unknown": ("未知", "不详", "不明", "未说明"),
}
SYSTEMS: Final = {
    "wgs84": ("WGS-84", "WGS84", "GPS", "4326", "EPSG:4326"),
    "cgcs2000": ("CGCS2000", "2000", "国家2000", "大地2000", "国家大地坐标系", "4490", "EPSG:4490"),
    "gcj02": ("GCJ-02", "GCJ02", "火星", "火星坐标", "国测局", "高德", "腾讯", "amap", "tencent"),
    "bd09": ("BD-09", "BD09", "BD09LL", "百度", "baidu"),
}
SOURCES: Final = {
    "reported": (
        "报警",
        "110",
        "110报警",
        "群众举报",
        "群众报警",
        "接警",
        "求助",
        "线索",
        "report",
    ),
    "patrol": ("巡逻发现", "巡逻", "巡查发现", "主动发现", "盘查发现", "patrol found"),
}
_NO_WORDS: Final = Words("", "")
_METRES: Final = {"m": 1.0, "米": 1.0, "km": 1000.0, "公里": 1000.0, "千米": 1000.0}
_YUAN: Final = {"元": 1.0, "yuan": 1.0, "cny": 1.0, "万元": 10_000.0, "万": 10_000.0}


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a kind.

    Attributes
    ----------
    name : str
        In the finished table.
    heading : Words
        What templates call it.
    reader : Reader
    others : tuple of str
        What else people call it, in any language.
    required : bool
        Whether the heading must be there and every row filled.
    kept : bool
        Of a required one: whether a row whose key is there already may leave it empty, and keeps
        what is there. A file of known keys alone may lack the heading.
    units : Mapping of str to float, optional
        What may stand in brackets after the heading → by what a value is multiplied.
    helper : bool
        Whether it only serves to make other columns.
    private : bool
        Whether a refusal must not show its value.
    example : str or float
        For the template.
    note : Words
        For the template's notes.
    listed : tuple of Words
        The texts that a template offers in a list.
    """

    name: str
    heading: Words
    reader: Reader
    others: tuple[str, ...] = ()
    required: bool = False
    kept: bool = False
    units: Mapping[str, float] | None = None
    helper: bool = False
    private: bool = False
    example: str | float = ""
    note: Words = _NO_WORDS
    listed: tuple[Words, ...] = ()


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of table."""

    name: str
    title: Words
    key: tuple[str, ...]
    columns: tuple[Column, ...]

    def __getitem__(self, name: str) -> Column:
        """Return the column of that name."""
        return next(column for column in self.columns if column.name == name)


def _options(options: Mapping[str, tuple[str, ...]]) -> tuple[Words, ...]:
    return tuple(Words(names[0], code) for code, names in options.items())


_PLACE = (
    Column(
        "lng", Words("经度", "Longitude"), degrees(180), ("lng", "lon", "x", "x坐标", "东经"),
        example=109.9023,
        note=Words("度；经度和纬度都填或都不填", "degrees; give both or neither"),
    ),
    Column(
        "lat", Words("纬度", "Latitude"), degrees(90), ("lat", "y", "y坐标", "北纬"),
        example=40.6215,
    ),
    Column(
        "coordinate_system", Words("坐标系", "Coordinate system"),
        choices(Words("坐标系", "coordinate systems"), SYSTEMS),
        ("crs", "坐标系统", "坐标类型", "coordinates"),
        helper=True, example="GCJ-02", listed=_options(SYSTEMS),
        note=Words(
            "手机地图上查的多为 GCJ-02，百度地图为 BD-09，GPS 设备为 WGS-84",
            "phone maps in China give GCJ-02, Baidu BD-09, a GPS receiver WGS-84",
        ),
    ),
    Column(
        "community_id", Words("社区", "Community"), codes("communities"),
        ("社区代码", "社区编码", "社区名称", "所属社区", "居委会", "community_id"),
        note=Words(
            "没有经纬度时按社区定位；填代码或名称", "places a row without coordinates; code or name"
        ),
    ),
    Column(
        "address", Words("地址", "Address"), texts(200),
        ("住址", "家庭住址", "居住地址", "现住址", "详细地址", "地点", "发生地点", "案发地点"),
        private=True, example="示例路 1 号",
        note=Words("原样保存，不据此定位", "kept as it stands, never used to find the place"),
    ),
)  # fmt: skip

_STATION = Column(
    "station_id", Words("派出所", "Station"), codes("stations"),
    ("派出所代码", "派出所编码", "派出所名称", "所属派出所", "所属单位", "单位", "单位代码",
     "station_id", "station code"),
    example="150202001", note=Words("代码或名称", "code or name"),
)  # fmt: skip

PEOPLE: Final = Kind(
    "people", Words("人员", "People"), ("person_id",),
    (
        Column("person_id", Words("人员编号", "Person ID"), ids("people"),
               ("编号", "工号", "警号", "辅警号", "义警编号", "人员代码", "id", "code"),
               required=True, example="EXAMPLE-001"),
        Column("name", Words("姓名", "Name"), texts(60), ("名字", "人员姓名", "full name"),
               required=True, kept=True, private=True, example="示例甲"),
        Column("tier", Words("类别", "Tier"), choices(Words("类别", "tiers"), TIERS),
               ("身份", "人员类别", "人员类型", "队伍类别"), required=True, example="义警",
               listed=_options(TIERS)),
        _STATION,
        Column("profession", Words("职业", "Profession"), codes("professions"),
               ("行业", "工作", "从事职业", "occupation"), example="出租车司机"),
        Column("qualifications", Words("资质", "Qualifications"), code_lists("qualifications"),
               ("资格", "证书", "资格证书", "培训合格", "qualification"),
               example="急救员证", note=Words("多个用分号或顿号隔开", "several joined by ';'")),
        Column("team_id", Words("队伍", "Team"), codes("teams"),
               ("所属队伍", "义警队伍", "队伍编号", "队伍名称", "专业小组", "team_id")),
        Column("phone", Words("手机号", "Phone"), phones(),
               ("手机", "手机号码", "电话", "联系电话", "联系方式", "mobile", "phone number"),
               private=True, example="00000000000"),
        Column("id_number", Words("身份证号", "ID number"), id_numbers(),
               ("身份证", "身份证号码", "证件号码", "公民身份号码"), private=True,
               note=Words("列须设为文本格式", "format the column as text")),
        Column("sex", Words("性别", "Sex"), choices(Words("性别", "sexes"), SEXES), ("gender",),
               example="女", listed=_options(SEXES)),
        Column("born_on", Words("出生日期", "Date of birth"), days(),
               ("出生年月日", "生日", "birthday", "birth date"), private=True),
        *_PLACE,
        Column("max_shifts", Words("最多班次", "Shifts at most"), integers(0, 1000),
               ("每周最多班次", "班次上限", "每周班次", "max_shifts", "max shifts"), example=3),
        Column("travel_limit_m", Words("出行上限", "Travel limit"), numbers(0, 1e6),
               ("最远距离", "出行距离上限", "出行距离", "travel_limit_m"), units=_METRES,
               example=3000, note=Words("米；表头可写（公里）", "metres; or write (km)")),
        Column("insured_until", Words("保险到期日", "Insured until"), days(),
               ("保险到期", "保险截止", "保险截止日期", "保险有效期至", "insurance expires"),
               example="2027-06-30"),
        Column("show_up", Words("到岗率", "Show-up"), numbers(0, 1, open_low=True, percent=True),
               ("到岗概率", "出勤率", "show_up", "show up rate"), example="90%"),
    ),
)  # fmt: skip

TEAMS: Final = Kind(
    "teams", Words("队伍", "Teams"), ("team_id",),
    (
        Column("team_id", Words("队伍编号", "Team ID"), ids("teams"),
               ("编号", "队伍代码", "id", "code"), required=True, example="EXAMPLE-T1"),
        Column("name", Words("队伍名称", "Team"), texts(100), ("名称", "队名", "队伍", "team name",
               "name"), required=True, kept=True, example="示例义警一队"),
        _STATION,
        Column("specialism", Words("专业", "Specialism"), codes("roles"),
               ("专业方向", "专长", "专业类别", "小组类别"), example="矛盾纠纷调解员"),
        Column("leader_id", Words("队长编号", "Leader"), codes("people"),
               ("队长", "负责人", "负责人编号", "leader_id", "leader id")),
    ),
)  # fmt: skip

DEMAND: Final = Kind(
    "demand", Words("需求", "Demand"), ("beat_id", "shift_id", "role"),
    (
        Column("beat_id", Words("警格", "Beat"), codes("beats"),
               ("警格代码", "警格编号", "警格名称", "beat_id", "beat code"), required=True,
               example="EXAMPLE-BEAT"),
        Column("shift_id", Words("班次", "Shift"), codes("shifts"),
               ("班次代码", "班次编号", "班次名称", "shift_id", "shift code"), required=True,
               example="EXAMPLE-SHIFT"),
        Column("role", Words("岗位角色", "Role"), codes("roles"),
               ("角色", "岗位", "职责", "九大员", "工种"), required=True, example="巡逻防控保安员"),
        Column("required", Words("需要人数", "People required"), integers(0, 100_000),
               ("人数", "需求人数", "所需人数", "需求", "number", "people"), required=True,
               example=2),
        Column("weight", Words("权重", "Weight"), texts(2000), ("重要程度", "优先级", "priority"),
               example="1", note=Words(
                   "一个整数，或每个名额一个、从大到小、用分号隔开",
                   "one integer, or one a place that never rise, joined by ';'")),
    ),
)  # fmt: skip

SHIFTS: Final = Kind(
    "shifts", Words("班次", "Shifts"), ("shift_id",),
    (
        Column("shift_id", Words("班次编号", "Shift ID"), ids("shifts"),
               ("班次", "编号", "班次代码", "班次名称", "id", "code"), required=True,
               example="EXAMPLE-SHIFT"),
        Column("day", Words("日期", "Date"), days(), ("值班日期", "班次日期", "day"), helper=True,
               example="2026-11-30",
               note=Words("开始和结束只写时刻时须填", "needed with mere times of day")),
        Column("starts_at", Words("开始时间", "Starts at"), clocks(),
               ("开始", "上岗时间", "上班时间", "起始时间", "start", "starts"), required=True,
               example="18:30"),
        Column("ends_at", Words("结束时间", "Ends at"), clocks(),
               ("结束", "下岗时间", "下班时间", "终止时间", "end", "ends"), required=True,
               example="22:00",
               note=Words("早于开始时间的算次日", "before the start: on the next day")),
    ),
)  # fmt: skip

INCIDENTS: Final = Kind(
    "incidents", Words("历史警情", "Past incidents"), ("incident_id",),
    (
        Column("incident_id", Words("警情编号", "Incident ID"), ids("incidents"),
               ("编号", "接警编号", "案件编号", "接警单编号", "id", "code"), required=True,
               example="EXAMPLE-A1"),
        Column("occurred_at", Words("发生时间", "Occurred at"), moments(),
               ("发案时间", "报警时间", "接警时间", "时间", "time"), required=True,
               example="2026-11-01 21:40"),
        Column("source", Words("来源", "Source"), choices(Words("来源", "sources"), SOURCES),
               ("警情来源", "发现方式", "报警方式"), required=True, example="报警",
               listed=_options(SOURCES),
               note=Words("巡逻发现的不计入风险面", "what patrols found does not count as risk")),
        Column("category", Words("警情类别", "Category"), texts(60),
               ("类别", "类型", "警情类型", "案由", "type", "kind"), example="噪音扰民"),
        *_PLACE,
    ),
)  # fmt: skip

INSURANCE: Final = Kind(
    "insurance", Words("保险", "Insurance"), ("person_id", "policy_number"),
    (
        Column("person_id", Words("人员编号", "Person ID"), codes("people"),
               ("编号", "义警编号", "被保险人编号", "工号", "person_id"), required=True,
               example="EXAMPLE-001"),
        Column("policy_number", Words("保单号", "Policy number"), ids("policies"),
               ("保单号码", "保险单号", "policy"), required=True, example="EXAMPLE-P1"),
        Column("insurer", Words("保险公司", "Insurer"), texts(100), ("承保公司", "保险人"),
               example="示例保险"),
        Column("starts_on", Words("起保日期", "Starts on"), days(),
               ("生效日期", "保险起期", "保险开始", "起期", "start", "from"), required=True,
               example="2026-07-01"),
        Column("ends_on", Words("到期日期", "Ends on"), days(),
               ("终止日期", "保险止期", "保险到期", "截止日期", "到期日", "止期", "end", "until"),
               required=True, example="2027-06-30"),
        Column("amount_yuan", Words("保额", "Amount"), numbers(0), ("保险金额", "sum insured"),
               units=_YUAN, example=100_000,
               note=Words("元；表头可写（万元）", "yuan; or write (万元)")),
    ),
)  # fmt: skip

KINDS: Final = {kind.name: kind for kind in (PEOPLE, TEAMS, DEMAND, SHIFTS, INCIDENTS, INSURANCE)}
LABELLED: Final = {"profession": "professions", "specialism": "roles", "role": "roles"}
"""Columns that name something of a table that we ship, for the lists of templates."""
IGNORED: Final = ("序号", "no", "#", "行号", "备注", "说明", "remarks", "notes")
"""Headings that every office has and nobody needs: known, and left aside."""
