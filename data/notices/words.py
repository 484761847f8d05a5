"""The words of notices, in Chinese and English: one title and one sentence a topic.

Codes, times and numbers are put in, never names: a lock screen shows them to anybody.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_OTHER: Final = "other"
_CODE: Final = "mail.code"  # asked for at that moment: not a topic that somebody may not want

# Topic: title and body in Chinese, title and body in English, the page that it leads to.
_WORDS: Final[dict[str, tuple[str, str, str, str, str]]] = {
    "alert.call": (
        "增援呼叫",
        "有警情需要你前往，请打开查看并回复能否到场。",
        "You are called",
        "You are needed at an alert: open it and say whether you can come.",
        "/m/alerts/{alert_id}",
    ),
    "alert.observe": (
        "请留意观察",
        "附近有警情，请只观察、不靠近，发现情况及时报告。",
        "Please observe",
        "There is an alert nearby: watch from a distance and report; do not approach.",
        "/m/alerts/{alert_id}",
    ),
    "alert.stand_down": (
        "增援解除",
        "已有人到场，无需前往。谢谢。",
        "Stand down",
        "Somebody has arrived; you need not come. Thank you.",
        "/m/alerts/{alert_id}",
    ),
    "alone.asked": (
        "请报平安",
        "你已 {minutes} 分钟未报平安，请打开点一下“我平安”。",
        "Are you well?",
        "You have not been heard from for {minutes} minutes: open this and say that all is well.",
        "/m/shifts",
    ),
    "alone.silent": (
        "单独执勤未报平安",
        "{person} 单独执勤，未按时报平安，请联系核实。",
        "Not heard from",
        "{person} is alone on duty and has not said that all is well: please get in touch.",
        "/m",
    ),
    _CODE: (
        "确认邮箱",
        "验证码 {code}，{minutes} 分钟内有效。如非本人操作，请忽略。",
        "Confirm your address",
        "Your code is {code}, good for {minutes} minutes. If you did not ask for it, ignore this.",
        "/m/settings/ways",
    ),
    "membership.activated": (
        "正式上岗",
        "你已成为正式队员，可以报名任务、参加排班。",
        "You are a member",
        "You are an active member now: sign up for tasks, and be planned for shifts.",
        "/m/me",
    ),
    "membership.refused": (
        "申请未通过",
        "你的申请未通过审核，如有疑问请联系社区民警。",
        "Application refused",
        "Your application was not accepted; ask your community officer if you wonder why.",
        "/m/me",
    ),
    "membership.reopened": (
        "申请重新审核",
        "你的申请已重新受理。",
        "Application reopened",
        "Your application is looked at again.",
        "/m/me",
    ),
    "membership.resumed": (
        "恢复执勤",
        "你已恢复执勤。",
        "You may serve again",
        "Your suspension has ended: you may serve again.",
        "/m/me",
    ),
    "membership.suspended": (
        "暂停执勤",
        "你已被暂停执勤，原有班次会另作安排；如有疑问请联系派出所。",
        "You are suspended",
        "You are suspended and your shifts will be given to others; ask your station why.",
        "/m/me",
    ),
    "membership.trained": (
        "培训合格",
        "课程 {course} 已合格。",
        "Course passed",
        "You have passed the course {course}.",
        "/m/file",
    ),
    "membership.training_begun": (
        "开始培训",
        "请按通知参加培训，合格后即可上岗。",
        "Your training begins",
        "Take part in the training: once passed, you may serve.",
        "/m/me",
    ),
    "membership.transferred": (
        "调动",
        "你已调到派出所 {station}。",
        "You have moved",
        "You belong to station {station} now.",
        "/m/me",
    ),
    "membership.vetted": (
        "申请通过审核",
        "你的申请已通过审核，下一步是培训。",
        "Application accepted",
        "Your application was accepted; training comes next.",
        "/m/me",
    ),
    "task.cancelled": (
        "任务取消",
        "任务 {task} 已取消。",
        "Task cancelled",
        "Task {task} is cancelled.",
        "/m/tasks",
    ),
    "task.offered": (
        "候补有名额",
        "任务 {task} 有空位，请在 {until} 前确认。",
        "A place is free",
        "Task {task} has a place for you: confirm it by {until}.",
        "/m/tasks/{task_id}",
    ),
    "task.offer_lapsed": (
        "候补名额已过期",
        "任务 {task} 的名额未在时限内确认。",
        "An offer has lapsed",
        "The place in task {task} was not confirmed in time.",
        "/m/tasks",
    ),
    "task.waiting_ended": (
        "候补结束",
        "任务 {task} 不再候补。",
        "Waiting list ended",
        "The waiting list of task {task} has ended.",
        "/m/tasks",
    ),
    "tip.arrived": (
        "新线索",
        "线索 {tip}（警格 {beat}）待核实。",
        "A new tip",
        "Tip {tip} in beat {beat} waits to be verified.",
        "/m",
    ),
    "tip.progress": (
        "线索有进展",
        "你提交的线索有新进展。",
        "News of your tip",
        "There is news of a tip that you handed in.",
        "/m/tips",
    ),
    "turn.asked": (
        "能来吗？",
        "{when} {place}的班次，请点开答复；来不了也只点一下。",
        "Can you come?",
        "{when}, {place}: open this and answer; to say no is one tap, too.",
        "/m/shifts/{scenario_id}/{shift}",
    ),
    "turn.exchanged": (
        "换班完成",
        "{shift} 的班次已换好。",
        "Turn exchanged",
        "The turn {shift} has changed hands.",
        "/m/shifts",
    ),
    "turn.exchange_declined": (
        "换班被谢绝",
        "对方未同意换班。",
        "Exchange declined",
        "The exchange that you asked for was declined.",
        "/m/shifts",
    ),
    "turn.exchange_lapsed": (
        "换班已过期",
        "换班请求无人答复，已过期。",
        "Exchange lapsed",
        "Nobody answered the exchange that you asked for.",
        "/m/shifts",
    ),
    "turn.missed": (
        "记为缺勤",
        "“{title}”已开始，你没有签到；如已到岗，请民警确认。",
        "Noted as a no-show",
        "“{title}” has begun without your check-in; if you are there, ask the officer to confirm.",
        "/m/shifts",
    ),
    "turn.no_show": (
        "有人未到岗",
        "“{title}”：{person} 未签到，已记为缺勤。",
        "Somebody did not come",
        "“{title}”: {person} did not check in and is noted as a no-show.",
        "/m",
    ),
    "turn.replacement_offered": (
        "请求替班",
        "有人请你替 {shift} 的班。",
        "Can you stand in?",
        "Somebody asks you to take the turn {shift}.",
        "/m/shifts",
    ),
    "turn.swap_offered": (
        "请求换班",
        "有人想用 {shift} 换你的 {for_shift}。",
        "A swap is offered",
        "Somebody offers the turn {shift} for your {for_shift}.",
        "/m/shifts",
    ),
    _OTHER: (
        "新通知",
        "你有一条新通知，请打开查看。",
        "A notice",
        "There is something new for you.",
        "/m",
    ),
}
TOPICS: Final = tuple(topic for topic in _WORDS if topic not in {_OTHER, _CODE})


@dataclass(frozen=True, slots=True)
class Words:
    """A notice as it is read; `url` is a path of ours."""

    title: str
    body: str
    url: str


class _Values(dict[str, Any]):
    """What is put in; a value that is missing is a dash, not an error that stops a notice."""

    def __missing__(self, key: str) -> str:
        return "—"


def words_of(topic: str, values: Mapping[str, Any], language: str) -> Words:
    """Return a notice's words; those of a topic that has none say that there is something.

    Parameters
    ----------
    language : str
        ``zh-CN`` or ``en``.
    """
    row = _WORDS.get(topic, _WORDS[_OTHER])
    title, body = row[:2] if language == "zh-CN" else row[2:4]
    given = _Values({name: _plain(value) for name, value in values.items()})
    return Words(title, body.format_map(given), _page(row[4], given))


def topic_label(topic: str, language: str) -> str:
    """Return what a topic is called in a list of preferences."""
    return words_of(topic, {}, language).title


def _page(pattern: str, given: Mapping[str, str]) -> str:
    """Return the page that a notice leads to; without its numbers the page above it."""
    whole, _, rest = pattern.partition("/{")
    names = [part.partition("}")[0] for part in rest.split("{")] if rest else []
    return pattern.format_map(given) if all(name in given for name in names) else whole


def _plain(value: Any) -> str:
    """Return a value as text, of one line and a length that a lock screen bears."""
    return " ".join(str(value).split())[:80]
